import path from 'node:path';
import type { Command } from 'commander';
import { messageOf, ScanWriterError } from '../scan/index.js';
import { parseHttp, parseSettings, runService, ScanMemory, type ScanProgress } from '../service/index.js';
import { EXIT } from './exitStatus.js';
import { addWritingOptions, collect, redisOf, withConfig } from './options.js';
import { stopSignal } from './signals.js';
import { trimWarning } from './trimWarning.js';
import { defaultStateFolder } from './stateFolder.js';
import { clearProgress, makeLogger, Rate, shortNumber, showProgress } from './terminal.js';

export function addRun(program: Command): void {
  addWritingOptions(
    program.command('run').description('Follow sessions and write each scan to its file, until stopped'),
  )
    .option('--session <name>', 'a BLISS session to follow (repeats); it need not exist yet', collect)
    .option('--all-sessions', 'follow every session, also those to come')
    .option('--state <dir>', 'folder where it remembers which scans it has written')
    .option('--since <time>', 'also write scans that ended before it started: 12h, 2d or 2026-11-22T08:00')
    .option(
      '--quiet <time>',
      'after so long without data or END a scan whose publisher is gone is ABANDONED (default 1m)',
    )
    .option(
      '--http <host:port>',
      'answer HTTP there: state, metrics, events, data; also PORT on this machine, or unix:/path/of/a.sock',
    )
    .option(
      '--token-file <file>',
      'what who wants measured data over HTTP, or to change something, has to say',
    )
    .addHelpText(
      'after',
      `
Scans that run when the writer starts are written from their first point, as long as Redis holds it.
Scans that came while it was stopped are written at its next start, by what the folder of --state remembers (default
$STATE_DIRECTORY, else $XDG_STATE_HOME/scan-writer, else ~/.local/state/scan-writer). A scan that was written is not
written again when somebody moves its file: "scan-writer backfill" does that.
SIGTERM or Ctrl-C: what was read is written, then it ends with 0.

Example: scan-writer run --session exp1 --redis redis://beamline:6380/1 --root /data`,
    )
    .action(run);
}

async function run(_: unknown, command: Command): Promise<void> {
  const options = withConfig(command);
  const log = makeLogger();
  const progress = new ProgressLine();
  const undrained = await runService({
    redis: redisOf(options),
    sessions: sessionsOf(options['session'], options['allSessions']),
    settings: parseSettings(options),
    memory: ScanMemory.open(stateFolder(options['state'])),
    http: parseHttp(options),
    signal: stopSignal(),
    reports: {
      onHttp: (address, warning) => {
        log.info({ http: address }, `answering HTTP at ${address}`);
        if (warning !== undefined) log.warn({ http: address }, `${address}: ${warning}`);
      },
      onHttpFault: (error) => {
        log.error({ err: error }, `the HTTP side has a fault: ${messageOf(error)}; writing goes on`);
      },
      onScanStopped: (dbName) => {
        log.info({ scan: dbName }, `${dbName} is stopped by request`);
      },
      onDraining: () => {
        log.info('stopping: what was read is written');
      },
      onReady: () => {
        log.info('following');
      },
      onConnection: (state, why) => {
        if (state === 'lost')
          log.warn({ why }, `connection to Redis lost${why === '' ? '' : ` (${why})`}, trying again`);
        else log.info('connected to Redis again');
      },
      onScanFound: ({ dbName }) => {
        log.info({ scan: dbName }, `${dbName} found`);
      },
      onScanKnown: (dbName) => {
        log.info({ scan: dbName }, `${dbName} was written before`);
      },
      onScanWaits: (dbName, error, milliseconds) => {
        progress.remove(dbName);
        const next = `trying again in ${milliseconds / 1_000} s`;
        log.warn({ scan: dbName, reason: error.tag }, `${dbName} waits: ${error.message} (${next})`);
      },
      onDisk: (dbName, error) => {
        if (error === undefined) log.info({ scan: dbName }, `${dbName} goes on: the disk takes it again`);
        else log.warn({ scan: dbName, reason: error.tag }, `${dbName} waits for its disk: ${error.message}`);
      },
      onDiskFills: (place, { freeBytes, seconds }) => {
        const room = `${shortNumber(freeBytes)} bytes`;
        const minutes = `${Math.max(1, Math.round(seconds / 60))} min`;
        log.warn(
          { place, freeBytes },
          `the disk of ${place} has room for ${minutes} more (${room}): free some`,
        );
      },
      onSilence: (place, seconds) => {
        if (seconds === undefined) log.info({ place }, `the disk of ${place} answers again`);
        else {
          const silence = `the disk of ${place} has not answered for ${Math.round(seconds)} s`;
          log.warn({ place }, `${silence}: scans on it wait, all others go on`);
        }
      },
      onProgress: (scan) => {
        progress.update(scan);
      },
      onScanDone: ({ scan, status, file, channels, missing, message }) => {
        progress.remove(scan.dbName);
        const points = channels.reduce((sum, { received }) => sum + received, 0);
        const level = status === 'SUCCEEDED' ? 'info' : 'warn';
        const note = message === '' ? '' : ` (${message})`;
        log[level](
          { scan: scan.dbName, status, file, points, missing },
          `${scan.dbName} ${status}: ${points} points in ${file}${note}`,
        );
      },
      onScanRefused: (dbName, error) => {
        progress.remove(dbName);
        const level = error.tag === 'unsaved' ? 'info' : 'error';
        log[level]({ scan: dbName, reason: error.tag }, `${dbName} not written: ${error.message}`);
      },
      onWarning: (dbName, message) => {
        log.warn({ scan: dbName }, message);
      },
      onTrimRisk: (dbName, margins) => {
        log.warn(...trimWarning(dbName, margins));
      },
      onTrimSafe: (dbName) => {
        log.info({ scan: dbName }, `${dbName} is not at risk any more`);
      },
    },
  });
  clearProgress();
  if (undrained.length === 0) return;
  log.warn(
    { scans: undrained },
    `not all that was read is written, the disk is too slow: ${undrained.join(', ')} will be gone on with at the next start`,
  );
  // Their threads may be in calls that never return.
  process.exit(EXIT.done);
}

function stateFolder(given: unknown): string {
  return typeof given === 'string' ? path.resolve(given) : defaultStateFolder();
}

function sessionsOf(session: unknown, allSessions: unknown): readonly string[] | 'all' {
  const named = Array.isArray(session) ? session.filter((name) => typeof name === 'string') : [];
  if (allSessions === true) return 'all';
  if (named.length > 0) return named;
  throw new ScanWriterError(
    'usage',
    'Which sessions? Name them with --session NAME, or take --all-sessions.',
  );
}

/** Scans, points and rate of all that is being written, on one line. */
class ProgressLine {
  readonly #scans = new Map<string, ScanProgress>();
  readonly #rate = new Rate();
  #finishedPoints = 0;

  update(scan: ScanProgress): void {
    this.#scans.set(scan.scan.dbName, scan);
    this.#show();
  }

  remove(dbName: string): void {
    this.#finishedPoints += this.#scans.get(dbName)?.points ?? 0;
    this.#scans.delete(dbName);
    this.#show();
  }

  #show(): void {
    const scans = [...this.#scans.values()];
    const points = scans.reduce((sum, scan) => sum + scan.points, this.#finishedPoints);
    const rate = this.#rate.update(points);
    const names = scans.map(({ scan, rows, expected }) => {
      const name = scan.dbName.split(':').at(-1) ?? scan.dbName;
      return `${name} ${rows}${expected > 0 ? `/${expected}` : ''}`;
    });
    const running = names.length === 0 ? 'waiting for scans' : names.join(', ');
    showProgress(`${running} | ${shortNumber(points)} points, ${shortNumber(rate)} points/s`);
  }
}
