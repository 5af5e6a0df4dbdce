import type { Command } from 'commander';
import { list, noBlissHint, type ScanSummary } from '../service/index.js';
import { redisOf, redisOption } from './options.js';
import { stopSignal } from './signals.js';
import { print, printJson, tableLines } from './terminal.js';

export function addList(program: Command): void {
  program
    .command('list')
    .description('Show the scans that Redis holds')
    .addOption(redisOption())
    .option('--session <name>', 'only this session')
    .option('--json', 'print one JSON object')
    .action(run);
}

async function run(options: { redis: string; session?: string; json?: boolean }): Promise<void> {
  const { address, hasSessions, scans } = await list(redisOf(options), options.session, stopSignal());
  if (options.json === true) printJson({ scans: scans.map(jsonOf) });
  else for (const line of table(scans)) print(line);
  if (scans.length > 0) return;
  const hint = hasSessions ? `No scans in ${options.session ?? 'any session'}.` : noBlissHint(address);
  process.stderr.write(`${hint}\n`);
}

function jsonOf(summary: ScanSummary): unknown {
  return {
    scan: summary.scan,
    name: summary.name,
    number: summary.number ?? null,
    session: summary.session,
    state: summary.state,
    saved: summary.saved,
    filename: summary.filename,
    start_time: startTime(summary) || null,
  };
}

function startTime({ startTimestamp }: ScanSummary): string {
  const date = new Date((startTimestamp ?? NaN) * 1000);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

function table(scans: readonly ScanSummary[]): string[] {
  if (scans.length === 0) return [];
  const rows = scans.map((scan) => [
    startTime(scan).slice(0, 19).replace('T', ' '),
    scan.state,
    scan.saved ? 'saved' : 'unsaved',
    scan.scan,
  ]);
  return tableLines(['START (UTC)', 'STATE', '', 'SCAN'], rows);
}
