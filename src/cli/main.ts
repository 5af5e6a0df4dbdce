#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { messageOf } from '../scan/index.js';
import { PROGRAM } from '../version.js';
import { addBackfill } from './backfill.js';
import { EXIT, exitStatusOfError } from './exitStatus.js';
import { addCheck } from './check.js';
import { addCompare } from './compare.js';
import { addConfig } from './config.js';
import { addDemo } from './demo.js';
import { addDoctor } from './doctor.js';
import { addFollow } from './follow.js';
import { addList } from './list.js';
import { addRebuildMaster } from './rebuildMaster.js';
import { addRecord } from './record.js';
import { addReplay } from './replay.js';
import { addRun } from './run.js';
import { addStatus } from './status.js';
import { addVerify } from './verify.js';
import { clearProgress } from './terminal.js';

const program = new Command('scan-writer')
  .description(
    'Writes the scans that a BLISS session publishes in Redis to HDF5/NeXus files, one file a scan.\n' +
      'Reads Redis only. See "scan-writer COMMAND --help".',
  )
  .version(PROGRAM.version)
  .showHelpAfterError('(add --help for what it takes)');

addRun(program);
addBackfill(program);
addRebuildMaster(program);
addConfig(program);
addDoctor(program);
addList(program);
addStatus(program);
addVerify(program);
addFollow(program);
addCheck(program);
addCompare(program);
addRecord(program);
addReplay(program);
addDemo(program);

for (const command of [program, ...program.commands]) command.exitOverride();

/** Whoever reads our output may stop reading: that is no error. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed);
});

try {
  await program.parseAsync();
} catch (error) {
  clearProgress();
  if (error instanceof CommanderError) {
    // commander has said what is wrong; help and version are no errors.
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  } else {
    process.stderr.write(`scan-writer: ${messageOf(error)}\n`);
    process.exitCode = exitStatusOfError(error);
  }
}
