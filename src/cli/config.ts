import type { Command } from 'commander';
import { configText, parseRunOptions, valuesOf } from '../service/index.js';
import { addRunOptions, runConfigOf } from './options.js';
import { print } from './terminal.js';

export function addConfig(program: Command): void {
  addRunOptions(
    program.command('config').description('Check the configuration of "run", or show what applies'),
  )
    .option('--print', 'print it as TOML, with the source of each value')
    .addHelpText(
      'after',
      `
Takes the options of "scan-writer run". The file comes first, then the environment (SCAN_WRITER_ROOT for --root, items
of a list with ; between them), then the command line: what comes later wins. Addresses are shown without passwords.

Exit status: 0 "run" would take it, 2 it would not, with the reason.

Example: scan-writer config --print --config /etc/scan-writer.toml`,
    )
    .action(run);
}

function run({ print: isPrinted }: { print?: boolean }, command: Command): void {
  const config = runConfigOf(command);
  if (isPrinted === true) print(configText(config));
  parseRunOptions(valuesOf(config));
}
