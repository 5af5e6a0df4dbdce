import type { Redis } from 'ioredis';
import { childrenKey } from './keys.js';
import { readNodes } from './nodes.js';

const SUFFIX = childrenKey('');
const SCAN_COUNT = 2_000;

/**
 * Names of the sessions that have data: nodes without a parent (PROTOCOL 8, "Session discovery").
 * A session that is running without scans in the last 24 h has no keys.
 */
export async function findSessions(redis: Redis): Promise<string[]> {
  const candidates = new Set<string>();
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `*${SUFFIX}`, 'COUNT', SCAN_COUNT);
    cursor = next;
    for (const key of keys) {
      const name = key.slice(0, -SUFFIX.length);
      if (name !== '' && !name.includes(':')) candidates.add(name);
    }
  } while (cursor !== '0');
  const names = [...candidates].sort();
  const nodes = await readNodes(redis, names);
  return names.filter((_, index) => nodes[index] !== undefined);
}
