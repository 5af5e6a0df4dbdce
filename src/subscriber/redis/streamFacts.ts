import type { Redis } from 'ioredis';
import { repliesOf } from './pipeline.js';

/** What Redis says of a stream without reading it. */
export interface StreamFacts {
  /** The last id that was ever given, also when its entry was trimmed or deleted since. */
  readonly lastId: string;
  /** Undefined when there is no entry. */
  readonly firstId: string | undefined;
  readonly length: number;
}

/** Undefined where the key is not there or no stream. */
export async function streamFacts(
  redis: Redis,
  keys: readonly string[],
): Promise<(StreamFacts | undefined)[]> {
  if (keys.length === 0) return [];
  const pipeline = redis.pipeline();
  // As bytes: the reply also has the first and the last entry, which may be whole images.
  for (const key of keys) pipeline.callBuffer('XINFO', 'STREAM', key);
  return (await repliesOf(pipeline)).map(factsOf);
}

function factsOf(reply: unknown): StreamFacts | undefined {
  if (!Array.isArray(reply)) return undefined;
  const facts = new Map<string, unknown>();
  for (let i = 0; i + 1 < reply.length; i += 2) facts.set(String(reply[i]), reply[i + 1]);
  const first = facts.get('first-entry');
  return {
    lastId: String(facts.get('last-generated-id')),
    firstId: Array.isArray(first) ? String(first[0]) : undefined,
    length: Number(facts.get('length')),
  };
}
