/**
 * Measures what the writer takes, against reading alone and against h5py, and makes docs/benchmarks.md of it.
 *
 *   npm run bench -- [--only NAME] [--pairs N] [--quick] [--minutes N]
 *
 * NAME is a file of bench/cases, --minutes is for soak. What was measured is kept in artifacts/, and the page is made
 * from the latest of all cases; --quick keeps it apart, with a page of its own.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CASE_NAMES, CASES, isCase } from './cases/index.js';
import { keep, writePage } from './report/page.js';
import { markdownOf } from './report/markdown.js';
import type { Section } from './report/section.js';
import { FULL, QUICK } from './sizes.js';

const { values: given } = parseArgs({
  options: {
    only: { type: 'string' },
    pairs: { type: 'string' },
    minutes: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const base = given.quick ? QUICK : FULL;
const sizes = {
  ...base,
  pairs: Number(given.pairs ?? base.pairs),
  soakMinutes: Number(given.minutes ?? base.soakMinutes),
};
const names = given.only?.split(',') ?? CASE_NAMES;
const root = path.resolve(import.meta.dirname, '..');
const kept = path.join(root, 'artifacts', given.quick ? 'bench-quick' : 'bench');
const page = given.quick ? path.join(kept, 'benchmarks.md') : path.join(root, 'docs/benchmarks.md');

// What it had on the disk is removed when it exits.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

for (const name of names) {
  if (!isCase(name)) {
    console.error(`There is no ${name}; there are ${CASE_NAMES.join(', ')}.`);
    process.exit(2);
  }
  const begin = performance.now();
  const sections: Section[] = [];
  for await (const section of CASES[name](sizes)) {
    sections.push(section);
    console.log(`${markdownOf(section)}\n`);
  }
  console.log(`(${name}: ${((performance.now() - begin) / 1000).toFixed(0)} s)\n`);
  keep(kept, name, sections);
}
if (await writePage(kept, CASE_NAMES, page)) console.log(`written: ${path.relative(root, page)}`);
else console.log('the page is made when all cases were measured once');
