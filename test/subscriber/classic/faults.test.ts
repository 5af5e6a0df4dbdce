import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect } from 'vitest';
import type { ScanEvent } from '../../../src/scan/index.js';
import { followScan, type RedisConnection } from '../../../src/subscriber/index.js';
import { Announcements } from '../../../src/subscriber/classic/announcements.js';
import { scratchDirectory } from '../../support/scratch.js';
import { hasRedisServer } from '../../support/testRedis.js';
import { eventOf, follow, gapsOf, NEVER, numbersOf, receivedOf, upTo } from './following.js';
import { freeze, it, thaw } from './laboratory.js';
import { cuttingProxy } from './proxy.js';

const SCAN = 'eh1:data:1_loopscan';

function expectComplete(events: readonly ScanEvent[], points: number): void {
  receivedOf(events);
  expect(gapsOf(events)).toEqual([]);
  expect(numbersOf(events, 'timer:c1')).toEqual(upTo(points));
  expect(eventOf(events, 'scanEnded').reason).toBe('SUCCESS');
}

/** Faults take their time: the tests wait beside each other. */
describe.skipIf(!hasRedisServer()).concurrent('a scan is followed without a point lost or twice', () => {
  it('when Redis is killed and comes back with its data', async ({ lab }) => {
    const config = ['--appendonly', 'yes', '--appendfsync', 'always', '--dir', await scratchDirectory()];
    const server = await lab.server({ config });
    const publisher = lab.publisher(server);
    const states: string[] = [];
    const connection = await lab.connect(server.url, { onStateChange: (state) => states.push(state) });
    const scan = await publisher.scan(SCAN);
    const followed = follow(connection, SCAN, { wait: true });
    await scan.manyEvents('c1', 0, 300);
    process.kill(server.pid ?? 0, 'SIGKILL');
    await sleep(1500);
    const again = await lab.server({ config, port: server.port });
    const next = lab.publisher(again);
    await scan.publisher.redis.ping();
    await next.redis.ping();
    await scan.manyEvents('c1', 300, 300);
    await scan.end();
    expectComplete(await followed, 600);
    expect(states.length).toBeGreaterThan(1);
    expect(new Set(states.filter((_, index) => index % 2 === 0))).toEqual(new Set(['lost']));
    expect(new Set(states.filter((_, index) => index % 2 === 1))).toEqual(new Set(['connected']));
    expect(states.at(-1)).toBe('connected');
    const told = states.length;
    connection.close();
    await sleep(100);
    expect(states.slice(told)).toEqual([]);
  });

  it('when its connections are killed again and again', async ({ lab }) => {
    const server = await lab.server();
    const publisher = lab.publisher(server);
    const states: string[] = [];
    const onStateChange = (state: string, why: string) => states.push(`${state}: ${why}`);
    const connection = await lab.connect(server.url, { onStateChange });
    const scan = await publisher.scan(SCAN);
    const followed = follow(connection, SCAN, { wait: true });
    for (let round = 0; round < 15; round++) {
      await scan.manyEvents('c1', round * 100, 100);
      await publisher.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await sleep(100);
    }
    await scan.end();
    expectComplete(await followed, 1500);
    expect(states.some((state) => /^lost: \S/.test(state))).toBe(true);
    await sleep(600);
    expect(states.at(-1)).toBe('connected: ');
  });

  it('when its connections are cut anywhere in an answer', async ({ lab }) => {
    const server = await lab.server();
    const publisher = lab.publisher(server);
    const scan = await publisher.scan(SCAN, { channels: upTo(40).map((index) => `timer:c${index}`) });
    await scan.manyEvents('c1', 0, 1000);
    await scan.end();
    const budgets = [9000, 9000, ...upTo(60).map((index) => 150 + index * 211)];
    const proxy = await cuttingProxy(server.port, budgets);
    lab.finally(() => {
      proxy.close();
    });
    const connection = await lab.connect(proxy.url);
    for (const wait of [true, false]) {
      const events = await follow(connection, SCAN, { wait });
      expectComplete(events, 1000);
      expect(receivedOf(events).size).toBe(40);
    }
    expect(proxy.cuts).toBeGreaterThan(3);
  });

  it.for([3000, 6000])('when Redis stands still for %i ms', async (duration, { lab }) => {
    const server = await lab.server();
    const publisher = lab.publisher(server);
    const connection = await lab.connect(server.url);
    const scan = await publisher.scan(SCAN);
    const followed = follow(connection, SCAN, { wait: true });
    await scan.manyEvents('c1', 0, 300);
    freeze(server);
    await sleep(duration);
    thaw(server);
    await scan.manyEvents('c1', 300, 300);
    await scan.end();
    expectComplete(await followed, 600);
  });

  it('when Redis stands still while what is there is read without waiting', async ({ lab }) => {
    const server = await lab.server();
    const publisher = lab.publisher(server);
    const connection = await lab.connect(server.url);
    const scan = await publisher.scan(SCAN);
    await scan.manyEvents('c1', 0, 3000);
    await scan.end();
    const events: ScanEvent[] = [];

    let isFrozen = false;
    for await (const event of followScan(connection, SCAN, { wait: false, signal: NEVER })) {
      events.push(event);
      if (isFrozen || event.type !== 'chunk') continue;
      isFrozen = true;
      freeze(server);
      setTimeout(() => {
        thaw(server);
      }, 2500);
    }
    expectComplete(events, 3000);
  });

  it('when Redis is still loading its data', async ({ lab }) => {
    // Slow enough to be asked meanwhile.
    const slow = ['--key-load-delay', '3000', '--loading-process-events-interval-bytes', '1024'];
    const server = await lab.server({ config: ['--enable-debug-command', 'yes', ...slow] });
    const publisher = lab.publisher(server);
    const states: string[] = [];
    const onStateChange = (state: string, why: string) => states.push(`${state} ${why}`);
    const connection = await lab.connect(server.url, { onStateChange });
    const scan = await publisher.scan(SCAN);
    await scan.manyEvents('c1', 0, 300);
    await scan.end();
    for (let index = 0; index < 400; index++) await publisher.redis.set(`pad${index}`, 'x'.repeat(100));
    const reloaded = publisher.redis.call('DEBUG', 'RELOAD');
    await sleep(200);
    expectComplete(await follow(connection, SCAN), 300);
    await reloaded;
    expect(states).toContainEqual(expect.stringMatching(/^lost LOADING/));
    expect(states.at(-1)).toBe('connected ');
  });

  it('when a read fails after the announcements were read', async ({ lab }) => {
    const server = await lab.server();
    const publisher = lab.publisher(server);
    await publisher.scan(SCAN);
    const key = `${SCAN}:timer_children_list`;
    const broken = new Redis(server.url, { lazyConnect: true });
    broken.disconnect();
    const announcements = new Announcements(SCAN);
    const top = {
      key: `${SCAN}_children_list`,
      entries: await entriesOf(publisher.redis, `${SCAN}_children_list`),
    };
    const timer = { key, entries: await entriesOf(publisher.redis, key) };
    for (const reply of [[top], [timer]]) {
      await expect(announcements.read(reply, broken, new Map())).rejects.toThrow('closed');
      const found = await announcements.read(reply, publisher.redis, new Map());
      expect(found.length).toBeGreaterThan(0);
    }
  });
});

describe.skipIf(!hasRedisServer()).concurrent('a scan without a final state', () => {
  it('is taken for failed 10 s after END', async ({ lab }) => {
    const server = await lab.server();
    const scan = await lab.publisher(server).scan(SCAN);
    await scan.endOnly();
    const begin = performance.now();
    const events = await follow(await lab.connect(server.url), SCAN, { wait: true });
    expect(eventOf(events, 'scanEnded')).toMatchObject({ state: 'RUNNING', reason: 'FAILURE' });
    expect(performance.now() - begin).toBeGreaterThan(9_500);
  });
});

async function entriesOf(redis: Redis, key: string) {
  const entries = await redis.xrangeBuffer(key, '-', '+');
  return entries.map(([id, fields]) => ({ id: id.toString(), fields }));
}

describe.skipIf(!hasRedisServer()).concurrent('a Redis that does not come back', () => {
  it.for([true, false])(
    'is unreachable before long to who connects briefly (wait: %s)',
    async (wait, { lab }) => {
      const server = await lab.server();
      const scan = await lab.publisher(server).scan(SCAN);
      await scan.points('c1', 0, 5);
      const connection = await lab.connect(server.url, { reconnect: 'briefly' });
      const following = followWith(connection, wait, () => {
        process.kill(server.pid ?? 0, 'SIGKILL');
      });
      await expect(following).rejects.toMatchObject({ tag: 'unreachable', retryable: true });
    },
  );

  it.for([true, false])('stands still and is unreachable as well (wait: %s)', async (wait, { lab }) => {
    const server = await lab.server();
    const scan = await lab.publisher(server).scan(SCAN);
    await scan.points('c1', 0, 5);
    const connection = await lab.connect(server.url, { reconnect: 'briefly' });
    const following = followWith(connection, wait, () => {
      freeze(server);
    });
    await expect(following).rejects.toMatchObject({ tag: 'unreachable' });
  });

  it('ends what is followed when its connection is closed', async ({ lab }) => {
    const server = await lab.server();
    await lab.publisher(server).scan(SCAN);
    const connection = await lab.connect(server.url);
    const following = follow(connection, SCAN, { wait: true });
    following.catch(() => undefined);
    await sleep(300);
    connection.close();
    await expect(following).rejects.toMatchObject({ tag: 'unreachable' });
  });

  it('is waited for when it takes rights away, with the reason', async ({ lab }) => {
    const server = await lab.server();
    const publisher = lab.publisher(server);
    await publisher.redis.call('ACL', 'SETUSER', 'reader', 'on', '>pw', '+@read', '+@connection', '~*');
    const scan = await publisher.scan(SCAN);
    const states: string[] = [];
    const connection = await lab.connect(server.url.replace('//', '//reader:pw@'), {
      onStateChange: (state, why) => states.push(`${state}: ${why}`),
    });
    const following = follow(connection, SCAN, { wait: true });
    await sleep(300);
    await publisher.redis.call('ACL', 'SETUSER', 'reader', '-xread');
    while (!states.some((state) => /^lost: NOPERM/.test(state))) await sleep(50);
    await publisher.redis.call('ACL', 'SETUSER', 'reader', '+xread');
    await scan.end();
    expect((await following).at(-1)?.type).toBe('scanEnded');
    expect(states.at(-1)).toBe('connected: ');
  });

  async function followWith(connection: RedisConnection, wait: boolean, fault: () => void): Promise<void> {
    let isBroken = false;
    for await (const event of followScan(connection, SCAN, { wait, signal: NEVER })) {
      if (isBroken || event.type !== 'chunk') continue;
      isBroken = true;
      fault();
    }
  }
});
