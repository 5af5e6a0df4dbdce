import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, gunzipSync } from 'node:zlib';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { record, replay, type RecordResult } from '../../src/recording/index.js';
import { SessionRecorder } from '../../src/recording/record/sessionRecorder.js';
import { RecordingFolder } from '../../src/recording/record/recordingFolder.js';
import { RedisConnection } from '../../src/subscriber/index.js';
import { follow } from '../subscriber/classic/following.js';
import { part, pickle } from '../subscriber/classic/pickles.js';
import { Publisher, STATE, type HandMade } from '../subscriber/classic/publisher.js';
import { availableRecordings, recordingFolder, recordingMeta } from '../support/recordings.js';
import { contentOf, lifetimesOf } from '../support/redisContent.js';
import { hasRedisServer, startRedis, type TestRedis } from '../support/testRedis.js';

const SESSION = 'inhse_session';

describe.skipIf(!hasRedisServer())('record', () => {
  let [a, b] = [undefined, undefined] as unknown as [TestRedis, TestRedis];
  let [redisA, redisB] = [undefined, undefined] as unknown as [Redis, Redis];
  let connection: RedisConnection;
  let folder: string;
  let out: string;

  beforeAll(async () => {
    [a, b] = await Promise.all([startRedis(), startRedis()]);
    [redisA, redisB] = [new Redis(a.url, { protocol: 2 }), new Redis(b.url, { protocol: 2 })];
    connection = await RedisConnection.open(a.url, { reconnect: 'forever' });
  });
  afterAll(async () => {
    connection.close();
    redisA.disconnect();
    redisB.disconnect();
    await Promise.all([a.stop(), b.stop()]);
  });
  beforeEach(async () => {
    await redisA.flushdb();
    await redisB.flushdb();
    folder = await mkdtemp(path.join(tmpdir(), 'record-'));
    out = path.join(folder, 'out');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  /** Starts recording; `stop` has it end with all that Redis holds then. */
  function start(onWarning?: (message: string) => void): { stop(): Promise<RecordResult> } {
    const stopped = new AbortController();
    const told = onWarning === undefined ? {} : { onWarning };
    const recorded = record({ connection, session: SESSION, out, signal: stopped.signal, ...told });
    return {
      stop: () => {
        stopped.abort();
        return recorded;
      },
    };
  }
  const publish = (name: string, speed = 0) =>
    replay({ recording: recordingFolder(name), redis: redisA, speed, append: true });
  const replayOut = () => replay({ recording: out, redis: redisB, speed: 0, append: false });

  /** Private streams of readers are not the publisher's. */
  const isForeign = (key: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(key);
  const withoutForeign = <T>(content: Record<string, T>): Record<string, T> =>
    Object.fromEntries(Object.entries(content).filter(([key]) => !isForeign(key)));

  async function expectSame(): Promise<void> {
    expect(await contentOf(redisB)).toEqual(withoutForeign(await contentOf(redisA)));
    const expected = withoutForeign(await lifetimesOf(redisA));
    const found = await lifetimesOf(redisB);
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const [key, seconds] of Object.entries(expected)) {
      expect(Math.abs((found[key] ?? NaN) - seconds), key).toBeLessThan(60);
    }
  }

  async function eventsOfAll(redis: RedisConnection, scans: readonly string[]): Promise<unknown[]> {
    const events = [];
    for (const scan of scans) events.push(await follow(redis, scan));
    return events;
  }

  describe.each(availableRecordings())('%s', (name) => {
    const scans = recordingMeta(name).scans.map(({ db_name, state }) => `${db_name} ${state}`);

    it('is the same when it was recorded after the fact, also to who follows its scans', async () => {
      await publish(name);
      const { scans: seen } = await start().stop();
      expect(seen.map(({ db_name, state }) => `${db_name} ${state}`).sort()).toEqual(scans.toSorted());
      await replayOut();
      await expectSame();
      const other = await RedisConnection.open(b.url, { reconnect: 'briefly' });
      const ids = seen.map(({ db_name }) => db_name);
      expect(await eventsOfAll(other, ids)).toEqual(await eventsOfAll(connection, ids));
      other.close();
    });

    it('is the same when it was recorded while it was published', async () => {
      const recorded = start();
      await publish(name, 10);
      const { lost } = await recorded.stop();
      // That one comes so fast that some of it may be trimmed before anybody can read it.
      if (name !== 'trimmed_slow_reader') expect(lost).toEqual([]);
      await replayOut();
      await expectSame();
    });
  });

  describe('a scan that runs', () => {
    let scan: HandMade;
    const id = `${SESSION}:data:1_loopscan`;
    const info = `${id}_info`;

    beforeEach(async () => {
      scan = await new Publisher(redisA).scan(id);
    });

    /** Waits until the last line of the recording has the text: it is flushed once a second. */
    async function recordedUpTo(text: string): Promise<void> {
      await expect
        .poll(() => linesOf(out).some((line) => line.includes(text)), { timeout: 20_000 })
        .toBe(true);
    }

    it('has each value of a hash that was seen, and fields that are gone', async () => {
      const recorded = start();
      await recordedUpTo(`"${id}"`);
      await redisA.hset(info, { comments: 'one', sleep_time: '1' });
      await recordedUpTo('"one"');
      await redisA.multi().hset(info, 'comments', 'two').hdel(info, 'sleep_time').exec();
      await recordedUpTo('"two"');
      await recorded.stop();
      const own = commandsOf(out).filter(([, key, field]) => key === info && field !== 'start_timestamp');
      expect(own).toEqual([
        ['HSET', info, 'comments', 'one', 'sleep_time', '1'],
        ['HSET', info, 'comments', 'two'],
        ['HDEL', info, 'sleep_time'],
      ]);
      await replayOut();
      await expectSame();
    });

    it.each(['live', 'after the fact'])(
      'has its final state after END, its info with it: %s',
      async (when) => {
        const recorded = when === 'live' ? start() : undefined;
        await scan.manyEvents('c1', 0, 5000);
        if (recorded !== undefined) await recordedUpTo('"5000-0"');
        await redisA
          .multi()
          .hset(info, 'end_time', 'late')
          .xadd(`${id}_end`, '*', '__EVENT__', 'END_SCAN')
          .exec();
        await scan.state(STATE.done);
        await (recorded ?? start()).stop();

        const commands = commandsOf(out);
        const position = (what: (command: readonly string[]) => boolean): number =>
          commands.findLastIndex((command) => what(command));
        const end = position(([name, key]) => name === 'XADD' && key === `${id}_end`);
        const final = pickle(part.state(STATE.done)).toString('base64');
        expect(position(([, key, ...rest]) => key === info && rest.includes(final))).toBeGreaterThan(end);
        expect(commands.filter(([, key, ...rest]) => key === info && rest.includes(final))).toHaveLength(1);
        const endTime = position(([, key, ...rest]) => key === info && rest.includes('end_time'));
        expect(endTime).toBeLessThan(end);
        expect(position(([, key]) => key === scan.data('c1'))).toBeLessThan(end);
        // Seen together; without a change since it was found there is nothing else.
        if (when === 'live') expect(commands[end + 1]).toEqual(['EXEC']);
      },
    );

    it('has its final state after END also when END comes between two reads', async () => {
      const made = await RecordingFolder.create(out);
      const reader = connection.openReader();
      let between: (() => Promise<void>) | undefined;
      const attempt = async <T>(read: () => Promise<T>): Promise<T> => {
        const result = await read();
        const publishNow = between;
        between = undefined;
        await publishNow?.();
        return result;
      };
      const redis = { commands: connection.commands, reader, attempt };
      const recorder = new SessionRecorder(SESSION, redis, made, () => undefined);
      // Until nothing is left to be found, and hashes are due to be looked at again.
      while (recorder.scans.length === 0) await recorder.step();
      for (let i = 0; i < 4; i++) await recorder.step();
      await sleep(1500);
      between = () => scan.end();
      await recorder.step();
      await recorder.finish(10_000);
      await made.finish({});
      reader.disconnect();
      const commands = commandsOf(out);
      const final = pickle(part.state(STATE.done)).toString('base64');
      const end = commands.findLastIndex(([name, key]) => name === 'XADD' && key === `${id}_end`);
      expect(commands.findIndex((command) => command.includes(final))).toBeGreaterThan(end);
      expect(end).toBeGreaterThan(0);
    });

    it('has the elements of lists in their order, on whichever side they came', async () => {
      const camera = scan.channel('image');
      await scan.publisher.node(camera, 'lima', 'camera:image');
      await redisA.rpush(`${camera}_data_ref`, 'b', 'c');
      await scan.publisher.announce(camera);
      const recorded = start();
      await recordedUpTo('"RPUSH"');
      await redisA.lpush(`${camera}_data_ref`, 'a', '0');
      await recordedUpTo('"LPUSH"');
      await redisA.rpush(`${camera}_data_ref`, 'd');
      await recorded.stop();
      await replayOut();
      expect(await redisB.lrange(`${camera}_data_ref`, 0, -1)).toEqual(['0', 'a', 'b', 'c', 'd']);
    });

    it('has what is left of a trimmed stream, and says what was lost', async () => {
      await scan.manyEvents('c1', 0, 100);
      await scan.manyEvents('c2', 0, 100);
      await redisA.xtrim(scan.data('c1'), 'MAXLEN', 60);
      await redisA.xtrim(scan.data('c2'), 'MAXLEN', 0);
      const { lost } = await start().stop();
      expect(lost).toEqual([
        { key: scan.data('c1'), first: 1, count: 40 },
        { key: scan.data('c2'), first: 1, count: 100 },
      ]);
      expect(JSON.parse(readFileSync(path.join(out, 'meta.json'), 'utf8'))).toMatchObject({ lost });
      await replayOut();
      await expectSame();
      expect(await redisB.xlen(scan.data('c1'))).toBe(60);
    });

    it('is trimmed in the replay as it was trimmed, without a loss', async () => {
      const recorded = start();
      await scan.manyEvents('c1', 0, 100);
      await recordedUpTo('"100-0"');
      await redisA.xtrim(scan.data('c1'), 'MAXLEN', 60);
      await recordedUpTo('"XTRIM"');
      await scan.manyEvents('c1', 100, 50);
      const { lost } = await recorded.stop();
      expect(lost).toEqual([]);
      expect(
        commandsOf(out).filter(([, key, first]) => key === scan.data('c1') && first?.endsWith('-0')),
      ).toHaveLength(150);
      await replayOut();
      await expectSame();
      expect(await redisB.xlen(scan.data('c1'))).toBe(110);
    });

    it('names keys of others in vain', async () => {
      await redisA.set('secret', 'x');
      await redisA.hset('other:data', 'version', 'v1.1');
      for (const name of ['other:data', 'secret', SESSION, `${SESSION}:data:gone`, '']) {
        await scan.publisher.announce(name, `${SESSION}:data`);
      }
      await scan.end();
      await start().stop();
      await replayOut();
      expect(await redisB.exists('secret', 'other:data')).toBe(0);
      expect(await redisB.xlen(`${SESSION}:data_children_list`)).toBe(6);
    });

    it('is not mixed with another one that has taken its name', async () => {
      await scan.manyEvents('c1', 0, 10);
      await scan.end();
      const warnings: string[] = [];
      const recorded = start((message) => warnings.push(message));
      await recordedUpTo(`${id}_end`);
      await scan.publisher.info(id, { start_timestamp: part.float(2000) });
      await scan.publisher.announce(id);
      await recorded.stop();
      expect(warnings).toEqual([expect.stringContaining(`${id} was recorded, and is another scan now`)]);
    });
  });

  it('only reads, as a user who may do no more', async () => {
    await redisA.call('ACL', 'SETUSER', 'reader', 'on', '>pw', '+@read', '+@connection', '~*');
    await redisA.call('ACL', 'LOG', 'RESET');
    await publish('lima_hdf5_multi');
    const own = await RedisConnection.open(a.url.replace('//', '//reader:pw@'), { reconnect: 'briefly' });
    await record({ connection: own, session: SESSION, out, signal: AbortSignal.timeout(1500) });
    own.close();
    expect(await redisA.call('ACL', 'LOG')).toEqual([]);
    await replayOut();
    await expectSame();
  });

  it('refuses a folder with something in it, and takes an empty one', async () => {
    await mkdir(out);
    await start().stop();
    await expect(start().stop()).rejects.toMatchObject({
      tag: 'usage',
      message: expect.stringMatching(/out exists already: name a folder/) as string,
    });
  });

  it('holds no more in memory than the disk is behind', async () => {
    const made = await RecordingFolder.create(out);
    const value = randomBytes(2 ** 20);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (let i = 0; i < 64; i++) {
      await made.write([{ cmd: ['SET', 'key', value] }]);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    await made.finish({});
    expect(most).toBeLessThan(32 * 2 ** 20);
  });
});

function linesOf(recording: string): string[] {
  const file = path.join(recording, 'commands.jsonl.gz');
  if (!existsSync(file)) return [];
  return gunzipSync(readFileSync(file), { finishFlush: constants.Z_SYNC_FLUSH })
    .toString()
    .trimEnd()
    .split('\n');
}

function commandsOf(recording: string): string[][] {
  return linesOf(recording).map((line) => {
    const { cmd } = JSON.parse(line) as { cmd: (string | { b64: string })[] };
    return cmd.map((argument) => (typeof argument === 'string' ? argument : argument.b64));
  });
}
