import { InvalidArgumentError, type Command } from 'commander';
import { replay } from '../recording/index.js';
import { RedisConnection } from '../service/index.js';
import { redisOf } from './options.js';
import { stopSignal } from './signals.js';
import { clearProgress, Rate, shortNumber, showProgress } from './terminal.js';

export function addReplay(program: Command): void {
  program
    .command('replay')
    .description('Publish a recording into a Redis, as the recorded BLISS session did')
    .argument('<recording>', 'folder with commands.jsonl.gz, or that file')
    // No default and no variable, so that nobody replays into a beamline.
    .requiredOption('--redis <url>', 'the Redis to write to')
    .option('--speed <n>', '1: as fast as it was recorded, 2: twice, 0: as fast as possible', parseSpeed, 1)
    .option('--append', 'also into a database that has keys')
    .action(run);
}

async function run(
  recording: string,
  options: { redis: string; speed: number; append?: boolean },
): Promise<void> {
  const signal = stopSignal();
  const connection = await RedisConnection.open(redisOf(options), { reconnect: 'briefly' });
  const rate = new Rate();
  try {
    const { commands, seconds } = await replay({
      recording,
      redis: connection.commands,
      speed: options.speed,
      append: options.append ?? false,
      signal,
      onProgress: (done) => {
        showProgress(`${shortNumber(done.commands)} commands, ${shortNumber(rate.update(done.commands))}/s`);
      },
    });
    clearProgress();
    process.stderr.write(`${commands} commands in ${seconds.toFixed(1)} s\n`);
  } catch (error) {
    if (!signal.aborted) throw error;
    clearProgress();
    process.stderr.write('stopped\n');
  } finally {
    connection.close();
  }
}

function parseSpeed(text: string): number {
  const speed = Number(text);
  if (text.trim() !== '' && Number.isFinite(speed) && speed >= 0) return speed;
  throw new InvalidArgumentError('write a number, 0 for as fast as possible.');
}
