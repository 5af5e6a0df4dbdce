import type { Command } from 'commander';
import { backfill, parseSettings, pointsOf, type ScanOutcome } from '../service/index.js';
import { EXIT, exitStatusOfOutcome } from './exitStatus.js';
import { addWritingOptions, redisOf, withConfig } from './options.js';
import { stopSignal } from './signals.js';
import { clearProgress, makeLogger, print, printJson, Rate, shortNumber, showProgress } from './terminal.js';

export function addBackfill(program: Command): void {
  addWritingOptions(
    program
      .command('backfill')
      .description('Write one scan that Redis still holds to its file, and end')
      .argument('<db_name>', 'the scan in Redis, as "scan-writer list" shows it'),
  )
    .option('--output <file>', 'write to just this file, whatever the scan says')
    .option('--force', 'also replace a file that is complete')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Exit status: 0 all published points are in the file, 1 failed, 2 wrong usage, path outside the roots or scan not meant
to be saved, 3 scan not in Redis, 4 written but incomplete.

Example: scan-writer backfill session:data:sample:12_ascan --redis redis://beamline:6380/1 --root /data`,
    )
    .action(run);
}

async function run(dbName: string, _: unknown, command: Command): Promise<void> {
  const options = withConfig(command);
  const log = makeLogger();
  const rate = new Rate();
  const outcome = await backfill({
    redis: redisOf(options),
    dbName,
    settings: parseSettings(options),
    signal: stopSignal(),
    onProgress: ({ points }) => {
      showProgress(`${dbName}: ${shortNumber(points)} points, ${shortNumber(rate.update(points))} points/s`);
    },
    onWarning: (message) => {
      log.warn(message);
    },
  });
  clearProgress();
  if (options['json'] === true) printJson(jsonOf(outcome));
  else printOutcome(outcome);
  process.exitCode = exitStatusOfOutcome(outcome);
}

function printOutcome(outcome: ScanOutcome): void {
  const points = pointsOf(outcome);
  print(outcome.file);
  const state = outcome.wasComplete ? 'was complete already' : outcome.status;
  process.stderr.write(
    `${outcome.scan.dbName}: ${state}, ${points} points of ${outcome.channels.length} channels\n`,
  );
  if (exitStatusOfOutcome(outcome) === EXIT.done) return;
  if (outcome.message !== '') process.stderr.write(`${outcome.message}\n`);
  for (const { channel, first, count, reason } of outcome.missing) {
    const rows = count < 0 ? `from point ${first} on` : `points ${first} to ${first + count - 1}`;
    process.stderr.write(`missing: ${channel}, ${rows}: ${reason}\n`);
  }
}

function jsonOf(outcome: ScanOutcome): unknown {
  return {
    scan: outcome.scan.dbName,
    file: outcome.file,
    master: outcome.master ?? null,
    status: outcome.status,
    end_reason: outcome.endReason ?? null,
    points: pointsByChannel(outcome),
    missing: outcome.missing,
  };
}

/** A full name can stand in several entries: the second gets a number. */
function pointsByChannel({ channels }: ScanOutcome): Record<string, { expected: number; received: number }> {
  const points = new Map<string, { expected: number; received: number }>();
  for (const { name, expected, received } of channels) {
    let key = name;
    for (let n = 2; points.has(key); n++) key = `${name} (${n})`;
    points.set(key, { expected, received });
  }
  return Object.fromEntries(points);
}
