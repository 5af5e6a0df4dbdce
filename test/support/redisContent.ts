import type { Redis } from 'ioredis';

/** A key as far as a client can tell one from another. */
export type KeyContent =
  | { readonly type: 'hash'; readonly fields: Readonly<Record<string, string>> }
  | { readonly type: 'list'; readonly elements: readonly string[] }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'stream'; readonly lastId: string; readonly entries: readonly string[] };

/** All keys of a db, their bytes as base64. */
export async function contentOf(redis: Redis): Promise<Record<string, KeyContent>> {
  const content: Record<string, KeyContent> = {};
  for (const key of (await redis.keys('*')).sort()) content[key] = await keyContent(redis, key);
  return content;
}

async function keyContent(redis: Redis, key: string): Promise<KeyContent> {
  const base64 = (bytes: Buffer): string => bytes.toString('base64');
  const type = await redis.type(key);
  switch (type) {
    case 'hash': {
      const fields = Object.entries(await redis.hgetallBuffer(key)).sort(([a], [b]) => (a < b ? -1 : 1));
      return { type, fields: Object.fromEntries(fields.map(([name, value]) => [name, base64(value)])) };
    }
    case 'list':
      return { type, elements: (await redis.lrangeBuffer(key, 0, -1)).map(base64) };
    case 'string':
      return { type, value: base64((await redis.getBuffer(key)) ?? Buffer.alloc(0)) };
    case 'stream': {
      const entries = (await redis.xrangeBuffer(key, '-', '+')) as [Buffer, Buffer[]][];
      return {
        type,
        lastId: await lastIdOf(redis, key),
        entries: entries.map(([id, fields]) => [id.toString(), ...fields.map(base64)].join(' ')),
      };
    }
    default:
      throw new Error(`${key} is a ${type}`);
  }
}

export async function lastIdOf(redis: Redis, key: string): Promise<string> {
  const info = (await redis.xinfo('STREAM', key)) as unknown[];
  return String(info[info.indexOf('last-generated-id') + 1]);
}

/** Seconds that are left to each key that expires. */
export async function lifetimesOf(redis: Redis): Promise<Record<string, number>> {
  const lifetimes: Record<string, number> = {};
  for (const key of (await redis.keys('*')).sort()) {
    const seconds = await redis.ttl(key);
    if (seconds >= 0) lifetimes[key] = seconds;
  }
  return lifetimes;
}
