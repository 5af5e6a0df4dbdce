import path from 'node:path';
import type { Command } from 'commander';
import { outline, runDemo } from '../demo/index.js';
import { stopSignal } from './signals.js';
import { clearProgress, print, showProgress } from './terminal.js';

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('Publish two recorded scans into a private Redis, write them, and show the files')
    .action(run);
}

async function run(): Promise<void> {
  const signal = stopSignal();
  const { directory, outcomes } = await runDemo({
    directory: process.cwd(),
    signal,
    onScan: (title) => {
      clearProgress();
      print(`A BLISS session scans: ${title}`);
    },
    onProgress: ({ rows, expected, points }) => {
      showProgress(
        `  ${rows}${expected > 0 ? ` of ${expected}` : ''} points of each channel, ${points} in all`,
      );
    },
  });
  clearProgress();
  if (signal.aborted) return;
  for (const { file, status } of outcomes) {
    print(`\n${path.relative(process.cwd(), file)}: ${status}`);
    for (const line of await outline(file)) print(`  ${line}`);
  }
  print(howToOpen(path.relative(process.cwd(), directory), outcomes[0]));
}

function howToOpen(
  directory: string,
  first: { file: string; master: string | undefined } | undefined,
): string {
  const master = path.relative(process.cwd(), first?.master ?? first?.file ?? '');
  return `
All files are in ${directory}. Each scan has a file of its own; data.h5 beside it links to all of them. Open it with
  PyMca   pymca ${master}
  silx    silx view ${master}
  h5py    python3 -c 'import h5py; print(h5py.File("${master}")["1.1/measurement/diode3"][()])'`;
}
