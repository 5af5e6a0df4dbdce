import type { Command } from 'commander';
import { record } from '../recording/index.js';
import { RedisConnection } from '../service/index.js';
import { redisOf, redisOption } from './options.js';
import { stopSignal } from './signals.js';
import { clearProgress, makeLogger, printable, printJson, shortNumber, showProgress } from './terminal.js';

export function addRecord(program: Command): void {
  program
    .command('record')
    .description('Record what a session publishes, to replay it elsewhere, until stopped')
    .argument('<out>', 'folder that is made for the recording')
    .requiredOption('--session <name>', 'the BLISS session; it need not exist yet')
    .addOption(redisOption())
    .option('--json', 'one JSON object at the end')
    .addHelpText(
      'after',
      `
All that Redis holds of the session is recorded first, then what comes. Redis is only read.
SIGTERM or Ctrl-C: what was published is recorded, then it ends with 0. What a killed recorder has written can be
replayed up to its last second.

Example: scan-writer record --session exp1 --redis redis://beamline:6380/1 exp1-recording`,
    )
    .action(run);
}

async function run(out: string, options: { redis: string; session: string; json?: boolean }): Promise<void> {
  const log = makeLogger();
  const signal = stopSignal();
  const { session } = options;
  const connection = await RedisConnection.open(redisOf(options), {
    reconnect: 'forever',
    onStateChange: (state, why) => {
      log.warn(
        state === 'lost' ? `connection to Redis lost (${why}), trying again` : 'connected to Redis again',
      );
    },
  });
  try {
    const { commands, seconds, scans, lost } = await record({
      connection,
      session,
      out,
      signal,
      onProgress: (done) => {
        showProgress(`${done.scans} scans, ${shortNumber(done.commands)} commands`);
      },
      onWarning: (message) => {
        log.warn(printable(message));
      },
    });
    clearProgress();
    if (lost.length > 0) {
      const points = lost.reduce((sum, { count }) => sum + count, 0);
      log.warn(
        `${points} points or events of ${lost.length} streams were gone from Redis before they were read`,
      );
    }
    if (options.json === true) {
      printJson({ session, recording: out, commands, seconds, scans, lost });
    } else {
      process.stderr.write(`${scans.length} scans, ${commands} commands in ${seconds.toFixed(1)} s\n`);
    }
  } finally {
    connection.close();
  }
}
