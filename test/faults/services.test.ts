import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasReaders } from '../support/python.js';
import { flush } from '../support/replaying.js';
import { hasRedisServer, startRedis, type TestRedis } from '../support/testRedis.js';
import { Beamline, NOTHING_WRONG, wrongIn, type MadeScan, type Writer } from './beamline.js';
import { compileShim, hasCompiler, shimEnv } from './shim.js';
import { report, SIZE } from './size.js';

const SCANS: readonly MadeScan[] = [1, 2, 3, 4].map((number) => ({
  number,
  points: 150,
  rate: 50,
  channels: 10,
  delay: 0.5 * number,
}));
const SERVICES = SIZE.isLong ? 10 : 5;
const HOUR = 3600;
/** A busy machine may have published all before a service looks. */
const SINCE = ['--since', '2020-01-01'];

describe.skipIf(!hasRedisServer() || !hasReaders())('services that are not as they should be', () => {
  let redis: TestRedis;
  let beamline: Beamline;

  beforeAll(async () => {
    redis = await startRedis();
  });
  beforeEach(async () => {
    await flush(`${redis.url}/1`);
    beamline = new Beamline(`${redis.url}/1`);
  });
  afterEach(() => {
    beamline.clear();
  });
  afterAll(() => redis.stop());

  const judge = async (fault: string): Promise<void> => {
    const verdict = await beamline.judge();
    report(fault, verdict);
    expect(wrongIn(verdict), beamline.log()).toEqual(NOTHING_WRONG);
  };
  const anyHasSaid = async (writers: readonly Writer[], text: RegExp): Promise<void> => {
    await Promise.any(writers.map((writer) => writer.waitFor(text)));
  };

  it.skipIf(!hasCompiler)(
    'one that looks while another is in the midst of a write',
    { timeout: 240_000 },
    async () => {
      const library = compileShim(beamline.scratch) ?? '';
      const fault = {
        mode: 'stall',
        op: 'write',
        path: '*data_scan000?.h5',
        count: 1e6,
        milliseconds: 10,
      } as const;
      const first = beamline.start({ env: shimEnv(library, beamline.directory, { fault }) });
      await first.waitFor(/following/);
      const published = beamline.publish(SCANS);
      const others = [1, 2, 3, 4, 5].map((n) =>
        beamline.start({ state: `${beamline.state}${n}`, options: SINCE }),
      );
      await published;
      await Promise.all([first, ...others].map((writer) => beamline.allDone(writer, 120)));
      await Promise.all([first, ...others].map((writer) => writer.end('SIGTERM')));
      await judge('services that look');
    },
  );

  it.each([
    ['one memory', (): string => beamline.state],
    ['a memory each', (n: number): string => `${beamline.state}${n}`],
  ])(`${SERVICES} at once on one session, with %s`, { timeout: 240_000 }, async (name, stateOf) => {
    const published = beamline.publish(SCANS);
    const writers = Array.from({ length: SERVICES }, (_, n) =>
      beamline.start({ state: stateOf(n), options: SINCE }),
    );
    await Promise.all(writers.map((writer) => writer.waitFor(/following/)));
    await published;
    for (const { number } of SCANS) await anyHasSaid(writers, new RegExp(`:${number}_timescan SUCCEEDED`));
    expect(await Promise.all(writers.map((writer) => writer.end('SIGTERM')))).toEqual(writers.map(() => 0));
    await beamline.finish({ state: stateOf(0), options: SINCE });
    await judge(`${SERVICES} services, ${name}`);
  });

  const faketime = readdirSync('/usr/lib')
    .map((folder) => `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`)
    .find((library) => existsSync(library));
  const mayBeSkipped = faketime === undefined && !process.env['CI'];

  it.skipIf(mayBeSkipped).each([HOUR, -HOUR])(
    'a clock that jumps by %i s',
    { timeout: 240_000 },
    async (seconds) => {
      if (faketime === undefined) throw new Error('There is no libfaketime: scripts/install-test-tools.sh');
      const clock = path.join(beamline.scratch, 'clock');
      writeFileSync(clock, '+0');
      const env = {
        LD_PRELOAD: faketime,
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      };
      const writer = beamline.start({ env });
      await writer.waitFor(/following/);
      const published = beamline.publish(SCANS);
      await sleep(2000);
      writeFileSync(clock, seconds > 0 ? `+${seconds}` : String(seconds));
      await published;
      await beamline.allDone(writer);
      const times = [...writer.said().matchAll(/"time":"([^"]+)"/g)].map(([, time = '']) => Date.parse(time));
      // The fault was there.
      expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan((HOUR - 100) * 1000);
      await writer.end('SIGTERM');
      await judge('clock jumps');
    },
  );
});
