import type { Command } from 'commander';
import { CompareThread, PARTS, type Comparison, type Difference, type Part } from '../compare/index.js';
import { EXIT } from './exitStatus.js';
import { clearProgress, print, printable, printJson, showProgress } from './terminal.js';

export function addCompare(program: Command): void {
  program
    .command('compare')
    .description(
      'Say what differs between two files, or two folders of files, scan by scan and value by value',
    )
    .argument('<a>', "a scan's file, a dataset's, a master, or a folder; of this or any other writer")
    .argument('<b>', 'what it is compared with')
    .option('--allowed', 'also print the differences that are as they should be')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Exit status: 0 the same, 1 something could not be read, 2 wrong usage, no such file or no HDF5, 5 a difference.

Example: scan-writer compare /data/visitor/sample_0001.h5 /backup/sample_0001.h5`,
    )
    .action(run);
}

interface Options {
  readonly allowed?: boolean;
  readonly json?: boolean;
}

async function run(a: string, b: string, options: Options): Promise<void> {
  const thread = new CompareThread();
  try {
    const comparison = await thread.compare(a, b, showProgress);
    clearProgress();
    if (options.json === true) printJson(jsonOf(a, b, comparison));
    else for (const line of linesOf(a, b, comparison, options.allowed === true)) print(printable(line));
    process.exitCode = exitStatus(comparison);
  } finally {
    await thread.close();
  }
}

const MORE_OF: Readonly<Record<Part, string>> = {
  scan: 'of the scan',
  counter: 'in counters',
  spectrum: 'in spectra',
  image: 'in images',
  motor: 'in motors',
  plot: 'in plots',
  metadata: 'in metadata',
  master: 'in masters',
};

/** Of one part of a scan; `--json` has up to a thousand of each part. */
const SHOWN_OF_A_PART = 20;

function* linesOf(a: string, b: string, comparison: Comparison, isAllowedShown: boolean): Generator<string> {
  yield `A: ${a}`;
  yield `B: ${b}`;
  yield* differenceLines(comparison);
  yield* notComparedLines(comparison);
  if (isAllowedShown) yield* allowedLines(comparison);
  yield summary(comparison);
  const allowed = comparison.allowedKinds;
  const count = allowed.reduce((sum, kind) => sum + kind.count, 0);
  if (count > 0 && !isAllowedShown)
    yield `${counted(count, 'allowed difference')}, of ${counted(allowed.length, 'kind')} (--allowed lists them): ${allowed.map(({ kind }) => kind).join(', ')}`;
}

function* differenceLines({ differences, counts }: Comparison): Generator<string> {
  const found = grouped(differences, ({ scan, part }) => `${part} ${scan}`);
  for (const [scan, parts] of grouped(counts, (count) => count.scan)) {
    yield scan === '' ? 'files and masters:' : `scan ${scan}:`;
    for (const part of PARTS) {
      const { count = 0 } = parts.find((each) => each.part === part) ?? {};
      const shown = (found.get(`${part} ${scan}`) ?? []).slice(0, SHOWN_OF_A_PART);
      for (const { sentence } of shown) yield `  ${sentence}`;
      if (count > shown.length) yield `  and ${count - shown.length} more ${MORE_OF[part]}`;
    }
  }
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function* notComparedLines({ notCompared, notComparedCount }: Comparison): Generator<string> {
  if (notComparedCount === 0) return;
  yield 'not compared:';
  const shown = notCompared.slice(0, SHOWN_OF_A_PART);
  for (const { scan, sentence } of shown) yield `  ${scan === '' ? '' : `scan ${scan}: `}${sentence}`;
  if (notComparedCount > shown.length) yield `  and ${notComparedCount - shown.length} more`;
}

function* allowedLines({ allowed, allowedKinds }: Comparison): Generator<string> {
  for (const { kind, reason, count } of allowedKinds) {
    yield `allowed, ${kind} (${reason}):`;
    const shown = allowed.filter((each) => each.kind === kind).slice(0, SHOWN_OF_A_PART);
    for (const { scan, sentence } of shown) yield `  ${scan === '' ? '' : `scan ${scan}: `}${sentence}`;
    if (count > shown.length) yield `  and ${count - shown.length} more`;
  }
}

function summary({ compared, counts, notComparedCount }: Comparison): string {
  const differences = counts.reduce((sum, { count }) => sum + count, 0);
  const found = differences === 0 ? 'no difference' : counted(differences, 'difference');
  const unread = notComparedCount === 0 ? '' : `; ${counted(notComparedCount, 'part')} not compared`;
  return `${counted(compared, 'scan')} compared: ${found}${unread}`;
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function jsonOf(a: string, b: string, comparison: Comparison): unknown {
  const { compared, differences, counts, allowed, allowedKinds, notCompared, notComparedCount } = comparison;
  const status = exitStatus(comparison);
  return {
    a,
    b,
    same: status === EXIT.done,
    scans: compared,
    counts,
    differences: differences.map(differenceJson),
    not_compared: { count: notComparedCount, parts: notCompared },
    allowed: {
      kinds: allowedKinds,
      differences: allowed.map((each) => ({ kind: each.kind, ...differenceJson(each) })),
    },
  };
}

function differenceJson({ scan, part, aspect, path, missingIn, sentence }: Difference): object {
  return { scan, part, aspect, path, missing_in: missingIn, sentence };
}

/** That not all could be read comes first, as in `check`. */
function exitStatus({ counts, notComparedCount }: Comparison): number {
  if (notComparedCount > 0) return EXIT.failed;
  return counts.length > 0 ? EXIT.different : EXIT.done;
}
