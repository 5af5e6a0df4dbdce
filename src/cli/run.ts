import type { Command } from 'commander';
import type { Logger } from 'pino';
import { messageOf } from '../scan/index.js';
import {
  assertShadow,
  forgetAddress,
  noteAddress,
  parseRunOptions,
  reportTo,
  runService,
  ScanMemory,
  valuesOf,
  type ServiceReports,
} from '../service/index.js';
import { exitAtOnce } from './exitAtOnce.js';
import { EXIT } from './exitStatus.js';
import { addRunOptions, configFileOf, runConfigOf } from './options.js';
import { ProgressLine } from './progressLine.js';
import { reloadSessions } from './reload.js';
import { logReports } from './runLog.js';
import { stopSignal, toggleDebug } from './signals.js';
import { systemdReports } from './systemd.js';
import { clearProgress, makeLogger } from './terminal.js';

export function addRun(program: Command): void {
  addRunOptions(
    program.command('run').description('Follow sessions and write each scan to its file, until stopped'),
  )
    .addHelpText(
      'after',
      `
Scans that run when the writer starts are written from their first point, as long as Redis holds it.
Scans that came while it was stopped are written at its next start, by what the folder of --state remembers (default
$STATE_DIRECTORY, else $XDG_STATE_HOME/scan-writer, else ~/.local/state/scan-writer). A scan that was written is not
written again when somebody moves its file: "scan-writer backfill" does that.

Every option can also stand in the file of --config, and in a variable: SCAN_WRITER_ROOT for --root, items of a list
with ; between them. "scan-writer config --print" shows what applies, and where it comes from.

SIGTERM or Ctrl-C: what was read is written, then it ends with 0. SIGHUP reads the sessions in the file again.
SIGUSR2 begins and ends logging of details.

Example: scan-writer run --session exp1 --redis redis://beamline:6380/1 --root /data`,
    )
    .action(run);
}

async function run(_: unknown, command: Command): Promise<void> {
  const config = runConfigOf(command);
  const { logLevel, state, ...options } = parseRunOptions(valuesOf(config));
  if (options.settings.shadow !== undefined) assertShadow(options.settings.shadow);
  const hasFile = configFileOf(command) !== undefined;
  const log = makeLogger(logLevel);
  const watchers = [new ProgressLine().reports, systemdReports(log)];
  const reports = reportTo(logReports(log), watchers, () => undefined);
  toggleDebug(log);
  try {
    const undrained = await runService({
      ...options,
      memory: ScanMemory.open(state),
      // Without a file there is nothing to read again: a terminal that is closed ends it, in good order.
      signal: stopSignal(hasFile ? [] : ['SIGHUP']),
      log,
      onControl: (control) => {
        if (hasFile) reloadSessions(command, config, control, log);
      },
      reports: { ...reports, ...withAddress(reports, state, log) },
    });
    clearProgress();
    if (undrained.length === 0) return;
    log.warn(
      { scans: undrained },
      `not all that was read is written, the disk is too slow: ${undrained.join(', ')} will be gone on with at the next start`,
    );
  } finally {
    forgetAddress(state);
  }
  exitAtOnce(EXIT.done);
}

/** Also notes the address for "scan-writer status". */
function withAddress(reports: ServiceReports, state: string, log: Logger): ServiceReports {
  return {
    onHttp: (address, warning) => {
      reports.onHttp?.(address, warning);
      try {
        noteAddress(state, address);
      } catch (error) {
        log.warn(`"scan-writer status" will not find the address by itself: ${messageOf(error)}`);
      }
    },
  };
}
