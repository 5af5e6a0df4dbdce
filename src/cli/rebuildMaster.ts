import type { Command } from 'commander';
import { messageOf, ScanWriterError } from '../scan/index.js';
import { parseSettings, rebuildMasters, type MasterRebuild } from '../service/index.js';
import { EXIT, exitStatusOfError } from './exitStatus.js';
import { stopSignal } from './signals.js';
import { clearProgress, print, printJson, showProgress } from './terminal.js';

export function addRebuildMaster(program: Command): void {
  program
    .command('rebuild-master')
    .description('Make masters anew from the files of their scans; needs no Redis')
    .argument('<file...>', 'the masters, such as sample_0001.h5; each may be there or not')
    .option('--below', 'make the master of a collection or proposal: of all scans in and below its directory')
    .option('--file-template <text>', "how the scans' files are named, as it was given to run")
    .option('--force', 'also replace a file that cannot be read')
    .option('--file-mode <mode>', 'permissions of the masters (default 0444)')
    .option('--group <gid>', 'number of the group of the masters')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
A scan belongs to sample_0001.h5 when its file is sample_0001_scan0012.h5 beside it. What a present master leads to
elsewhere is kept; what is gone is dropped and named. A file of another program is never touched.

Exit status: 0 done, 1 failed, 2 wrong usage, no such directory or no scan, 4 some scans' files cannot be read.

Example: scan-writer rebuild-master /data/sample/sample_0001.h5`,
    )
    .action(run);
}

interface Options {
  readonly below?: boolean;
  readonly fileTemplate?: string;
  readonly json?: boolean;
}

async function run(masters: string[], options: Options): Promise<void> {
  const { below = false, fileTemplate, json = false } = options;
  if (below && fileTemplate !== undefined) {
    throw new ScanWriterError(
      'usage',
      '--below finds scans by the default names and by the masters of their datasets: make those with --file-template first.',
    );
  }
  let status: number = EXIT.done;
  const rebuilt = await rebuildMasters({
    masters,
    below,
    settings: parseSettings({ ...options }),
    signal: stopSignal(),
    onProgress: (master, done, of) => {
      showProgress(`${master}: ${done} of ${of} files`);
    },
    onFailed: (_, error) => {
      clearProgress();
      process.stderr.write(`scan-writer: ${messageOf(error)}\n`);
      if (status === EXIT.done) status = exitStatusOfError(error);
    },
  });
  clearProgress();
  if (json) printJson({ masters: rebuilt.map(jsonOf) });
  else for (const master of rebuilt) printMaster(master);
  if (status === EXIT.done && rebuilt.some(({ unreadable }) => unreadable.length > 0))
    status = EXIT.incomplete;
  process.exitCode = status;
}

function jsonOf({ file, links, dropped, unreadable }: MasterRebuild): unknown {
  return { file, links, dropped, unreadable };
}

function printMaster({ asked, file, links, dropped, unreadable, avoided }: MasterRebuild): void {
  print(file);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  say(`${file}: ${links} ${links === 1 ? 'link' : 'links'}`);
  if (avoided === 'foreign') say(`${asked} is not a master of ours and was left as it is.`);
  if (avoided === 'broken')
    say(`${asked} cannot be read and may be anything, so it was left as it is: --force replaces it.`);
  for (const { link, file: target, reason } of dropped) say(`dropped: ${link}, ${target}: ${reason}`);
  for (const { file: target, reason } of unreadable) say(`not readable: ${target}: ${reason}`);
}
