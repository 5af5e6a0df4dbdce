import type { Redis } from 'ioredis';
import { streamEntriesOf, streamFacts } from '../redis/index.js';
import { firstIndexOf, isCreation } from './points.js';

/**
 * Index of the first point of the last entry that was ever added to each data stream, also when it was trimmed since:
 * -1 for a stream without entries, NaN when its id is no index, undefined when the stream is gone.
 */
export async function lastEntryStarts(
  redis: Redis,
  keys: readonly string[],
): Promise<(number | undefined)[]> {
  return (await streamFacts(redis, keys)).map((facts) => {
    if (facts === undefined) return undefined;
    const { lastId } = facts;
    return isCreation(lastId) || lastId === '0-0' ? -1 : (firstIndexOf(lastId) ?? NaN);
  });
}

const LAST_SEQUENCE = 2n ** 64n - 1n;

/**
 * The id behind which a stream has to be read to get the points from index `start` on: the entry that holds that point may
 * begin before it.
 */
export async function idBefore(redis: Redis, key: string, start: number): Promise<string> {
  if (start === 0) return '0';
  const [entry] = streamEntriesOf(await redis.xrevrangeBuffer(key, `${start + 1}`, '-', 'COUNT', 1));
  const [, milliseconds = '0', sequence = '0'] = /^(\d+)-(\d+)$/.exec(entry?.id ?? '') ?? [];
  if (sequence !== '0') return `${milliseconds}-${BigInt(sequence) - 1n}`;
  return milliseconds === '0' ? '0' : `${BigInt(milliseconds) - 1n}-${LAST_SEQUENCE}`;
}
