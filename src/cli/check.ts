import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { CheckThread, SEVERITIES, type CheckedFile, type Kind, type Severity } from '../check/index.js';
import { messageOf } from '../scan/index.js';
import { EXIT } from './exitStatus.js';
import { print, printable, printJson } from './terminal.js';

export function addCheck(program: Command): void {
  program
    .command('check')
    .description('Look in HDF5/NeXus files for what breaks in PyMca, silx, h5web and other readers')
    .argument('<file...>', "scans' files, masters, or files of other writers")
    .option('--json', 'print one JSON object')
    .action(run);
}

/** A file, and what is wrong with it or why that cannot be said. */
type Outcome =
  | ({ readonly file: string } & CheckedFile)
  | { readonly file: string; readonly failure: string; readonly status: number };

/** Of one rule and severity; `--json` has up to a thousand. */
const SHOWN_OF_A_KIND = 20;

async function run(files: readonly string[], options: { json?: boolean }): Promise<void> {
  const outcomes: Outcome[] = [];
  const thread = new CheckThread();
  for (const file of files) {
    const outcome = await outcomeOf(file, thread);
    outcomes.push(outcome);
    if ('failure' in outcome) process.stderr.write(`scan-writer: ${printable(outcome.failure)}\n`);
    else if (options.json !== true) for (const line of linesOf(outcome)) print(printable(line));
  }
  await thread.close();
  const kinds = outcomes.flatMap((outcome) => ('kinds' in outcome ? outcome.kinds : []));
  if (options.json === true) printJson({ files: outcomes.map(jsonOf), ...countsOf(kinds) });
  else print(summary(outcomes, kinds));
  process.exitCode = exitStatus(outcomes, kinds);
}

async function outcomeOf(file: string, thread: CheckThread): Promise<Outcome> {
  const failure = (sentence: string, status: number): Outcome => ({ file, failure: sentence, status });
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return failure(`${file} does not exist.`, EXIT.usage);
    if (!stat.isFile()) return failure(`${file} is not a file.`, EXIT.usage);
    if (stat.size === 0) return failure(`${file} is empty.`, EXIT.failed);
    return { file, ...(await thread.check(file)) };
  } catch (error) {
    return failure(messageOf(error), EXIT.failed);
  }
}

function* linesOf({ file, findings, kinds }: { readonly file: string } & CheckedFile): Generator<string> {
  yield findings.length === 0 ? `${file}: nothing found` : `${file}:`;
  const shown = new Map<string, number>();
  for (const { severity, rule, path, sentence } of findings) {
    const count = (shown.get(`${severity} ${rule}`) ?? 0) + 1;
    shown.set(`${severity} ${rule}`, count);
    if (count <= SHOWN_OF_A_KIND) yield `  ${severity.padEnd(7)}  ${path}  ${sentence}`;
  }
  for (const { severity, rule, count } of kinds) {
    if (count > SHOWN_OF_A_KIND)
      yield `  ${severity.padEnd(7)}  and ${count - SHOWN_OF_A_KIND} more by the rule ${rule}`;
  }
}

function summary(outcomes: readonly Outcome[], kinds: readonly Kind[]): string {
  const failed = outcomes.filter((outcome) => 'failure' in outcome).length;
  const found = SEVERITIES.map((severity) => counted(countOf(kinds, severity), severity)).join(', ');
  const unread = failed === 0 ? '' : `; ${counted(failed, 'file')} not read`;
  return `${counted(outcomes.length - failed, 'file')} checked: ${found}${unread}`;
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function countOf(kinds: readonly Kind[], severity: Severity): number {
  return kinds.filter((kind) => kind.severity === severity).reduce((sum, { count }) => sum + count, 0);
}

function countsOf(kinds: readonly Kind[]): { errors: number; warnings: number; notes: number } {
  const [errors, warnings, notes] = [
    countOf(kinds, 'error'),
    countOf(kinds, 'warning'),
    countOf(kinds, 'note'),
  ];
  return { errors, warnings, notes };
}

function jsonOf(outcome: Outcome): unknown {
  const { file } = outcome;
  if ('failure' in outcome) return { file, failure: outcome.failure };
  const findings = outcome.findings.map(({ severity, rule, path, sentence }) => {
    return { severity, rule, path, sentence };
  });
  return { file, ...countsOf(outcome.kinds), findings };
}

/** The first that holds: a file that is not there, one that cannot be read, an error in one. */
function exitStatus(outcomes: readonly Outcome[], kinds: readonly Kind[]): number {
  const failures = outcomes.flatMap((outcome) => ('status' in outcome ? [outcome.status] : []));
  if (failures.length > 0) return Math.max(...failures);
  return countOf(kinds, 'error') > 0 ? EXIT.different : EXIT.done;
}
