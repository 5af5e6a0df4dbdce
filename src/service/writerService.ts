import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSameScan, messageOf, ScanWriterError, type ScanIdentity, type TrimMargin } from '../scan/index.js';
import { findSessions, RedisConnection, watchScans, type FoundScan } from '../subscriber/index.js';
import type { ScanOutcome, ScanProgress } from '../writer/index.js';
import type { DiskState } from './diskForecast.js';
import { DiskWatch } from './diskWatch.js';
import { writeFoundScan, type ScanTask } from './scanTask.js';
import type { Settings } from './settings.js';
import type { Fate, RememberedScan, ScanFacts, ScanMemory } from './scanMemory.js';
import { sharedWriting } from './writing.js';

/** What the service tells while it runs. */
export interface ServiceReports {
  readonly onReady?: () => void;
  readonly onConnection?: (state: 'lost' | 'connected', why: string) => void;
  readonly onScanFound?: (scan: FoundScan) => void;
  readonly onProgress?: (progress: ScanProgress) => void;
  readonly onScanDone?: (outcome: ScanOutcome) => void;
  /** The scan cannot be written now, but perhaps when what is wrong has passed: it is tried again. */
  readonly onScanWaits?: (dbName: string, error: ScanWriterError, milliseconds: number) => void;
  /** The disk takes nothing of the scan at the moment, and why; undefined when it does again. */
  readonly onDisk?: (dbName: string, error: ScanWriterError | undefined) => void;
  /** The disk of a directory will be full soon, if it fills up as it does now. */
  readonly onDiskFills?: (place: string, state: DiskState) => void;
  /** The file system of a directory does not answer, for how long; undefined when it does again. */
  readonly onSilence?: (place: string, seconds: number | undefined) => void;
  /** The scan was written before, and is not written again. */
  readonly onScanKnown?: (dbName: string) => void;
  /** The scan is not ours to write, or cannot be written; other scans go on. */
  readonly onScanRefused?: (dbName: string, error: ScanWriterError) => void;
  readonly onWarning?: (dbName: string, message: string) => void;
  /**
   * Every few seconds while the reading of a scan is behind: how far its channels are from losing points; an empty list
   * when it is behind no more.
   */
  readonly onTrimMargins?: (dbName: string, margins: readonly TrimMargin[]) => void;
  /** Redis is about to drop points that are not read yet: once, with the channels concerned, the nearest first. */
  readonly onTrimRisk?: (dbName: string, margins: readonly TrimMargin[]) => void;
  /** After `onTrimRisk`, when the danger is over. */
  readonly onTrimSafe?: (dbName: string) => void;
}

export interface ServiceRequest {
  readonly redis: string;
  /** Sessions by name; `all` for every session, also those to come. */
  readonly sessions: readonly string[] | 'all';
  readonly settings: Settings;
  /** What was done before; without it, scans that ended while no service was running are not written. */
  readonly memory?: ScanMemory;
  readonly signal: AbortSignal;
  readonly reports: ServiceReports;
}

const DISCOVERY_MILLISECONDS = 1_000;

/** What is read is written within so long after the word to stop; the rest is at the next start, from Redis. */
const DRAIN_MILLISECONDS = 8_000;

/**
 * Writes the scans of sessions as they are published, until `signal` says stop; then what was read is written, the
 * files are closed and it returns.
 * @returns scans whose disk took too long for that: they are gone on with at the next start
 * @throws ScanWriterError `usage`, `unreachable`, `refused` at the start; later, lost connections are made again
 */
export async function runService(request: ServiceRequest): Promise<string[]> {
  const { settings, reports, signal } = request;
  assertTargets(settings);
  const connection = await RedisConnection.open(request.redis, {
    reconnect: 'forever',
    ...(reports.onConnection === undefined ? {} : { onStateChange: reports.onConnection }),
  });
  const shared = sharedWriting(settings, signal, (place, seconds) => reports.onSilence?.(place, seconds));
  const service = new WriterService(connection, request, shared);
  let isDrained = false;
  try {
    isDrained = await Promise.race([service.run().then(() => true), drainTime(signal).then(() => false)]);
    return isDrained ? [] : service.busyScans;
  } finally {
    connection.close();
    // A thread that is in a call of a disk that hangs cannot be closed.
    if (isDrained) await shared.close();
  }
}

async function drainTime(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
  await sleep(DRAIN_MILLISECONDS, undefined, { ref: false });
}

function assertTargets({ root, map, unnamed }: Settings): void {
  if (root.length > 0 || map.length > 0 || unnamed !== undefined) return;
  throw new ScanWriterError(
    'usage',
    'Nothing may be written yet: name the directories with --root DIR (as BLISS has them) or --map FROM=TO.',
  );
}

class WriterService {
  readonly #connection: RedisConnection;
  readonly #request: ServiceRequest;
  readonly #shared: ReturnType<typeof sharedWriting>;
  readonly #watched = new Set<string>();
  readonly #tasks = new Set<Promise<void>>();
  /** Scan that is being written -> its file. */
  readonly #busy = new Map<string, string | undefined>();
  readonly #latest = new LatestScans();
  /** Scans that were begun before and have not been found yet. */
  readonly #unfinished: RememberedScan[];

  constructor(
    connection: RedisConnection,
    request: ServiceRequest,
    shared: ReturnType<typeof sharedWriting>,
  ) {
    this.#connection = connection;
    this.#request = request;
    this.#shared = shared;
    this.#unfinished = [...(request.memory?.unfinished() ?? [])];
  }

  async run(): Promise<void> {
    const { sessions, settings, signal, reports } = this.#request;
    if (sessions === 'all') {
      this.#track(this.#discover());
    } else {
      for (const session of new Set(sessions)) this.#track(this.#watch(session, false));
    }
    const disks = new DiskWatch(this.#shared.threads, settings, (place, state) =>
      reports.onDiskFills?.(place, state),
    );
    const files = (): string[] => [...this.#busy.values()].filter((file) => file !== undefined);
    this.#track(disks.run(files, signal));
    reports.onReady?.();
    // New tasks can come while the old ones end: scans of a session that was just found.
    while (this.#tasks.size > 0) await Promise.race(this.#tasks);
  }

  /** Scans that are being written. */
  get busyScans(): string[] {
    return [...this.#busy.keys()];
  }

  #track(task: Promise<void>): void {
    const tracked = task.finally(() => this.#tasks.delete(tracked));
    this.#tasks.add(tracked);
  }

  async #discover(): Promise<void> {
    const { signal } = this.#request;
    // A session that comes later has new scans only, however many it had before it was noticed.
    for (let isNew = false; !signal.aborted; isNew = true) {
      const found = await this.#connection.attempt(() => findSessions(this.#connection.commands), signal);
      for (const session of found ?? []) {
        if (!this.#watched.has(session)) this.#track(this.#watch(session, isNew));
      }
      await sleep(DISCOVERY_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #watch(session: string, isNew: boolean): Promise<void> {
    const { signal, reports } = this.#request;
    this.#watched.add(session);
    const onAllFound = (): void => {
      this.#finishLost(session);
    };
    for await (const scan of watchScans(this.#connection, session, { wait: true, signal, onAllFound })) {
      this.#latest.add(session, scan);
      this.#forget(scan);
      if (!this.#isToWrite(scan, isNew)) continue;
      reports.onScanFound?.(scan);
      const { dbName } = scan;
      this.#busy.set(dbName, undefined);
      this.#track(writeFoundScan(scan, this.#task(session, scan)).finally(() => this.#busy.delete(dbName)));
    }
  }

  #task(session: string, scan: FoundScan): ScanTask {
    const { settings, memory, signal, reports } = this.#request;
    return {
      connection: this.#connection,
      shared: this.#shared,
      settings,
      mark: memory?.fateOf(scan) === 'abandoned' ? memory.markOf(scan) : undefined,
      hasNewer: () => this.#latest.isAfter(session, scan),
      note: (fate, facts) => {
        if (facts?.file !== undefined) this.#busy.set(scan.dbName, facts.file);
        this.#note(scan, fate, facts);
      },
      signal,
      reports,
    };
  }

  #forget(found: ScanIdentity): void {
    const place = this.#unfinished.findIndex(({ scan }) => isSameScan(scan, found));
    if (place >= 0) this.#unfinished.splice(place, 1);
  }

  /** Files of scans that Redis does not hold any more get their end with what they have. */
  #finishLost(session: string): void {
    for (const { scan, file } of this.#unfinished.filter(({ scan }) => isOfSession(scan, session))) {
      this.#forget(scan);
      if (file === undefined) this.#note(scan, 'done');
      else this.#track(this.#finish(scan, file));
    }
  }

  async #finish(scan: ScanIdentity, file: string): Promise<void> {
    const { settings, reports } = this.#request;
    try {
      const thread = await this.#shared.threads.of(file);
      const isFinished = await thread.call('finishLost', [file, scan, settings.fileMode]);
      if (isFinished)
        reports.onWarning?.(scan.dbName, `Redis holds the scan no more: ${file} has what had come.`);
      this.#note(scan, 'done');
    } catch (error) {
      reports.onWarning?.(scan.dbName, messageOf(error));
    }
  }

  /** Which scans: DESIGN decision 13. */
  #isToWrite(scan: FoundScan, isNewSession: boolean): boolean {
    const { memory, settings, reports } = this.#request;
    const fate = memory?.fateOf(scan);
    if (fate === 'done' || fate === 'refused') {
      reports.onScanKnown?.(scan.dbName);
      return false;
    }
    if (fate === 'begun' || fate === 'abandoned' || !scan.isOld || !scan.hasEnded || isNewSession)
      return true;
    if (settings.since !== undefined && scan.startTimestamp * 1000 >= settings.since) return true;
    // A first start takes running and new scans; later ones also what came since.
    if (fate === undefined && memory?.isNew === false) return true;
    this.#note(scan, 'passed');
    return false;
  }

  /** What cannot be remembered is written all the same. */
  #note(scan: ScanIdentity, fate: Fate, facts: ScanFacts = {}): void {
    const { memory, reports } = this.#request;
    try {
      memory?.note(scan, fate, facts);
    } catch (error) {
      reports.onWarning?.(
        scan.dbName,
        `It cannot be remembered that the scan is ${fate}: ${messageOf(error)}`,
      );
    }
  }
}

/** The scan of each session that was started last. */
class LatestScans {
  readonly #starts = new Map<string, number>();

  add(session: string, { startTimestamp }: FoundScan): void {
    if (startTimestamp > (this.#starts.get(session) ?? -Infinity)) this.#starts.set(session, startTimestamp);
  }

  isAfter(session: string, { startTimestamp }: FoundScan): boolean {
    return (this.#starts.get(session) ?? -Infinity) > startTimestamp;
  }
}

function isOfSession({ dbName }: ScanIdentity, session: string): boolean {
  return dbName.startsWith(`${session}:`);
}
