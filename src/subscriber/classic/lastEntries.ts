import type { Redis } from 'ioredis';
import { repliesOf } from '../redis/index.js';
import { firstIndexOf, isCreation } from './points.js';

/**
 * Index of the first point of the last entry that was ever added to each data stream, also when it was trimmed since:
 * -1 for a stream without entries, NaN when its id is no index, undefined when the stream is gone.
 */
export async function lastEntryStarts(
  redis: Redis,
  keys: readonly string[],
): Promise<(number | undefined)[]> {
  if (keys.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const key of keys) pipeline.xinfo('STREAM', key);
  return (await repliesOf(pipeline)).map((fields) => {
    if (!Array.isArray(fields)) return undefined;
    const id = String(fields[fields.indexOf('last-generated-id') + 1]);
    return isCreation(id) || id === '0-0' ? -1 : (firstIndexOf(id) ?? NaN);
  });
}
