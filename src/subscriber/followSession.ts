import { ScanWriterError, type ScanEvent } from '../scan/index.js';
import { followScan, watchScans } from './classic/index.js';
import { Merge } from './merge.js';
import { RedisConnection } from './redis/index.js';

const STARTS: readonly string[] = ['now', 'start'];

export interface FollowSessionOptions {
  /** Data server of the beamline, `redis://[user:password@]host:6380/1`. Only read; `+@read +@connection` suffices. */
  readonly redis: string;
  /** Name of the BLISS session. It need not exist yet. */
  readonly session: string;
  /**
   * `now` (default): scans that run and scans to come; `start`: also those that have ended and that Redis still holds.
   * Each scan comes from its first point on.
   */
  readonly from?: 'now' | 'start';
  /** Ends the following; the iteration then ends without an error. */
  readonly signal?: AbortSignal;
  /** Told when the connection is lost (with the reason) and when it is back; it is made again by itself. */
  readonly onConnection?: (state: 'lost' | 'connected', why: string) => void;
}

/**
 * Follows a session: every scan's start, channels, points, and end, as they are published, scans that run at the same
 * time interleaved. Any number of clients may do so beside the writer; none of them writes to Redis.
 *
 * Reading is as fast as the events are taken; Redis keeps about 2048 events of a channel, so who takes them more slowly
 * finds `gap` events in their place.
 *
 * @example
 * for await (const event of followSession({ redis: 'redis://localhost:6380/1', session: 'exp1' })) {
 *   if (event.type === 'scanStarted') console.log(event.scan.dbName);
 * }
 * @throws ScanWriterError with the tag `usage` (bad address), `unreachable` or `refused` when it cannot begin
 */
export async function* followSession(options: FollowSessionOptions): AsyncGenerator<ScanEvent, void> {
  const { redis, session, from = 'now', signal, onConnection } = options;
  if (!STARTS.includes(from))
    throw new ScanWriterError('usage', `"from" is "now" or "start", not "${from}".`);
  const connection = await RedisConnection.open(redis, {
    reconnect: 'forever',
    ...(onConnection === undefined ? {} : { onStateChange: onConnection }),
  });
  // Leaving the loop must also stop the reads that are under way.
  const left = new AbortController();
  const stop = signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]);
  const events = new Merge<ScanEvent>();
  try {
    events.add(startScans(connection, session, from, stop, events));
    yield* events;
  } finally {
    left.abort();
    connection.close();
  }
}

/** Adds each scan of the session to the merge; has no events of its own. */
async function* startScans(
  connection: RedisConnection,
  session: string,
  from: 'now' | 'start',
  signal: AbortSignal,
  events: Merge<ScanEvent>,
): AsyncGenerator<ScanEvent, void> {
  for await (const scan of watchScans(connection, session, { wait: true, signal })) {
    if (from === 'now' && scan.isOld && scan.hasEnded) continue;
    events.add(scanEvents(connection, scan.dbName, signal));
  }
  yield* [];
}

/** A scan that expires between being found and being read is none. */
async function* scanEvents(
  connection: RedisConnection,
  dbName: string,
  signal: AbortSignal,
): AsyncGenerator<ScanEvent, void> {
  try {
    yield* followScan(connection, dbName, { wait: true, signal });
  } catch (error) {
    if (!(error instanceof ScanWriterError && error.tag === 'unknownScan')) throw error;
  }
}
