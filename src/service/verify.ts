import { statSync } from 'node:fs';
import { ScanWriterError, type ErrorTag, type ScanIdentity } from '../scan/index.js';
import { followScan, RedisConnection } from '../subscriber/index.js';
import {
  compareScan,
  scanTarget,
  type FileSystemThread,
  type ScanComparison,
  type ScanEventSource,
} from '../writer/index.js';
import type { Settings } from './settings.js';
import { sharedWriting, targetPolicy } from './writing.js';

/** Why a file can only be held against itself. */
const WITHOUT_REDIS: readonly ErrorTag[] = ['unknownScan', 'unreachable', 'refused'];

export interface VerifyRequest {
  readonly redis: string;
  /** A scan in Redis, or the file of one; a path that exists is a file. */
  readonly subject: string;
  readonly settings: Settings;
  readonly signal: AbortSignal;
  /** The file can only be held against its own manifest, and why. */
  readonly onWithoutRedis?: (why: string) => void;
}

/**
 * Holds the file of a scan against what Redis still has of it, and against the hashes that were written at its end.
 * @throws ScanWriterError `unknownScan` for a scan that is not in Redis; `target` when there is no file of it; for a
 *   scan by name also `unreachable` and `refused`
 */
export async function verify(request: VerifyRequest): Promise<ScanComparison> {
  const { subject, settings, signal } = request;
  assertFileOrScan(subject);
  const shared = sharedWriting(settings, signal);
  try {
    return isFile(subject)
      ? await verifyFile(request, await shared.threads.of(subject))
      : await verifyScan(request, (file) => shared.threads.of(file));
  } finally {
    await shared.close();
  }
}

/** @throws ScanWriterError `target` */
function assertFileOrScan(subject: string): void {
  // The session is the first part of a scan's name.
  if (subject.includes(':') || isFile(subject)) return;
  throw new ScanWriterError(
    'target',
    `There is no file ${subject}; a scan in Redis has a name like session:sample:12_ascan.`,
    { subject },
  );
}

function isFile(subject: string): boolean {
  return statSync(subject, { throwIfNoEntry: false })?.isFile() ?? false;
}

async function verifyFile(request: VerifyRequest, thread: FileSystemThread): Promise<ScanComparison> {
  const { redis, subject, signal, onWithoutRedis } = request;
  let connection: RedisConnection | undefined;
  const eventsOf = async ({ dbName, startTimestamp }: ScanIdentity): Promise<ScanEventSource | undefined> => {
    try {
      connection = await RedisConnection.open(redis, { reconnect: 'briefly' });
      await assertSame(connection, dbName, startTimestamp, signal);
      return sourceOf(connection, dbName);
    } catch (error) {
      if (!(error instanceof ScanWriterError) || !WITHOUT_REDIS.includes(error.tag)) throw error;
      onWithoutRedis?.(error.message);
      return undefined;
    }
  };
  try {
    return await compareScan(subject, thread, eventsOf, signal);
  } finally {
    connection?.close();
  }
}

async function verifyScan(
  { redis, subject, settings, signal }: VerifyRequest,
  threadOf: (file: string) => Promise<FileSystemThread>,
): Promise<ScanComparison> {
  const connection = await RedisConnection.open(redis, { reconnect: 'briefly' });
  try {
    for await (const event of followScan(connection, subject, { wait: false, signal })) {
      if (event.type !== 'scanStarted') break;
      const { file: place } = scanTarget(event.scan, event.info, targetPolicy(settings));
      const thread = await threadOf(place);
      const file = await thread.call('findScanFile', [place, event.scan]);
      if (file === undefined) {
        const advice = `"scan-writer backfill ${subject}" writes it.`;
        throw new ScanWriterError('target', `There is no file of scan ${subject} at ${place}: ${advice}`, {
          subject: place,
        });
      }
      return await compareScan(file, thread, () => Promise.resolve(sourceOf(connection, subject)), signal);
    }
    throw new ScanWriterError('unknownScan', `Scan "${subject}" is not in Redis.`, { subject });
  } finally {
    connection.close();
  }
}

function sourceOf(connection: RedisConnection, dbName: string): ScanEventSource {
  return (stop) => followScan(connection, dbName, { wait: false, signal: stop });
}

/** Numbers are given again when Redis was flushed: another scan of the same name says nothing about this file. */
async function assertSame(
  connection: RedisConnection,
  dbName: string,
  startTimestamp: number,
  signal: AbortSignal,
): Promise<void> {
  for await (const event of followScan(connection, dbName, { wait: false, signal })) {
    if (event.type !== 'scanStarted' || Object.is(event.scan.startTimestamp, startTimestamp)) return;
    throw new ScanWriterError('unknownScan', `Redis holds another scan of the name "${dbName}".`, {
      subject: dbName,
    });
  }
}
