import { ScanWriterError } from '../scan/index.js';
import { findSessions, followScan, RedisConnection } from '../subscriber/index.js';
import { writeScan, type ScanOutcome, type WriteScanOptions } from '../writer/index.js';
import type { Settings } from './settings.js';
import { sharedWriting, writeOptions } from './writing.js';

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
  const shared = sharedWriting(settings);
  try {
    const options = writeOptions(settings, shared, {
      linkAtStart: false,
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(onWarning === undefined ? {} : { onWarning }),
    });
    return await writeScan(
      (stop) => followScan(connection, dbName, { wait: false, signal: stop }),
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
