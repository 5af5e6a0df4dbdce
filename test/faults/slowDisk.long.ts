import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasReaders } from '../support/python.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedisServer, startRedis, type TestRedis } from '../support/testRedis.js';
import { Beamline, NOTHING_WRONG, wrongIn, type MadeScan, type Writer } from './beamline.js';
import { compileShim, hasCompiler, shimEnv } from './shim.js';
import { report } from './size.js';

/** 6.5 MB/s. */
const SCAN = { number: 1, rate: 50, spectra: 8, length: 4096, block: 5 } as const;
const SLOW_BYTES_PER_SECOND = 1.3e6;
const CAUGHT_UP_SECONDS = 60;
const BUDGET_MEGABYTES = 64;
const MOST_BESIDES_MEGABYTES = 200;

/** Takes minutes: only by `npm run faults`. */
describe.runIf(hasCompiler && hasRedisServer() && hasReaders())('a disk that is too slow', () => {
  let redis: TestRedis;
  let beamline: Beamline;

  beforeEach(async () => {
    redis = await startRedis();
    beamline = new Beamline(`${redis.url}/1`);
  });
  afterEach(async () => {
    beamline.clear();
    await redis.stop();
  });

  /** Publishes for some time to a disk that is slow until the end, and says what memory the writer took. */
  const publishSlowly = async (
    seconds: number,
    scan: Partial<MadeScan>,
    options: readonly string[],
  ): Promise<{ writer: Writer; megabytes: number }> => {
    const slow = path.join(beamline.scratch, 'slow');
    writeFileSync(slow, '');
    const library = compileShim(await scratchDirectory()) ?? '';
    const env = shimEnv(library, beamline.directory, {
      fault: { mode: 'slow', rate: SLOW_BYTES_PER_SECOND, while: slow },
    });
    const writer = beamline.start({ env, options });
    await writer.waitFor(/following/);
    let megabytes = 0;
    const look = setInterval(() => {
      megabytes = Math.max(megabytes, residentMegabytes(writer.process.pid ?? 0));
    }, 200);
    await Promise.all([
      beamline.publish([{ ...SCAN, points: seconds * SCAN.rate, ...scan }]),
      sleep(seconds * 1000),
    ]);
    rmSync(slow);
    await beamline.allDone(writer, 300).finally(() => {
      clearInterval(look);
    });
    return { writer, megabytes };
  };

  it('for 30 s: nothing is lost, and it catches up', { timeout: 900_000 }, async () => {
    const begin = Date.now();
    const { writer } = await publishSlowly(30, {}, []);
    const seconds = (Date.now() - begin) / 1000 - 30;
    await writer.end('SIGTERM');
    const verdict = await beamline.judge();
    report('slow disk', verdict, `caught up ${seconds.toFixed(0)} s later`);
    expect(wrongIn(verdict), beamline.log()).toEqual(NOTHING_WRONG);
    expect(verdict.missing).toBe(0);
    expect(seconds).toBeLessThan(CAUGHT_UP_SECONDS);
  });

  it('for 120 s, with little memory: what is lost is named', { timeout: 900_000 }, async () => {
    // Redis keeps 10 s.
    const { writer, megabytes } = await publishSlowly(120, { maxlen: 100 }, [
      '--memory',
      `${BUDGET_MEGABYTES}M`,
    ]);
    await writer.end('SIGTERM');
    const verdict = await beamline.judge();
    report('slow disk, little memory', verdict, `${megabytes.toFixed(0)} MB at most`);
    expect(wrongIn(verdict), beamline.log()).toEqual(NOTHING_WRONG);
    expect(verdict.missing).toBeGreaterThan(0);
    expect(megabytes).toBeLessThan(BUDGET_MEGABYTES + MOST_BESIDES_MEGABYTES);
  });
});

function residentMegabytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return 0;
  }
}
