import { ScanWriterError } from '../scan/index.js';
import { findSessions, followScan, RedisConnection } from '../subscriber/index.js';
import { writeScan, type ScanOutcome, type WriteScanOptions } from '../writer/index.js';
import { parseSettings, type Settings } from './settings.js';
import { sharedWriting, writeOptions } from './writing.js';

/** Nobody follows a scan that is written at once point by point, and each flush costs an append a channel. */
const FLUSH_MILLISECONDS = 2_000;

export interface BackfillRequest {
  readonly redis: string;
  readonly dbName: string;
  readonly settings: Settings;
  readonly signal: AbortSignal;
  readonly onProgress?: WriteScanOptions['onProgress'];
  readonly onWarning?: WriteScanOptions['onWarning'];
}

/**
 * Writes what Redis holds of one scan now, without waiting for more.
 * @throws ScanWriterError with any tag but `recording`
 */
export async function backfill(request: BackfillRequest): Promise<ScanOutcome> {
  const { dbName, settings, signal, onProgress, onWarning } = request;
  const connection = await RedisConnection.open(request.redis, { reconnect: 'briefly' });
  const shared = sharedWriting(settings, signal);
  try {
    const options = writeOptions(settings, shared, {
      flushMilliseconds: settings.flush ?? FLUSH_MILLISECONDS,
      linkAtStart: false,
      isRetried: false,
      // What is not there now does not come any more.
      imagesMilliseconds: 0,
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(onWarning === undefined ? {} : { onWarning }),
    });
    return await writeScan(
      (stop, startOf) => followScan(connection, dbName, { wait: false, signal: stop, startOf }),
      options,
      signal,
    );
  } catch (error) {
    throw await explain(error, connection);
  } finally {
    connection.close();
    await shared.close();
  }
}

/** An unknown scan in a database without any session is more likely the wrong database. */
async function explain(error: unknown, connection: RedisConnection): Promise<unknown> {
  if (!(error instanceof ScanWriterError) || error.tag !== 'unknownScan') return error;
  const sessions = await findSessions(connection.commands).catch(() => undefined);
  if (sessions?.length !== 0) return error;
  return new ScanWriterError('unknownScan', `${error.message} ${noBlissHint(connection.address)}`, {
    cause: error,
  });
}

export function noBlissHint(address: string): string {
  return `${address} holds no BLISS session at all: scans are in database 1 of the beamline's data server (port 6380).`;
}

export interface BackfillScanOptions {
  /** Data server of the beamline, `redis://[user:password@]host:6380/1`. */
  readonly redis: string;
  /** The scan in Redis, `session:...:12_ascan`. */
  readonly scan: string;
  /** `FROM=TO`: directories as BLISS has them and as they are on this machine. */
  readonly map?: readonly string[];
  /** Directories below which files may be written. */
  readonly root?: readonly string[];
  /** Write to just this file, whatever the scan says. */
  readonly output?: string;
  /** Also replace a file that is complete. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Writes what Redis holds of one scan to its file, without waiting for more.
 * @returns how it came out: `status` SUCCEEDED when every published point is in the file
 * @throws ScanWriterError: `usage`, `unsaved`, `unreachable`, `refused`, `unknownScan`, `target`, `locked` or `hdf5`
 */
export async function backfillScan(options: BackfillScanOptions): Promise<ScanOutcome> {
  const { redis, scan, signal, ...values } = options;
  // Who calls from JavaScript has no compiler that says it.
  if (typeof scan !== 'string')
    throw new ScanWriterError('usage', 'Name the scan: scan: "session:...:12_ascan".');
  return backfill({
    redis,
    dbName: scan,
    settings: parseSettings(values),
    signal: signal ?? new AbortController().signal,
  });
}
