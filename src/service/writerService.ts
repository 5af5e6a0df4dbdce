import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, ScanWriterError, type TrimMargin } from '../scan/index.js';
import {
  findSessions,
  followScan,
  RedisConnection,
  watchScans,
  type FoundScan,
} from '../subscriber/index.js';
import { writeScan, type ScanOutcome, type ScanProgress } from '../writer/index.js';
import type { Settings } from './settings.js';
import type { Fate, ScanMemory } from './scanMemory.js';
import { trimAlarm } from './trimAlarm.js';
import { sharedWriting, writeOptions } from './writing.js';

/** What the service tells while it runs. */
export interface ServiceReports {
  readonly onReady?: () => void;
  readonly onConnection?: (state: 'lost' | 'connected', why: string) => void;
  readonly onScanFound?: (scan: FoundScan) => void;
  readonly onProgress?: (progress: ScanProgress) => void;
  readonly onScanDone?: (outcome: ScanOutcome) => void;
  /** The scan cannot be written now, but perhaps when what is wrong has passed: it is tried again. */
  readonly onScanWaits?: (dbName: string, error: ScanWriterError, milliseconds: number) => void;
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

/** A detector's server writes files after the scan has ended. */
const IMAGES_MILLISECONDS = 10_000;
const DISCOVERY_MILLISECONDS = 1_000;
/** Between two tries to write a scan; each pause is twice the one before. */
const FIRST_PAUSE_MILLISECONDS = 1_000;
const LONGEST_PAUSE_MILLISECONDS = 60_000;

/**
 * Writes the scans of sessions as they are published, until `signal` says stop; then what was read is written, the
 * files are closed and it returns.
 * @throws ScanWriterError `usage`, `unreachable`, `refused` at the start; later, lost connections are made again
 */
export async function runService(request: ServiceRequest): Promise<void> {
  const { settings, reports } = request;
  assertTargets(settings);
  const connection = await RedisConnection.open(request.redis, {
    reconnect: 'forever',
    ...(reports.onConnection === undefined ? {} : { onStateChange: reports.onConnection }),
  });
  const shared = sharedWriting(settings, request.signal);
  const service = new WriterService(connection, request, shared);
  try {
    await service.run();
  } finally {
    connection.close();
    await shared.close();
  }
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

  constructor(
    connection: RedisConnection,
    request: ServiceRequest,
    shared: ReturnType<typeof sharedWriting>,
  ) {
    this.#connection = connection;
    this.#request = request;
    this.#shared = shared;
  }

  async run(): Promise<void> {
    const { sessions, reports } = this.#request;
    if (sessions === 'all') {
      this.#track(this.#discover());
    } else {
      for (const session of new Set(sessions)) this.#track(this.#watch(session, false));
    }
    reports.onReady?.();
    // New tasks can come while the old ones end: scans of a session that was just found.
    while (this.#tasks.size > 0) await Promise.race(this.#tasks);
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
    for await (const scan of watchScans(this.#connection, session, { wait: true, signal })) {
      if (!this.#isToWrite(scan, isNew)) continue;
      reports.onScanFound?.(scan);
      this.#track(this.#write(scan));
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
    if (fate === 'begun' || !scan.isOld || !scan.hasEnded || isNewSession) return true;
    if (settings.since !== undefined && scan.startTimestamp * 1000 >= settings.since) return true;
    // A first start takes running and new scans; later ones also what came since.
    if (fate === undefined && memory?.isNew === false) return true;
    this.#note(scan, 'passed');
    return false;
  }

  /** What cannot be remembered is written all the same. */
  #note(scan: FoundScan, fate: Fate): void {
    const { memory, reports } = this.#request;
    try {
      memory?.note(scan, fate);
    } catch (error) {
      reports.onWarning?.(
        scan.dbName,
        `It cannot be remembered that the scan is ${fate}: ${messageOf(error)}`,
      );
    }
  }

  /**
   * Whatever happens to one scan, the others go on. What a full disk, a lost mount or another writer prevented is begun
   * again from the first point, as long as Redis holds the scan.
   */
  async #write(scan: FoundScan): Promise<void> {
    const { signal, reports } = this.#request;
    this.#note(scan, 'begun');
    for (let pause = FIRST_PAUSE_MILLISECONDS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MILLISECONDS)) {
      const error = await this.#tryToWrite(scan);
      if (error === undefined) return;
      if (!error.retryable) {
        // Anything else may be mended before the next start: a directory that was not named, a file in the way.
        if (error.tag === 'unsaved') this.#note(scan, 'refused');
        reports.onScanRefused?.(scan.dbName, error);
        return;
      }
      reports.onScanWaits?.(scan.dbName, error, pause);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  /** @returns why it was not written; undefined when it was, or was told to stop */
  async #tryToWrite(scan: FoundScan): Promise<ScanWriterError | undefined> {
    const { dbName } = scan;
    const { settings, signal, reports } = this.#request;
    const options = writeOptions(settings, this.#shared, {
      linkAtStart: true,
      imagesMilliseconds: IMAGES_MILLISECONDS,
      onWarning: (message) => reports.onWarning?.(dbName, message),
      ...(reports.onProgress === undefined ? {} : { onProgress: reports.onProgress }),
    });
    try {
      const source = (stop: AbortSignal): ReturnType<typeof followScan> =>
        followScan(this.#connection, dbName, {
          wait: true,
          signal: stop,
          onTrimMargins: trimAlarm(dbName, reports),
        });
      const outcome = await writeScan(source, options, signal);
      if (outcome.status === 'SUCCEEDED' || outcome.status === 'INCOMPLETE') this.#note(scan, 'done');
      reports.onScanDone?.(outcome);
      return undefined;
    } catch (error) {
      if (signal.aborted && !(error instanceof ScanWriterError)) return undefined;
      if (error instanceof ScanWriterError) return error;
      return new ScanWriterError('hdf5', messageOf(error), { cause: error });
    }
  }
}
