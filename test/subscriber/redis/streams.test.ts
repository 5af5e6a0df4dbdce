import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StreamSet, type StreamEntries } from '../../../src/subscriber/redis/index.js';
import { hasRedisServer, startRedis, type TestRedis } from '../../support/testRedis.js';

const STREAMS = 600;
const ENTRIES = 40;
const keyOf = (n: number): string => `stream${n}`;

describe.skipIf(!hasRedisServer())('a set of many streams', () => {
  let server: TestRedis;
  let redis: Redis;

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url, { protocol: 2 });
    const pipeline = redis.pipeline();
    for (let n = 0; n < STREAMS; n++) {
      for (let id = 1; id <= ENTRIES; id++) pipeline.xadd(keyOf(n), `${id}-0`, 'data', 'x'.repeat(200));
    }
    await pipeline.exec();
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  const streamSet = (): StreamSet => {
    const streams = new StreamSet();
    for (let n = 0; n < STREAMS; n++) streams.add(keyOf(n));
    return streams;
  };

  const readAll = async (streams: StreamSet, only?: (key: string) => boolean): Promise<StreamEntries[][]> => {
    const replies: StreamEntries[][] = [];
    for (;;) {
      const reply = await streams.read(redis, false, only);
      if (reply.length === 0) return replies;
      replies.push(reply);
    }
  };

  const idsByStream = (replies: readonly StreamEntries[][]): Map<string, string[]> => {
    const ids = new Map<string, string[]>();
    for (const { key, entries } of replies.flat()) {
      ids.set(key, [...(ids.get(key) ?? []), ...entries.map(({ id }) => id)]);
    }
    return ids;
  };

  const ALL_IDS = Array.from({ length: ENTRIES }, (_, n) => `${n + 1}-0`);

  it('gives each entry of each stream once, in order', async () => {
    const ids = idsByStream(await readAll(streamSet()));
    expect(ids.size).toBe(STREAMS);
    for (const found of ids.values()) expect(found).toEqual(ALL_IDS);
  });

  it('reads many entries of some streams rather than few of all, and all in turn', async () => {
    const parts = (await readAll(streamSet())).flat();
    expect(parts.length).toBeLessThan((STREAMS * ENTRIES) / 10);
    const firstParts = parts.slice(0, STREAMS).map(({ key }) => key);
    expect(new Set(firstParts).size).toBe(STREAMS);
  });

  it('reads those that are asked for only', async () => {
    const streams = streamSet();
    const ids = idsByStream(await readAll(streams, (key) => key.endsWith('7')));
    expect(ids.size).toBe(STREAMS / 10);
    for (const found of ids.values()) expect(found).toEqual(ALL_IDS);
    expect(streams.lastIdOf('stream1')).toBe('0');
  });

  it('goes on with new entries and new streams', async () => {
    const streams = streamSet();
    await readAll(streams);
    await redis.xadd(keyOf(3), `${ENTRIES + 1}-0`, 'data', 'late');
    await redis.xadd('another', '1-0', 'data', 'new');
    streams.add('another');
    const ids = idsByStream(await readAll(streams));
    expect(Object.fromEntries(ids)).toEqual({ stream3: [`${ENTRIES + 1}-0`], another: ['1-0'] });
    await redis.xtrim(keyOf(3), 'MAXLEN', 0);
  });

  it('knows when it was at the end of all of them', async () => {
    const streams = streamSet();
    const begun = streams.caughtUpAt;
    await streams.read(redis, false);
    expect(streams.caughtUpAt).toBe(begun);
    await readAll(streams);
    expect(streams.caughtUpAt).toBeGreaterThan(begun);
  });

  it('asks at first for as many entries as fit, by what they are expected to have', async () => {
    const first = async (...expected: readonly number[]): Promise<number> => {
      const streams = new StreamSet();
      for (const [n, bytes] of expected.entries()) streams.add(keyOf(n), '0', bytes);
      return (await streams.read(redis, false)).reduce((sum, { entries }) => sum + entries.length, 0);
    };
    expect(await first(2_000_000)).toBe(1);
    expect(await first(1024 * 1024)).toBe(1);
    expect(await first(100_000)).toBe(10);
    expect(await first(300_000, 100)).toBe(6);
    expect(await first(100)).toBe(ENTRIES);
  });

  it('asks then for as many as fit by what they had', async () => {
    const streams = new StreamSet();
    streams.add(keyOf(1), '0', 500_000);
    expect(await streams.read(redis, false)).toMatchObject([{ entries: { length: 2 } }]);
    expect(await streams.read(redis, false)).toMatchObject([{ entries: { length: ENTRIES - 2 } }]);
  });

  it('leaves out a key that is no stream', async () => {
    await redis.set('text', 'no stream');
    const streams = new StreamSet();
    streams.add('text');
    streams.add(keyOf(5));
    const ids = idsByStream(await readAll(streams));
    expect([...ids]).toEqual([[keyOf(5), ALL_IDS]]);
    expect(streams.has('text')).toBe(false);
  });
});
