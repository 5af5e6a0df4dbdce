import { Redis } from 'ioredis';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withRedis } from '../support/publish.js';
import { hasReaders } from '../support/python.js';
import { hasRedisServer, startRedis, type TestRedis } from '../support/testRedis.js';
import { Beamline, NOTHING_WRONG, wrongIn, type MadeScan } from './beamline.js';
import { randomOf, report, SIZE } from './size.js';

/** 4 s. */
const SCANS: readonly MadeScan[] = [
  { number: 1, points: 200, rate: 50, channels: 20 },
  { number: 2, points: 200, rate: 50, channels: 2, spectra: 2 },
];
const MILLISECONDS = 4000;
/** What a Redis has at most for a port that is not free yet after it was killed. */
const TRIES = 50;

describe.skipIf(!hasRedisServer() || !hasReaders())(`a Redis that fails (seed ${SIZE.seed})`, () => {
  const random = randomOf(SIZE.seed + 10);
  let redis: TestRedis;
  let beamline: Beamline;
  let appendOnly: string;

  beforeEach(async () => {
    appendOnly = mkdtempSync(path.join(tmpdir(), 'scan-writer-aof-'));
    redis = await startRedis({ config: kept() });
    beamline = new Beamline(`${redis.url}/1`);
  });
  afterEach(async () => {
    beamline.clear();
    await redis.stop();
    rmSync(appendOnly, { recursive: true, force: true });
  });
  const kept = (): string[] => ['--appendonly', 'yes', '--appendfsync', 'always', '--dir', appendOnly];

  /** Publishes while something happens to Redis, and holds what one writer wrote meanwhile against it. */
  const during = async (fault: string, happen: () => Promise<void>): Promise<void> => {
    const writer = beamline.start();
    await writer.waitFor(/following/);
    const published = beamline.publish(SCANS);
    await happen();
    await published;
    await beamline.allDone(writer, 120);
    expect(await writer.end('SIGTERM')).toBe(0);
    const verdict = await beamline.judge();
    report(fault, verdict);
    expect(wrongIn(verdict), writer.said()).toEqual(NOTHING_WRONG);
  };
  const someTime = (): Promise<void> => sleep(500 + random() * (MILLISECONDS - 1000));

  const killed = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n++) {
      await someTime();
      process.kill(redis.pid ?? 0, 'SIGKILL');
      await sleep(300 + random() * 1000);
      redis = await again(redis.port);
    }
  };
  const again = async (port: number): Promise<TestRedis> => {
    for (let n = 0; ; n++) {
      try {
        return await startRedis({ config: kept(), port });
      } catch (error) {
        if (n === TRIES) throw error;
        await sleep(100);
      }
    }
  };

  it('that is killed and comes back with all it had', { timeout: 180_000 }, async () => {
    await during('Redis killed', () => killed(SIZE.isLong ? 5 : 1));
  });

  it.each(SIZE.isLong ? [3, 6, 20] : [6])('that halts for %i s', { timeout: 180_000 }, async (seconds) => {
    await during(`Redis halted ${seconds} s`, async () => {
      await someTime();
      const { pid = 0 } = redis;
      process.kill(pid, 'SIGSTOP');
      await sleep(seconds * 1000);
      process.kill(pid, 'SIGCONT');
    });
  });

  it('that closes all connections, five times', { timeout: 180_000 }, async () => {
    await during('connections closed', async () => {
      await withRedis(redis.url, async (client) => {
        for (let n = 0; n < 5; n++) {
          await sleep(300 + random() * 500);
          await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        }
      });
    });
  });

  it('that refuses the password for a while', { timeout: 180_000 }, async () => {
    const admin = new Redis(redis.url, { protocol: 2 });
    try {
      await admin.acl('SETUSER', 'writer', 'on', '>right', '~*', '&*', '+@read', '+@connection');
      const url = new URL(beamline.url);
      [url.username, url.password] = ['writer', 'right'];
      beamline.readAs(url.toString());
      await during('password refused', async () => {
        await sleep(1000);
        await admin.acl('SETUSER', 'writer', 'resetpass', '>wrong');
        await admin.call('CLIENT', 'KILL', 'USER', 'writer');
        await sleep(SIZE.isLong ? 10_000 : 3000);
        await admin.acl('SETUSER', 'writer', 'resetpass', '>right');
      });
    } finally {
      admin.disconnect();
    }
  });
});
