import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasReaders, runProgram, runReader } from '../support/python.js';
import { flush } from '../support/replaying.js';
import { hasRedisServer, startRedis, type TestRedis } from '../support/testRedis.js';
import { Beamline, NOTHING_WRONG, wrongIn, type MadeScan } from './beamline.js';
import { report, SIZE } from './size.js';

const OPEN_TO_CHANGE = path.join(import.meta.dirname, 'open_to_change.py');
const READERS = ['h5py', 'silx', 'PyMca', 'h5dump'] as const;
const SECONDS = 120;
const MOST_TRANSIENT = 0.005;
const NOBODY = 65534;

/** What read_growing.py prints. */
interface Look {
  readonly attempts: Readonly<Record<string, number>>;
  readonly second: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

describe.skipIf(!hasRedisServer() || !hasReaders())('readers of files that are written', () => {
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

  const judge = async (fault: string, note = ''): Promise<void> => {
    const verdict = await beamline.judge();
    report(fault, verdict, note);
    expect(wrongIn(verdict), beamline.log()).toEqual(NOTHING_WRONG);
  };
  const files = (): string[] =>
    ['data_scan0001.h5', 'data_scan0002.h5', 'data.h5'].map((name) =>
      path.join(beamline.directory, 'faults', name),
    );

  const itTakesMinutes = SIZE.isLong ? it : undefined;
  itTakesMinutes?.('open them, but for an attempt now and then', { timeout: 600_000 }, async () => {
    const scans: MadeScan[] = [
      { number: 1, points: SECONDS * 50, rate: 50, channels: 20, maxlen: 100_000 },
      { number: 2, points: SECONDS * 50, rate: 50, channels: 2, spectra: 2, maxlen: 100_000 },
    ];
    const writer = beamline.start();
    await writer.waitFor(/following/);
    const published = beamline.publish(scans);
    const [first = '', second = '', master = ''] = files();
    const names = [first, second, master, master].join(',');
    const looks = READERS.map(async (reader): Promise<Look> => {
      const { stdout, stderr } = await runReader(
        'read_growing.py',
        [names, '1.1,2.1,1.1,2.1', String(SECONDS), reader],
        { timeoutMs: (SECONDS + 120) * 1000, env: { PYTHONFAULTHANDLER: '1' } },
      );
      // One that crashed has said nothing.
      if (stdout === '') return { attempts: {}, second: {}, errors: {}, problems: [`${reader}: ${stderr}`] };
      return JSON.parse(stdout) as Look;
    });
    const seen = await Promise.all(looks);
    await published;
    await beamline.allDone(writer, 120);
    await writer.end('SIGTERM');
    const rates = seen.flatMap(({ attempts, second }) =>
      Object.entries(attempts).map(([reader, tried]) => ({ reader, tried, again: second[reader] ?? 0 })),
    );
    const load = os.loadavg().map((n) => n.toFixed(1));
    const said = rates.map(({ reader, tried, again }) => `${reader} ${again} of ${tried}`).join(', ');
    await judge('readers', `at a second try: ${said}; load ${load[0] ?? ''}`);
    console.log(JSON.stringify(seen.map(({ errors }) => errors)));
    expect(seen.flatMap(({ problems }) => problems)).toEqual([]);
    for (const { reader, tried, again } of rates) expect(again / tried, reader).toBeLessThan(MOST_TRANSIENT);
  });

  it(
    'cannot change them, directly or through the master, as the same user',
    { timeout: 180_000 },
    async () => {
      const isRoot = process.getuid?.() === 0;
      // Modes do not stop root.
      const wrapper = isRoot ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : [];
      if (isRoot)
        for (const directory of [beamline.scratch, beamline.directory]) chownSync(directory, NOBODY, NOBODY);
      chmodSync(beamline.scratch, 0o755);
      const writer = beamline.start({ wrapper });
      await writer.waitFor(/following/);
      const published = beamline.publish([
        { number: 1, points: 200, rate: 50, channels: 20 },
        { number: 2, points: 200, rate: 50, channels: 2, spectra: 2 },
      ]);
      const [program = '', ...args] = [...wrapper, '/usr/bin/python3', OPEN_TO_CHANGE, '7', ...files()];
      const { status, stdout, stderr } = await runProgram(program, args, {});
      await published;
      await beamline.allDone(writer);
      await writer.end('SIGTERM');
      expect(status, stdout + stderr).toBe(0);
      expect((JSON.parse(stdout) as { attempts: number }).attempts).toBeGreaterThan(3);
      const owner = execFileSync('stat', ['-c', '%u', files()[0] ?? ''], { encoding: 'utf8' }).trim();
      expect(Number(owner)).toBe(isRoot ? NOBODY : process.getuid?.());
      await judge('opened to change');
    },
  );
});
