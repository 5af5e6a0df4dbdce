import { copyFileSync, cpSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasReaders, runPython } from '../support/python.js';
import { withRedis } from '../support/publish.js';
import { hasRedisServer, startRedis, type TestRedis } from '../support/testRedis.js';
import { Beamline, NOTHING_WRONG, wrongIn, type Verdict } from './beamline.js';

const SPOIL = path.join(import.meta.dirname, 'spoil.py');
const FILE = 'faults/data_scan0001.h5';
const CHANNEL = 'inhse_session:mnt:beamline00:faults:1_timescan:timer:ctrl:ch00_data';

type Kind = 'lost' | 'twice' | 'unreadable' | 'different';

/** What can be wrong with a file of a scan, and as what it is to be found. */
const SPOILT: readonly (readonly [how: string, kind: Kind, says: RegExp])[] = [
  ['a value', 'different', /ch00\[3\] is .*, published /],
  ['two rows swapped', 'different', /ch00\[3\] is .*, published /],
  ['a row lost', 'lost', /ch00\[19\] is not there/],
  ['a row in the middle lost', 'different', /ch00\[3\] is .*, published /],
  ['a row filled', 'lost', /ch00\[3\] is a fill value and not named missing/],
  ['a row twice', 'twice', /ch00: 21 rows, published 20/],
  ['a row named missing', 'different', /ch00\[3\] is named missing and holds/],
  ['a row lost and named', 'lost', /ch00\[3\] is named missing, Redis has it/],
  ['the status', 'different', /RUNNING/],
  ['an entry', 'different', /has the entries/],
  ['a hash', 'different', /the hash of .* is wrong/],
  ['half a file', 'unreadable', /data_scan0001\.h5: OSError/],
  ['the mode', 'different', /has the mode/],
  ['no file', 'lost', /no file/],
];

/** Files that do not belong there. */
const STRAY: readonly (readonly [name: string, kind: Kind])[] = [
  ['.data_scan0001.h5.lock', 'different'],
  ['.data_scan0001.h5.journal', 'different'],
  ['.data_scan0001.h5.123.tmp', 'different'],
  ['data_scan0001_earlier1.h5', 'twice'],
  ['data_scan0001_r1.h5', 'twice'],
];

describe.skipIf(!hasRedisServer() || !hasReaders())('the judge of all faults', () => {
  let redis: TestRedis;
  let beamline: Beamline;
  let sound: string;

  beforeAll(async () => {
    redis = await startRedis();
    beamline = new Beamline(`${redis.url}/1`);
    const writer = beamline.start();
    await writer.waitFor(/following/);
    await beamline.publish([
      { number: 1, points: 20, rate: 100, channels: 3, spectra: 1, length: 8, block: 1 },
    ]);
    await beamline.allDone(writer);
    await writer.end('SIGTERM');
    sound = path.join(beamline.scratch, 'sound');
    cpSync(beamline.directory, sound, { recursive: true });
  });
  afterAll(async () => {
    beamline.clear();
    await redis.stop();
  });

  const afresh = (): string => {
    for (const name of ['data.h5', 'data_scan0001.h5']) {
      unlink(path.join(beamline.directory, 'faults', name));
      copyFileSync(path.join(sound, 'faults', name), path.join(beamline.directory, 'faults', name));
    }
    return path.join(beamline.directory, FILE);
  };
  const spoil = async (how: string): Promise<Verdict> => {
    const { status, stderr } = await runPython([SPOIL, how, afresh(), '1.1', 'ch00']);
    expect(status, stderr).toBe(0);
    return await beamline.judge();
  };

  it('finds nothing wrong with files that hold all', async () => {
    afresh();
    const verdict = await beamline.judge();
    expect(wrongIn(verdict)).toEqual(NOTHING_WRONG);
    expect(verdict.compared).toBe(5 * 20);
  });

  it.each(SPOILT)('finds %s', async (how, kind, says) => {
    expect((await spoil(how))[kind].join('\n')).toMatch(says);
  });

  it('finds files that do not belong there', async () => {
    const folder = path.dirname(afresh());
    for (const [name] of STRAY) writeFileSync(path.join(folder, name), '');
    const verdict = await beamline.judge();
    for (const [name, kind] of STRAY) {
      unlink(path.join(folder, name));
      expect(verdict[kind].join('\n')).toContain(`${name} stands among the data`);
    }
  });

  it('finds a master that is gone, or leads to another file', async () => {
    const master = path.join(path.dirname(afresh()), 'data.h5');
    unlink(master);
    expect((await beamline.judge()).unreadable.join('\n')).toMatch(/data\.h5: .*/);
    symlinkSync('data_scan0001.h5', master);
    expect((await beamline.judge()).different.join('\n')).toMatch(/data\.h5: 1\.1 leads elsewhere/);
    unlink(master);
  });

  it('lets points be missing that Redis has not, when they are named', async () => {
    afresh();
    await withRedis(`${redis.url}/1`, async (client) => {
      await client.xtrim(CHANNEL, 'MAXLEN', 10);
      const verdict = await spoil('a row lost and named');
      expect(wrongIn(verdict)).toEqual(NOTHING_WRONG);
      expect(verdict.missing).toBe(1);
    });
  });
});

function unlink(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It is not there.
  }
}
