import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Redis, type RedisOptions } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RepliedEntry, StreamReader } from '../../../src/subscriber/redis/index.js';
import { scratchDirectory } from '../../support/scratch.js';
import { hasRedisServer, startRedis, type TestRedis } from '../../support/testRedis.js';

const KEYS = ['one', 'clé €', 'no entries', '*1\r\n$3\r\nkey\r\n'];
/** As ioredis gives the same reply. */
type Reply = [Buffer, [Buffer, Buffer[]][]][];

describe.skipIf(!hasRedisServer())('a reader of streams', () => {
  let server: TestRedis;
  let redis: Redis;
  let secure: { readonly port: number; readonly ca: Buffer };

  beforeAll(async () => {
    const scratch = await scratchDirectory();
    const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => path.join(scratch, name)) as [
      string,
      string,
    ];
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', key, '-out', certificate, '-days', '2', '-subj', '/CN=localhost'],
    ]);
    if (made.status !== 0) throw new Error(String(made.stderr));
    const port = 20_000 + (process.pid % 20_000);
    const config = ['--tls-port', String(port), '--tls-cert-file', certificate, '--tls-key-file', key];
    server = await startRedis({
      config: [...config, '--tls-ca-cert-file', certificate, '--tls-auth-clients', 'no'],
    });
    secure = { port, ca: readFileSync(certificate) };
    redis = new Redis(server.url, { protocol: 2 });
    await publish(redis);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  const opened = (url: string, options: RedisOptions = {}): StreamReader =>
    new StreamReader(url, { protocol: 2, ...options } as object);

  it.each([
    ['TCP', () => opened(server.url)],
    ['a Unix socket', () => opened(server.socket ?? '')],
    ['TLS', () => opened(`rediss://localhost:${secure.port}`, { tls: { ca: secure.ca } })],
  ])('gets what ioredis gets, over %s', async (_, open) => {
    const reader = open();
    let entries = 0;
    for (const count of [1, 7, 1000]) {
      const lastIds = new Map(KEYS.map((key) => [key, '0']));
      for (;;) {
        const command = ['COUNT', count, 'STREAMS', ...lastIds.keys(), ...lastIds.values()];
        const expected = ((await redis.callBuffer('XREAD', ...command)) ?? []) as Reply;
        const found = await reader.xread(...command);
        expect(found.map(({ key }) => key)).toEqual(expected.map(([key]) => key.toString()));
        if (found.length === 0) break;
        for (const [index, stream] of found.entries()) {
          const list = expected[index]?.[1] ?? [];
          expect(stream.entries.map(({ id }) => id)).toEqual(list.map(([id]) => id.toString()));
          expect(stream.entries.every((entry) => entry instanceof RepliedEntry)).toBe(true);
          for (const [at, { fields }] of stream.entries.entries()) {
            expect(Buffer.concat(fields).compare(Buffer.concat(list[at]?.[1] ?? []))).toBe(0);
            expect(fields.map(({ length }) => length)).toEqual(list[at]?.[1].map(({ length }) => length));
          }
          entries += stream.entries.length;
          lastIds.set(stream.key, stream.entries.at(-1)?.id ?? '');
        }
      }
    }
    expect(entries).toBe(3 * 907);
    reader.disconnect();
  });

  it('waits for an entry, and says nothing when none comes', async () => {
    const reader = opened(server.url);
    expect(await reader.xread('BLOCK', 20, 'STREAMS', 'later', '0')).toEqual([]);
    const waiting = reader.xread('BLOCK', 5000, 'STREAMS', 'later', '0');
    await redis.xadd('later', '1-0', 'a', 'b');
    expect(await waiting).toMatchObject([{ key: 'later', entries: [{ id: '1-0' }] }]);
    reader.disconnect();
  });

  it('refuses as Redis does, and goes on', async () => {
    await redis.set('text', 'no stream');
    const reader = opened(server.url);
    await expect(reader.xread('STREAMS', 'text', '0')).rejects.toThrow(/^WRONGTYPE/);
    await expect(reader.xread('STREAMS', 'one')).rejects.toThrow(/wrong number of arguments/);
    expect(await reader.xread('COUNT', 1, 'STREAMS', 'one', '0')).toMatchObject([
      { entries: [{ id: '1-0' }] },
    ]);
    reader.disconnect();
  });

  it('gives each of several reads at once its own reply', async () => {
    const reader = opened(server.url);
    const replies = await Promise.all(
      ['0', '100-0', '200-0'].map((id) => reader.xread('COUNT', 1, 'STREAMS', 'one', id)),
    );
    expect(replies.map(([stream]) => stream?.entries[0]?.id)).toEqual(['1-0', '101-0', '201-0']);
    reader.disconnect();
  });

  it('never says that there is nothing when it has lost a reply', async () => {
    const reader = opened(server.url);
    await reader.xread('STREAMS', 'nothing', '0');
    const ids = Array.from({ length: 40 }, (_, n) => n);
    const replies = await Promise.allSettled(
      ids.map((n) => reader.xread('COUNT', 1, 'STREAMS', 'one', `${n}-0`)),
    );
    for (const [n, reply] of replies.entries()) {
      if (reply.status === 'fulfilled') expect(reply.value[0]?.entries[0]?.id).toBe(`${n + 1}-0`);
      else expect(String(reply.reason)).toMatch(/reply \d+ is gone/);
    }
    reader.disconnect();
  });

  it('gives what Redis answers in time, after an answer that came too late', async () => {
    const reader = opened(server.url, { commandTimeout: 100 });
    await reader.xread('STREAMS', 'nothing', '0');
    const late = reader.xread('BLOCK', 400, 'STREAMS', 'late', '0');
    await expect(late).rejects.toThrow(/timed out/i);
    await redis.xadd('late', '1-0', 'a', 'b');
    expect(await reader.xread('COUNT', 1, 'STREAMS', 'one', '5-0')).toMatchObject([
      { entries: [{ id: '6-0' }] },
    ]);
    reader.disconnect();
  });

  it('connects again when the connection is lost', async () => {
    const reader = opened(server.url, { maxRetriesPerRequest: null });
    await reader.xread('COUNT', 1, 'STREAMS', 'one', '0');
    await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    expect(await reader.xread('COUNT', 1, 'STREAMS', 'one', '0')).toMatchObject([
      { entries: [{ id: '1-0' }] },
    ]);
    reader.disconnect();
  });
});

/** 907 entries: short ones, long ones, and those that look like the protocol. */
async function publish(redis: Redis): Promise<void> {
  const pipeline = redis.pipeline();
  const [one, accented, empty, hostile] = KEYS as [string, string, string, string];
  for (let id = 1; id <= 800; id++)
    pipeline.xadd(one, `${id}-0`, 'n', String(id), 'rest', 'x'.repeat(id % 50));
  for (let id = 1; id <= 100; id++) {
    const many = Array.from({ length: id }, (_, n) => [`name${n}`, Buffer.alloc(n * 7, n)]).flat();
    pipeline.xadd(accented, `${id}-${id}`, ...many);
  }
  pipeline.xadd(empty, '1-0', 'a', 'b').xdel(empty, '1-0');
  for (const [index, value] of ['', '\r\n', '$-1\r\n', '*2\r\n$1\r\na\r\n$1\r\nb\r\n', '\0'].entries()) {
    pipeline.xadd(hostile, `${index + 1}-0`, value, value);
  }
  for (const id of ['10-0', '11-0'])
    pipeline.xadd(hostile, id, 'large', Buffer.alloc(5_000_000, '\r\n$3\r\nabc\r\n'));
  await pipeline.exec();
}
