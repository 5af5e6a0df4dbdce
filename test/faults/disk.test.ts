import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canMount } from '../support/mounts.js';
import { hasReaders } from '../support/python.js';
import { flush } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedisServer, startRedis, type TestRedis } from '../support/testRedis.js';
import { Beamline, NOTHING_WRONG, wrongIn, type MadeScan } from './beamline.js';
import { compileShim, ERRNO, hasCompiler, shimEnv, type Fault } from './shim.js';
import { pick, randomOf, report, SIZE } from './size.js';

const SCANS: readonly MadeScan[] = [
  { number: 1, points: 100, rate: 50, channels: 20 },
  { number: 2, points: 100, rate: 50, channels: 2, spectra: 2 },
];

/** Debian’s package bindfs: serves a directory by FUSE. */
const BINDFS = '/usr/bin/bindfs';

const random = randomOf(SIZE.seed + 20);
const upTo = (most: number): number => 1 + Math.floor(random() * most);

interface Refusal {
  readonly op: string;
  readonly path: string;
  /** Calls in all, about. */
  readonly most: number;
}

/** Calls that fail for the files of scans. */
const OF_SCANS: readonly Refusal[] = [
  { op: 'write', path: '*data_scan0001.h5', most: 150 },
  { op: 'write', path: '*data_scan000?.h5*', most: 300 },
  { op: 'sync', path: '*data_scan*', most: 4 },
  { op: 'rename link', path: '*data_scan*', most: 4 },
  { op: 'open', path: '*data_scan*', most: 8 },
  { op: 'unlink', path: '*data_scan*', most: 6 },
];
/** And for any. */
const OF_ALL: readonly Refusal[] = [
  { op: 'write', path: '*', most: 400 },
  { op: 'sync', path: '*', most: 12 },
  { op: 'rename link', path: '*', most: 6 },
  { op: 'open', path: '*', most: 15 },
  { op: 'unlink', path: '*', most: 10 },
];
const [FULL, ...OTHERS] = ['ENOSPC', 'EIO', 'ESTALE', 'EDQUOT'] as const;

const failures = (): { what: string; fault: Fault }[] => {
  const refusals = SIZE.isLong ? [OF_SCANS, OF_SCANS, OF_ALL, OF_ALL].flat() : OF_SCANS.slice(0, 4);
  return refusals.map(({ op, path, most }, n) => {
    const name = n % 3 === 0 ? FULL : pick(random, OTHERS);
    const count = upTo(op === 'write' ? 20 : 4);
    const fault: Fault = { mode: 'error', op, path, from: upTo(most), count, errno: ERRNO[name] };
    return { what: `${name}, ${op}, ${path}, ${fault.from ?? 1}, ${count}`, fault };
  });
};

describe.skipIf(!hasRedisServer() || !hasReaders())(`a disk that fails (seed ${SIZE.seed})`, () => {
  let redis: TestRedis;
  let shim: string | undefined;
  let beamline: Beamline;

  beforeAll(async () => {
    redis = await startRedis();
    shim = compileShim(await scratchDirectory());
  });
  beforeEach(async () => {
    await flush(`${redis.url}/1`);
  });
  afterEach(() => {
    beamline.clear();
  });
  afterAll(() => redis.stop());

  const env = (fault: Fault, directory = beamline.directory): NodeJS.ProcessEnv =>
    shimEnv(shim ?? '', directory, { fault });
  const judge = async (fault: string): Promise<void> => {
    const verdict = await beamline.judge();
    report(fault, verdict);
    expect(wrongIn(verdict), beamline.log()).toEqual(NOTHING_WRONG);
  };

  it.runIf(canMount)('that is full for a while', { timeout: 180_000 }, async () => {
    const disk = await scratchDirectory();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', disk]);
    try {
      beamline = new Beamline(`${redis.url}/1`, path.join(disk, 'data'));
      const ballast = path.join(disk, 'ballast');
      // Room for the beginning of the files.
      writeFileSync(ballast, Buffer.alloc(8 * 2 ** 20 - 400 * 1024));
      const writer = beamline.start();
      await writer.waitFor(/following/);
      await beamline.publish(SCANS);
      await sleep(3000);
      rmSync(ballast);
      await beamline.allDone(writer, 120);
      await writer.end('SIGTERM');
      await judge('full disk');
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });

  it.skipIf(!hasCompiler).each(failures())('that refuses $what', { timeout: 180_000 }, async ({ fault }) => {
    beamline = new Beamline(`${redis.url}/1`);
    const writer = beamline.start({ env: env(fault) });
    await writer.waitFor(/following/);
    await beamline.publish(SCANS);
    // What has not come right by then has to after the next start.
    await beamline.allDone(writer, 20).catch(() => undefined);
    await writer.end('SIGTERM');
    await beamline.finish();
    await judge(`errors of ${fault.op ?? ''}`);
  });

  it.skipIf(!hasCompiler)('that stalls now and then', { timeout: 180_000 }, async () => {
    beamline = new Beamline(`${redis.url}/1`);
    const milliseconds = SIZE.isLong ? 10_000 : 1000;
    const fault: Fault = { mode: 'stall', op: 'write', from: upTo(200), count: 2, milliseconds };
    const writer = beamline.start({ env: env(fault) });
    await writer.waitFor(/following/);
    await beamline.publish(SCANS);
    await beamline.allDone(writer, 120);
    await writer.end('SIGTERM');
    await judge('stalls');
  });

  it.runIf(canMount && hasCompiler)('that hangs, while others do not', { timeout: 180_000 }, async () => {
    beamline = new Beamline(`${redis.url}/1`);
    const hanging = path.join(beamline.directory, 'hanging');
    const hangs = path.join(beamline.scratch, 'hangs');
    mkdirSync(hanging);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', hanging]);
    try {
      mkdirSync(hangs);
      const writer = beamline.start({ env: env({ mode: 'hang', while: hangs }, hanging) });
      await writer.waitFor(/following/);
      const stuck = beamline.publish(SCANS.map((scan) => ({ ...scan, folder: 'hanging' })));
      await beamline.publish(SCANS);
      await stuck;
      for (const { number } of SCANS)
        await writer.waitFor(new RegExp(`:faults:${number}_timescan SUCCEEDED`));
      expect(writer.said()).not.toMatch(/:hanging:\d_timescan SUCCEEDED/);
      rmSync(hangs, { recursive: true });
      await beamline.allDone(writer, 120);
      await writer.end('SIGTERM');
      await judge('hanging disk');
    } finally {
      execFileSync('umount', ['-l', hanging]);
    }
  });

  const itHasFuse = SIZE.isLong && canMount && existsSync(BINDFS) && existsSync('/dev/fuse') ? it : undefined;
  itHasFuse?.('whose file server stands still, while others do not', { timeout: 300_000 }, async () => {
    beamline = new Beamline(`${redis.url}/1`);
    const served = path.join(beamline.scratch, 'served');
    const hanging = path.join(beamline.directory, 'hanging');
    for (const directory of [served, hanging]) mkdirSync(directory);
    const server = spawn(BINDFS, ['-f', served, hanging], { stdio: 'inherit' });
    try {
      while (statSync(hanging).dev === statSync(served).dev) await sleep(50);
      const writer = beamline.start();
      await writer.waitFor(/following/);
      const stuck = beamline.publish(SCANS.map((scan) => ({ ...scan, folder: 'hanging' })));
      await writer.waitFor(/:hanging:2_timescan found/);
      await sleep(500);
      server.kill('SIGSTOP');
      await beamline.publish(SCANS);
      await stuck;
      for (const { number } of SCANS)
        await writer.waitFor(new RegExp(`:faults:${number}_timescan SUCCEEDED`));
      expect(writer.said()).not.toMatch(/:hanging:\d_timescan SUCCEEDED/);
      await writer.waitFor(/hanging has not answered/, 60);
      server.kill('SIGCONT');
      await beamline.allDone(writer, 120);
      await writer.end('SIGTERM');
      await judge('stopped file server');
    } finally {
      server.kill('SIGCONT');
      execFileSync('umount', ['-l', hanging]);
      server.kill();
    }
  });

  it.skipIf(!hasCompiler)('that hangs below a root of its own', { timeout: 180_000 }, async () => {
    beamline = new Beamline(`${redis.url}/1`);
    // Another file system than that of the other scans.
    const hanging = mkdtempSync('/dev/shm/scan-writer-fault-');
    const hangs = path.join(beamline.scratch, 'hangs');
    try {
      mkdirSync(hangs);
      const writer = beamline.start({
        env: env({ mode: 'hang', while: hangs }, hanging),
        options: ['--map', `/mnt/beamline00/hanging=${hanging}`],
      });
      await writer.waitFor(/following/);
      const stuck = beamline.publish([{ number: 3, points: 50, rate: 50, folder: 'hanging' }]);
      await beamline.publish(SCANS);
      await stuck;
      for (const { number } of SCANS)
        await writer.waitFor(new RegExp(`:faults:${number}_timescan SUCCEEDED`), 20);
      // It cannot finish, and ends all the same.
      expect([0, 'SIGTERM']).toContain(await writer.end('SIGTERM'));
    } finally {
      rmSync(hangs, { recursive: true, force: true });
      rmSync(hanging, { recursive: true, force: true });
    }
  });

  it.skipIf(!hasCompiler)(
    'that has no room for the master at the end of the scans',
    { timeout: 180_000 },
    async () => {
      beamline = new Beamline(`${redis.url}/1`);
      const full = path.join(beamline.scratch, 'full');
      mkdirSync(full);
      const fault: Fault = {
        mode: 'error',
        op: 'rename',
        path: '*/data.h5',
        count: 1e6,
        errno: ERRNO.ENOSPC,
        while: full,
      };
      const writer = beamline.start({ env: env(fault) });
      await writer.waitFor(/following/);
      await beamline.publish(SCANS);
      await beamline.allDone(writer, 20).catch(() => undefined);
      rmSync(full, { recursive: true });
      await writer.end('SIGTERM');
      await beamline.finish();
      await judge('no room for the master');
    },
  );
});
