import type { Command } from 'commander';
import { examine, parseRunOptions, valuesOf, type Finding } from '../service/index.js';
import { exitAtOnce } from './exitAtOnce.js';
import { EXIT } from './exitStatus.js';
import { addRunOptions, runConfigOf } from './options.js';
import { stopSignal } from './signals.js';
import { print, printable, printJson } from './terminal.js';

const MARKS: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok     ',
  warning: 'WARNING',
  error: 'ERROR  ',
};

export function addDoctor(program: Command): void {
  addRunOptions(
    program
      .command('doctor')
      .description('Look whether "run" would work with these options, and say what to mend'),
  )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Takes the options of "scan-writer run". Looks at Redis, its sessions and scans, the directories, clocks, this machine.
Writes nothing into Redis, and takes away again what it makes in the directories.

Exit status: 0 nothing is wrong (there may be warnings), 1 an error was found, 2 wrong usage.

Example: scan-writer doctor --session exp1 --redis redis://beamline:6380/1 --root /data`,
    )
    .action(run);
}

async function run({ json: isJson }: { json?: boolean }, command: Command): Promise<void> {
  const values = valuesOf(runConfigOf(command));
  // Which sessions need not be decided yet.
  const { redis, sessions, settings, state } = parseRunOptions({
    ...values,
    allSessions: values['session'] === undefined,
  });
  const signal = stopSignal();
  signal.addEventListener('abort', () => {
    exitAtOnce(EXIT.failed);
  });
  const findings = await examine({ redis, sessions, settings, state, signal });
  if (isJson === true) printJson({ findings });
  else for (const finding of findings) print(printable(lineOf(finding)));
  exitAtOnce(findings.some(({ level }) => level === 'error') ? EXIT.failed : EXIT.done);
}

function lineOf({ about, level, message, fix }: Finding): string {
  return `${MARKS[level]} ${about}: ${message}${fix === undefined ? '' : ` ${fix}`}`;
}
