import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, ScanWriterError } from '../scan/index.js';
import {
  findSessions,
  followScan,
  RedisConnection,
  watchScans,
  type FoundScan,
} from '../subscriber/index.js';
import { writeScan, type ScanOutcome, type ScanProgress } from '../writer/index.js';
import type { Settings } from './settings.js';
import { sharedWriting, writeOptions } from './writing.js';

/** What the service tells while it runs. */
export interface ServiceReports {
  readonly onReady?: () => void;
  readonly onConnection?: (state: 'lost' | 'connected', why: string) => void;
  readonly onScanFound?: (scan: FoundScan) => void;
  readonly onProgress?: (progress: ScanProgress) => void;
  readonly onScanDone?: (outcome: ScanOutcome) => void;
  /** The scan is not ours to write, or cannot be written; other scans go on. */
  readonly onScanRefused?: (dbName: string, error: ScanWriterError) => void;
  readonly onWarning?: (dbName: string, message: string) => void;
}

export interface ServiceRequest {
  readonly redis: string;
  /** Sessions by name; `all` for every session, also those to come. */
  readonly sessions: readonly string[] | 'all';
  readonly settings: Settings;
  readonly signal: AbortSignal;
  readonly reports: ServiceReports;
}

/** A detector's server writes files after the scan has ended. */
const IMAGES_MILLISECONDS = 10_000;
const DISCOVERY_MILLISECONDS = 1_000;

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
      // Without a memory of its own a first start takes running and new scans (DESIGN decision 13).
      if (scan.isOld && scan.hasEnded && !isNew) continue;
      reports.onScanFound?.(scan);
      this.#track(this.#write(scan.dbName));
    }
  }

  /** Whatever happens to one scan, the others go on. */
  async #write(dbName: string): Promise<void> {
    const { settings, signal, reports } = this.#request;
    const options = writeOptions(settings, this.#shared, {
      linkAtStart: true,
      imagesMilliseconds: IMAGES_MILLISECONDS,
      onWarning: (message) => reports.onWarning?.(dbName, message),
      ...(reports.onProgress === undefined ? {} : { onProgress: reports.onProgress }),
    });
    try {
      const source = (stop: AbortSignal): ReturnType<typeof followScan> =>
        followScan(this.#connection, dbName, { wait: true, signal: stop });
      reports.onScanDone?.(await writeScan(source, options, signal));
    } catch (error) {
      if (signal.aborted && !(error instanceof ScanWriterError)) return;
      const known =
        error instanceof ScanWriterError
          ? error
          : new ScanWriterError('hdf5', messageOf(error), { cause: error });
      reports.onScanRefused?.(dbName, known);
    }
  }
}
