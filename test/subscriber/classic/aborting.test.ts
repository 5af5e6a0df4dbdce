import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { describe, expect, vi } from 'vitest';
import { followScan, watchScans, type RedisConnection } from '../../../src/subscriber/index.js';
import { hasRedisServer, type TestRedis } from '../../support/testRedis.js';
import { follow, NEVER } from './following.js';
import { freeze, it } from './laboratory.js';
import { STATE } from './publisher.js';

const SCAN = 'eh1:data:1_loopscan';

describe.skipIf(!hasRedisServer())('aborting', () => {
  /** Far more than it takes, far less than any time limit of the connection. */
  const AT_ONCE = 1000;

  const uses: [string, (connection: RedisConnection, signal: AbortSignal) => Promise<unknown>][] = [
    ['followScan', (connection, signal) => follow(connection, SCAN, { wait: true, signal })],
    [
      'watchScans',
      async (connection, signal) => {
        const found = [];
        for await (const scan of watchScans(connection, 'eh1', { wait: true, signal })) found.push(scan);
      },
    ],
  ];
  const faults: [string, (server: TestRedis) => void][] = [
    ['it waits for news', () => undefined],
    ['Redis stands still', freeze],
    [
      'Redis is gone',
      (server) => {
        process.kill(server.pid ?? 0, 'SIGKILL');
      },
    ],
  ];

  describe.each(uses)('%s', (_, use) => {
    it.for(faults)('ends it at once while %s, and leaves no socket behind', async ([, fault], { lab }) => {
      const server = await lab.server();
      const publisher = lab.publisher(server);
      const scan = await publisher.scan(SCAN);
      await scan.points('c1', 0, 3);
      await scan.state(STATE.running);
      const before = openSockets();
      const connection = await lab.connect(server.url);
      const stop = new AbortController();
      const used = use(connection, stop.signal);
      await sleep(300);
      fault(server);
      await sleep(200);
      const begin = performance.now();
      stop.abort();
      await used;
      expect(performance.now() - begin).toBeLessThan(AT_ONCE);
      connection.close();
      await vi.waitFor(
        () => {
          expect(openSockets()).toBeLessThanOrEqual(before);
        },
        { timeout: 3000 },
      );
    });

    it('before it began gives nothing', async ({ lab }) => {
      const server = await lab.server();
      const connection = await lab.connect(server.url);
      await use(connection, AbortSignal.abort());
    });
  });

  it('ends the wait for the final state', async ({ lab }) => {
    const server = await lab.server();
    const scan = await lab.publisher(server).scan(SCAN);
    await scan.endOnly();
    const connection = await lab.connect(server.url);
    const events = await follow(connection, SCAN, { wait: true, signal: AbortSignal.timeout(500) });
    const types = events.map(({ type }) => type);
    expect(types).not.toContain('scanEnded');
    expect(types).not.toContain('gap');
  });

  it('leaves no socket behind when nobody wants more events', async ({ lab }) => {
    const server = await lab.server();
    const publisher = lab.publisher(server);
    await publisher.scan(SCAN);
    const connection = await lab.connect(server.url);

    const before = await clients(publisher.redis);
    for await (const event of followScan(connection, SCAN, { wait: true, signal: NEVER })) {
      if (event.type === 'scanPrepared') break;
    }
    await vi.waitFor(async () => {
      expect(await clients(publisher.redis)).toBe(before);
    });
  });

  function openSockets(): number {
    return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  }

  async function clients(redis: Redis): Promise<number> {
    return String(await redis.call('CLIENT', 'LIST'))
      .trim()
      .split('\n').length;
  }
});
