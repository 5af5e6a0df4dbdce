import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { replay, type ReplayOptions, type ReplayProgress } from '../../src/recording/index.js';
import { emptyStream, recordingLine, writeRecording, type Line } from '../support/recordingFile.js';
import { availableRecordings, recordingFolder } from '../support/recordings.js';
import { hasRedis, hasRedisServer, startRedis, type TestRedis } from '../support/testRedis.js';
import { expectedKeys } from './expectedKeys.js';

describe.skipIf(!hasRedis())('replay', () => {
  let server: TestRedis;
  let redis: Redis;
  let folder: string;

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url, { protocol: 2 });
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    if (hasRedisServer()) await redis.call('CLIENT', 'UNPAUSE'); // what a test that failed may have left
    await redis.flushdb();
    folder = await mkdtemp(path.join(tmpdir(), 'replay-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function run(recording: string, options: Partial<ReplayOptions> = {}) {
    return await replay({ recording, redis, speed: 0, append: false, ...options });
  }
  async function runLines(lines: readonly Line[], options: Partial<ReplayOptions> = {}) {
    return await run(await writeRecording(folder, lines), options);
  }
  async function lastId(key: string): Promise<unknown> {
    const info = (await redis.xinfo('STREAM', key)) as unknown[];
    return info[info.indexOf('last-generated-id') + 1];
  }

  describe('leaves in Redis what the publisher left', () => {
    it.each(availableRecordings())('%s', async (name) => {
      const expected = expectedKeys(recordingFolder(name));
      const { commands } = await run(recordingFolder(name));

      const text = gunzipSync(
        await readFile(path.join(recordingFolder(name), 'commands.jsonl.gz')),
      ).toString();
      expect(commands).toBe(text.trimEnd().split('\n').length);
      const hashes = [...expected.hashes].filter(([, fields]) => fields.size > 0);
      const keys = [...hashes, ...expected.streams, ...expected.lists, ...expected.counters].map(
        ([key]) => key,
      );
      expect((await redis.keys('*')).sort()).toEqual(keys.sort());
      for (const [key, fields] of hashes) {
        const found = Object.entries(await redis.hgetallBuffer(key));
        expect(new Map(found.map(([field, value]) => [field, value.toString('base64')]))).toEqual(fields);
      }
      for (const [key, stream] of expected.streams) {
        if (stream.added <= 2048) expect(await redis.xlen(key)).toBe(stream.added);
        if (stream.lastId !== undefined) expect(await lastId(key)).toBe(stream.lastId);
      }
      for (const [key, values] of expected.lists) {
        const found = await redis.lrangeBuffer(key, 0, -1);
        expect(found.map((value) => value.toString('base64'))).toEqual(values);
      }
      for (const [key, value] of expected.counters) expect(await redis.get(key)).toBe(String(value));
    });
  });

  it('keeps bytes that are no text', async () => {
    const bytes = Buffer.from([0, 0x80, 0xff, 0x0a, 0x0d, 0xc3]);
    await runLines([{ cmd: ['HSET', 'node_info', 'é', bytes] }]);
    expect(await redis.hgetallBuffer('node_info')).toEqual({ é: bytes });
  });

  it('trims as the publisher asked', async () => {
    await run(recordingFolder('trimmed_slow_reader'));
    const lengths = await Promise.all((await redis.keys('*_data')).map((key) => redis.xlen(key)));
    expect(lengths).not.toEqual([]);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(2048);
    expect(Math.max(...lengths)).toBeLessThan(2200);
  });

  it.skipIf(!hasRedisServer())('writes to the db that the client has selected, and to no other', async () => {
    const other = redis.duplicate({ db: 0 });
    await other.select(5);
    await runLines([{ cmd: ['SET', 'here', 'yes'] }], { redis: other });
    expect(await other.get('here')).toBe('yes');
    expect(await redis.dbsize()).toBe(0);
    await other.flushdb();
    other.disconnect();
  });

  describe('transactions', () => {
    it('are seen whole or not at all', async () => {
      const rounds = 3000;
      const lines = Array.from({ length: rounds }, (): Line[] => [
        { cmd: ['MULTI'] },
        { cmd: ['INCR', 'first'] },
        { cmd: ['INCR', 'second'] },
        { cmd: ['EXEC'] },
      ]).flat();
      const seen: (readonly (string | null)[])[] = [];
      const replayed = runLines(lines);
      while (seen.at(-1)?.[0] !== String(rounds)) seen.push(await redis.mget('first', 'second'));
      await replayed;

      expect(seen.filter(([first, second]) => first !== second)).toEqual([]);
      expect(new Set(seen.map(([first]) => first)).size).toBeGreaterThan(2);
    });

    it('are not mixed with other commands of the same client', async () => {
      const lines: Line[] = [
        { cmd: ['MULTI'] },
        { cmd: ['INCR', 'counter'] },
        { t: 0.2, cmd: ['INCR', 'counter'] },
        { t: 0.2, cmd: ['EXEC'] },
      ];
      const replayed = runLines(lines, { speed: 1, append: true });
      await sleep(100);
      expect(await redis.set('other', 'x')).toBe('OK');
      expect(await redis.get('counter')).toBeNull();
      await replayed;
      expect(await redis.get('counter')).toBe('2');
    });

    it('that the recording does not finish never take effect', async () => {
      await runLines([{ cmd: ['SET', 'before', 'x'] }, { cmd: ['MULTI'] }, { cmd: ['SET', 'inside', 'x'] }]);
      expect(await redis.keys('*')).toEqual(['before']);
    });

    it('name the line of the command that Redis refuses in them', async () => {
      const lines: Line[] = [
        { cmd: ['SET', 'text', 'x'] },
        { cmd: ['MULTI'] },
        { cmd: ['INCR', 'counter'] },
        { cmd: ['HSET', 'text', 'field', 'x'] },
        { cmd: ['EXEC'] },
      ];
      await expect(runLines(lines)).rejects.toMatchObject({
        tag: 'refused',
        message: expect.stringMatching(/line 4 of .*HSET text.*WRONGTYPE/) as string,
      });
    });
  });

  describe('"create this stream unless it exists"', () => {
    it.each([
      ['alone', []],
      ['in a transaction', ['MULTI']],
    ])('makes an empty stream whose last id is 0-1, %s', async (_, multi) => {
      await runLines([
        ...multi.map((name) => ({ cmd: [name] })),
        ...emptyStream('new_data'),
        ...multi.map(() => ({ cmd: ['EXEC'] })),
      ]);
      expect(await redis.xlen('new_data')).toBe(0);
      expect(await lastId('new_data')).toBe('0-1');
    });

    it.each([
      ['alone', []],
      ['in a transaction', ['MULTI']],
    ])('leaves a stream alone that exists, %s', async (_, multi) => {
      await redis.xadd('old_data', '7-0', 'field', 'value');
      await redis.xadd('empty_data', '3-0', 'field', 'value');
      await redis.xdel('empty_data', '3-0');
      await runLines(
        [
          ...multi.map((name) => ({ cmd: [name] })),
          ...emptyStream('old_data'),
          ...emptyStream('empty_data'),
          ...multi.map(() => ({ cmd: ['EXEC'] })),
          { cmd: ['SET', 'after', 'x'] },
        ],
        { append: true },
      );
      expect(await redis.xrange('old_data', '-', '+')).toEqual([['7-0', ['field', 'value']]]);
      expect(await lastId('empty_data')).toBe('3-0');
      expect(await redis.get('after')).toBe('x');
    });

    it('never shows the entry that makes it', async () => {
      const keys = Array.from({ length: 200 }, (_, i) => `stream${i}`);
      const reader = redis.duplicate();
      const seen = reader.xread('BLOCK', 500, 'STREAMS', ...keys, ...keys.map(() => '0'));
      await runLines(keys.flatMap((key) => emptyStream(key)));
      // Redis may wake the reader, but with no entry
      expect(((await seen) ?? []).flatMap(([, entries]) => entries)).toEqual([]);
      expect(await redis.exists(...keys)).toBe(keys.length);
      reader.disconnect();
    });

    it.each([
      ['alone', [], 4],
      ['in a transaction', ['MULTI'], 5],
    ])('is no excuse for an id that is used twice elsewhere, %s', async (_, multi, line) => {
      const entry = { cmd: ['XADD', 'data', '1-0', 'field', 'value'] };
      const replayed = runLines([
        ...emptyStream('data'),
        ...multi.map((name) => ({ cmd: [name] })),
        entry,
        entry,
        ...multi.map(() => ({ cmd: ['EXEC'] })),
      ]);
      await expect(replayed).rejects.toMatchObject({
        tag: 'refused',
        message: expect.stringMatching(
          new RegExp(`line ${line} .*equal or smaller.*choose an empty db`),
        ) as string,
      });
    });
  });

  describe('refuses', () => {
    it('a db with keys, unless told to append', async () => {
      await redis.set('somebody', 'else');
      const lines: Line[] = [{ cmd: ['SET', 'ours', 'x'] }];
      await expect(runLines(lines)).rejects.toMatchObject({
        tag: 'usage',
        message: expect.stringMatching(/has 1 keys: choose an empty db, or pass --append/) as string,
      });
      expect(await redis.keys('*')).toEqual(['somebody']);
      await runLines(lines, { append: true });
      expect((await redis.keys('*')).sort()).toEqual(['ours', 'somebody']);
    });

    it.each([-1, NaN, Infinity])('speed %d', async (speed) => {
      await expect(runLines([], { speed })).rejects.toMatchObject({ tag: 'usage' });
    });

    // not with a Redis that was lent to us: if the guard fails, these do what they say
    it
      .skipIf(!hasRedisServer())
      .each([
        ['FLUSHALL'],
        ['flushdb'],
        ['SELECT', '0'],
        ['CONFIG', 'SET', 'dir', '/tmp'],
        ['EVAL', 'return 1', '0'],
        ['DEL', 'before'],
        ['SCRIPT', 'FLUSH'],
        ['SLAVEOF', '127.0.0.1', '1'],
        ['SHUTDOWN', 'NOSAVE'],
        ['HSET\r\nFLUSHALL'],
        [''],
      ])('%s', async (...cmd) => {
      const lines = [{ cmd: ['SET', 'before', 'x'] }, { cmd }, { cmd: ['SET', 'after', 'x'] }];
      await expect(runLines(lines, { append: true })).rejects.toMatchObject({
        tag: 'recording',
        message: expect.stringMatching(/line 2 of .*commands\.jsonl: no publisher sends/) as string,
      });
      expect(await redis.get('after')).toBeNull();
    });

    it.each([
      ['{"t": 0, "cmd": ["SET", "a"', /line 3 of .*not JSON/],
      ['{"cmd": ["SET", "a", "b"]}', /line 3 of .*at t/],
      ['{"t": 1e999, "cmd": ["SET", "a", "b"]}', /line 3 of .*at t/],
      ['{"t": 0, "cmd": []}', /line 3 of .*at cmd/],
      ['{"t": 0, "cmd": ["SET", "a", 1]}', /line 3 of .*at cmd/],
      ['{"t": 0, "cmd": ["SET", "a", {"b64": "a?=="}]}', /line 3 of .*base64/],
      ['{"t": 0, "cmd": ["SET", "a", "b"], "if_absent": true}', /line 3 of .*if_absent/],
      ['{"t": 0, "cmd": ["EXEC"]}', /line 3 of .*EXEC without MULTI/],
    ])('a line such as %s, naming it', async (bad, message) => {
      const good = recordingLine({ cmd: ['INCR', 'counter'] });
      const file = path.join(folder, 'commands.jsonl');
      await writeFile(file, `${good}\n${good}\n${bad}\n${good}\n`);
      await expect(run(file)).rejects.toMatchObject({
        tag: 'recording',
        subject: file,
        message: expect.stringMatching(message) as string,
      });
    });

    it('a gzip file that is cut off, naming the line', async () => {
      const file = path.join(folder, 'commands.jsonl.gz');
      const whole = await readFile(path.join(recordingFolder('ct'), 'commands.jsonl.gz'));
      await writeFile(file, whole.subarray(0, whole.length / 2));
      await expect(run(folder)).rejects.toMatchObject({
        tag: 'recording',
        subject: file,
        message: expect.stringMatching(
          /line [1-9]\d+ of .*commands\.jsonl\.gz: the gzip data is damaged/,
        ) as string,
      });
    });

    it('a gzip file that is none', async () => {
      await writeFile(path.join(folder, 'commands.jsonl.gz'), 'no gzip');
      await expect(run(folder)).rejects.toMatchObject({
        tag: 'recording',
        message: expect.stringMatching(/line 1 of .*gzip data is damaged/) as string,
      });
    });

    it('a recording that is not there', async () => {
      await expect(run(path.join(folder, 'nowhere'))).rejects.toMatchObject({
        tag: 'recording',
        message: expect.stringMatching(/no recording at .*nowhere: name a folder/) as string,
      });
      await expect(run(folder)).rejects.toMatchObject({ tag: 'recording' });
    });
  });

  describe('pace', () => {
    const times = Array.from({ length: 31 }, (_, i) => 100 + i / 10);
    const lines = times.flatMap((t, i): Line[] => [
      { t, cmd: ['XADD', 'ticks', '*', 'index', String(i)] },
      { t, cmd: ['RPUSH', 'order', `${i}a`] },
      { t, cmd: ['RPUSH', 'order', `${i}b`] },
    ]);

    it('keeps the order and comes never early', async () => {
      const begin = Date.now();
      const { seconds } = await runLines(lines, { speed: 10 });
      expect(seconds).toBeGreaterThanOrEqual(0.3);
      expect(await redis.lrange('order', 0, -1)).toEqual(times.flatMap((_, i) => [`${i}a`, `${i}b`]));
      const entries = await redis.xrange('ticks', '-', '+');
      const early = entries.filter(([id], i) => parseInt(id) - begin < i * 10 - 2);
      expect(early).toEqual([]);
    });

    it('tells how far it is', async () => {
      const told: ReplayProgress[] = [];
      const { commands } = await runLines(lines, { speed: 10, onProgress: (done) => told.push(done) });
      expect(commands).toBe(lines.length);
      expect(told.length).toBeGreaterThan(1);
      expect(told).toEqual([...told].sort((a, b) => a.commands - b.commands));
      expect(told.at(-1)?.commands).toBe(lines.length);
      expect(told.at(-1)?.recordedSeconds).toBeCloseTo(3);
    });
  });

  describe('stops', () => {
    const endless: Line[] = [
      { cmd: ['SET', 'before', 'x'] },
      { cmd: ['MULTI'] },
      { cmd: ['SET', 'inside', 'x'] },
      { t: 3600, cmd: ['EXEC'] },
    ];

    it('when it is aborted, without half a transaction', async () => {
      const abort = new AbortController();
      const reason = new Error('enough');
      const replayed = runLines(endless, { speed: 1, signal: abort.signal });
      while ((await redis.exists('before')) === 0) await sleep(5);
      abort.abort(reason);
      await expect(replayed).rejects.toBe(reason);
      expect(await redis.keys('*')).toEqual(['before']);
    });

    it.skipIf(!hasRedisServer()).each([
      ['commands', 2000, 1],
      ['bytes', 20, 500_000],
    ])('reading while Redis does not answer: bounded in %s', async (_, count, length) => {
      const value = Buffer.alloc(length, 'x');
      const lines = Array.from({ length: count }, (): Line => ({ cmd: ['SET', 'key', value] }));
      let settled = false;
      await redis.call('CLIENT', 'PAUSE', '600000', 'WRITE');
      const replayed = runLines([...lines, { cmd: ['NEVER'] }]).finally(() => {
        settled = true;
      });
      const refused = expect(replayed).rejects.toThrow(`line ${count + 1}`);
      await sleep(500);
      expect(settled).toBe(false);
      await redis.call('CLIENT', 'UNPAUSE');
      await refused;
    });

    it.skipIf(!hasRedisServer())('when it is aborted while Redis does not answer', async () => {
      const abort = new AbortController();
      await redis.call('CLIENT', 'PAUSE', '600000', 'WRITE');
      const replayed = runLines([{ cmd: ['SET', 'key', 'x'] }], { signal: abort.signal });
      const stopped = expect(replayed).rejects.toThrow('abort');
      await sleep(50);
      abort.abort();
      await stopped;
      await redis.call('CLIENT', 'UNPAUSE');
    });

    it('before the first command when it is aborted already', async () => {
      await expect(runLines(endless, { signal: AbortSignal.abort() })).rejects.toThrow('abort');
      expect(await redis.dbsize()).toBe(0);
    });

    it.skipIf(!hasRedisServer())('when the connection is lost, and sends nothing twice', async () => {
      const lines = Array.from({ length: 400 }, (_, i): Line => ({
        t: i / 1000,
        cmd: ['RPUSH', 'list', String(i)],
      }));
      const replayed = runLines(lines, { speed: 1 });
      const lost = expect(replayed).rejects.toMatchObject({
        tag: 'unreachable',
        message: expect.stringMatching(/line \d+ of .*RPUSH list.*begin again with an empty db/) as string,
      });
      while ((await redis.llen('list')) < 10) await sleep(5);
      await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await lost;
      const list = await redis.lrange('list', 0, -1);
      expect(list.length).toBeLessThan(400);
      expect(list).toEqual(list.map((_, i) => String(i)));
    });

    it('and leaves no connection behind, whether it ends well or not', async () => {
      const marked = redis.duplicate({ connectionName: 'replayed' });
      const connections = async () =>
        String(await redis.call('CLIENT', 'LIST')).split('name=replayed').length - 1;
      await marked.ping();
      await runLines([{ cmd: ['SET', 'key', 'x'] }], { redis: marked });
      await expect(runLines([{ cmd: ['FLUSH'] }], { redis: marked, append: true })).rejects.toThrow();
      await expect.poll(connections).toBe(1);
      marked.disconnect();
    });

    it('when there is no Redis', async () => {
      const nowhere = new Redis({ path: path.join(folder, 'socket'), lazyConnect: true });
      await expect(runLines(endless, { redis: nowhere })).rejects.toMatchObject({
        tag: 'unreachable',
        message: expect.stringMatching(/ENOENT/) as string,
      });
    });
  });

  it('can run several times at once, even from one client and of the same parents', async () => {
    const names = ['loopscan', 'ascan', 'mca', 'amesh'];
    await Promise.all(names.map((name) => run(recordingFolder(name), { append: true })));
    for (const name of names) {
      for (const [key, { added, lastId: id }] of expectedKeys(recordingFolder(name)).streams) {
        if (id !== undefined) expect(await redis.xlen(key)).toBe(added);
        else expect(await redis.exists(key)).toBe(1);
      }
    }
  });
});

describe.skipIf(!hasRedisServer())('replay into a server that says no', () => {
  let server: TestRedis;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'replay-'));
    server = await startRedis({ config: ['--maxmemory', '3mb', '--maxmemory-policy', 'noeviction'] });
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it('says that the memory is full', async () => {
    const redis = new Redis(`${server.url}/1`, { protocol: 2 });
    const lines = Array.from({ length: 100 }, () => ({ cmd: ['RPUSH', 'list', Buffer.alloc(100_000)] }));
    const recording = await writeRecording(folder, lines);
    await expect(replay({ recording, redis, speed: 0, append: false })).rejects.toMatchObject({
      tag: 'refused',
      message: expect.stringMatching(/line \d+ of .*OOM.*maxmemory/) as string,
    });
    await redis.flushdb();
    redis.disconnect();
  });

  it('says that the user may not write', async () => {
    const admin = new Redis(server.url, { protocol: 2 });
    await admin.acl('SETUSER', 'reader', 'on', '>secret', '~*', '+@read', '+@connection', '+info');
    const redis = new Redis(`redis://reader:secret@127.0.0.1:${server.port}/1`, { protocol: 2 });
    const wrong = new Redis(`redis://reader:wrong@127.0.0.1:${server.port}/1`, { lazyConnect: true });
    const recording = recordingFolder('ct');
    await expect(replay({ recording, redis, speed: 0, append: false })).rejects.toMatchObject({
      tag: 'refused',
      message: expect.stringMatching(/line \d of .*NOPERM.*may write/) as string,
    });
    await expect(replay({ recording, redis: wrong, speed: 0, append: false })).rejects.toMatchObject({
      tag: 'refused',
      message: expect.not.stringMatching(/secret|:wrong/) as string,
    });
    redis.disconnect();
    admin.disconnect();
  });
});
