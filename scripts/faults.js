// npm run faults -- [--kills N] [--seed N] [NAME ...]
// All of test/faults in its long form: kills, Redis and disks that fail, readers, a slow disk; NAME takes only the files
// whose names contain it. Prints a table of what was lost. The same seed makes the same choices.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const root = path.resolve(import.meta.dirname, '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const size = { isLong: true, kills: Number(values.kills), seed: Number(values.seed) };
if (!Number.isInteger(size.kills) || !Number.isInteger(size.seed) || size.kills < 1) {
  console.error('usage: npm run faults -- [--kills N] [--seed N] [NAME ...]');
  process.exit(2);
}
console.log(`seed ${size.seed}, ${size.kills} kills`);

const directory = mkdtempSync(path.join(tmpdir(), 'scan-writer-faults-'));
const file = path.join(directory, 'report.jsonl');
const names = positionals.length > 0 ? positionals.map((name) => `test/faults/${name}`) : ['test/faults/'];
const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', '--no-file-parallelism', ...names], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    SCAN_WRITER_FAULTS: JSON.stringify(size),
    SCAN_WRITER_FAULTS_REPORT: file,
  },
});
printTable(existsSync(file) ? readFileSync(file, 'utf8') : '');
rmSync(directory, { recursive: true, force: true });
process.exit(status ?? 1);

function printTable(text) {
  const rows = new Map();
  const notes = [];
  for (const line of text.split('\n').filter(Boolean)) {
    const { fault, note, ...verdict } = JSON.parse(line);
    const row = rows.get(fault) ?? [0, 0, 0, 0, 0, 0, 0, 0];
    const counts = ['lost', 'twice', 'unreadable', 'different'].map((kind) => verdict[kind]?.length ?? 0);
    const isJudged = verdict.compared !== undefined;
    const added = [1, isJudged ? 0 : 1, verdict.compared ?? 0, verdict.missing ?? 0, ...counts];
    rows.set(
      fault,
      row.map((sum, n) => sum + added[n]),
    );
    if (note) notes.push(`${fault}: ${note}`);
  }
  const heads = ['fault', 'runs', 'stuck', 'points', 'named', 'lost', 'twice', 'unreadable', 'differences'];
  const table = [heads, ...[...rows].map(([fault, row]) => [fault, ...row.map(String)])];
  const widths = heads.map((_, n) => Math.max(...table.map((row) => row[n].length)));
  const print = (row) =>
    row.map((cell, n) => (n === 0 ? cell.padEnd(widths[n]) : cell.padStart(widths[n]))).join('  ');
  console.log(`\n${table.map(print).join('\n')}`);
  for (const note of notes) console.log(note);
}
