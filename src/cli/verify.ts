import type { Command } from 'commander';
import { parseSettings, verify, type Difference, type ScanComparison } from '../service/index.js';
import { EXIT } from './exitStatus.js';
import { addPlaceOptions, redisOf, withConfig } from './options.js';
import { stopSignal } from './signals.js';
import { print, printJson } from './terminal.js';

export function addVerify(program: Command): void {
  addPlaceOptions(
    program
      .command('verify')
      .description('Compare the file of a scan with what Redis still has of it, value by value')
      .argument('<scan>', 'the scan in Redis, as "scan-writer list" shows it, or its file'),
  )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
When the scan is not in Redis any more, its file is held against the hashes that were written into it.

Exit status: 0 all as published, 1 failed or no such file, 2 wrong usage, 3 scan not in Redis, 5 a difference.

Example: scan-writer verify /data/visitor/sample_0001_scan0012.h5`,
    )
    .action(run);
}

async function run(subject: string, _: unknown, command: Command): Promise<void> {
  const options = withConfig(command);
  const notes: string[] = [];
  const comparison = await verify({
    redis: redisOf(options),
    subject,
    settings: parseSettings(options),
    signal: stopSignal(),
    onWithoutRedis: (why) => {
      notes.push(`Only held against its own hashes: ${why}`);
    },
  });
  if (options['json'] === true) printJson(jsonOf(comparison));
  else printComparison(comparison, notes);
  process.exitCode = comparison.differences.length === 0 ? EXIT.done : EXIT.different;
}

function printComparison(
  { scan, file, status, compared, missing, differences }: ScanComparison,
  notes: string[],
): void {
  const points = [...compared.values()].reduce((sum, count) => sum + count, 0);
  for (const difference of differences) print(lineOf(difference));
  for (const note of notes) process.stderr.write(`${note}\n`);
  for (const { channel, first, count, reason } of missing) {
    process.stderr.write(`missing in the file: ${channel}, ${rangeOf(first, count)}: ${reason}\n`);
  }
  const result = differences.length === 0 ? 'no difference' : `${differences.length} differences`;
  process.stderr.write(`${scan.dbName} (${status}) in ${file}: ${points} points compared, ${result}\n`);
}

function lineOf({ channel, first, count, what }: Difference): string {
  return count < 0 ? `${channel}: ${what}` : `${channel}, ${rangeOf(first, count)}: ${what}`;
}

function rangeOf(first: number, count: number): string {
  if (count < 0) return `from point ${first} on`;
  return count === 1 ? `point ${first}` : `points ${first} to ${first + count - 1}`;
}

function jsonOf({ scan, file, status, compared, missing, differences }: ScanComparison): unknown {
  return { scan: scan.dbName, file, status, compared: Object.fromEntries(compared), missing, differences };
}
