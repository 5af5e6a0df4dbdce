import type { Redis } from 'ioredis';
import { streamFacts } from '../redis/index.js';
import { dataKey } from './keys.js';

const SCAN_COUNT = 2_000;

/** Streams of a scan's data of which Redis has dropped the first events: who begins to read now has lost these points. */
export async function lostBeginnings(redis: Redis, dbName: string): Promise<string[]> {
  const pattern = dataKey(`${dbName.replace(/[*?[\]\\]/g, '\\$&')}:*`);
  const keys: string[] = [];
  let cursor = '0';
  do {
    const [next, found] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT);
    cursor = next;
    keys.push(...found);
  } while (cursor !== '0');
  const facts = await streamFacts(redis, keys);
  return keys.filter((_, index) => {
    const first = facts[index]?.firstId;
    // The id of an event is the index of its first point plus 1.
    return first !== undefined && Number(first.split('-')[0]) > 1;
  });
}
