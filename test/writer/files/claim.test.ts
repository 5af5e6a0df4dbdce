import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { lockPath } from '../../../src/writer/files/lock.js';
import { updateMaster } from '../../../src/writer/files/index.js';
import { loadHdf5, type Hdf5Library } from '../../../src/writer/hdf5/index.js';
import { deadPid } from '../../support/children.js';
import { scanOf } from '../../support/scanInfo.js';
import { thrown } from '../hdf5/support.js';
import {
  claimedIn,
  claimIn,
  DIRECTORIES,
  FILES,
  filesIn,
  temporaryDirectory,
  writeLock,
  WrittenScan,
} from './support.js';

const NAME = 'a_scan0012.h5';
const OTHER_SCAN = scanOf('s:mnt:other:12_ascan');
const FLUSHED_AGAIN = scanOf(undefined, 1_800_000_000);

let hdf5: Hdf5Library;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});

/** A finished file of a scan. */
function finished(directory: string, ...args: Parameters<WrittenScan['finish']>): string {
  const claim = claimedIn(directory, hdf5);
  new WrittenScan(claim, hdf5).add(1, 2, 3).finish(...args);
  return claim.file;
}

/** A file as a killed writer leaves it: RUNNING, with its lock. */
function killed(directory: string, ...points: number[]): string {
  const claim = claimedIn(directory, hdf5);
  const written = new WrittenScan(claim, hdf5);
  if (points.length > 0) written.add(...points);
  // Without its journal, from which a file can be gone on with.
  written.file.giveUp([], false);
  writeLock(claim.file, { pid: deadPid() });
  return claim.file;
}

const statusOf = (file: string): string | undefined => {
  const opened = hdf5.openForReading(file);
  try {
    return opened.readText('/12.1/writer/status');
  } finally {
    opened.close();
  }
};

describe('the name for a scan', () => {
  it('is the wanted one where there is nothing', () => {
    const directory = temporaryDirectory();
    expect(claimIn(directory, hdf5)).toMatchObject({ kind: 'claimed', suffix: '', earlier: [] });
    expect(filesIn(directory)).toEqual([`.${NAME}.lock`]);
  });

  it('is of a complete file, which is not touched', () => {
    const directory = temporaryDirectory();
    const file = finished(directory, 'SUCCEEDED');
    const before = fs.statSync(file);
    expect(claimIn(directory, hdf5)).toMatchObject({
      kind: 'complete',
      file,
      status: 'SUCCEEDED',
      endReason: 'SUCCESS',
      channels: [{ name: 'ctrl:diode1', expected: 10, received: 3 }],
    });
    expect(fs.statSync(file)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs, mode: before.mode });
    expect(filesIn(directory)).toEqual([NAME]);
  });

  it('is taken from a complete file by --force, which has it aside until the new one is done', () => {
    const directory = temporaryDirectory();
    finished(directory, 'SUCCEEDED');
    const claim = claimedIn(directory, hdf5, { force: true });
    expect(filesIn(directory)).toContain('a_scan0012_earlier1.h5');
    expect(new WrittenScan(claim, hdf5).add(1, 2, 3).finish()).toEqual([]);
    expect(filesIn(directory)).toEqual([NAME]);
  });

  it.each(['INCOMPLETE', 'FAILED', 'ABANDONED', 'RUNNING'] as const)(
    'is taken from a file that is %s',
    (status) => {
      const directory = temporaryDirectory();
      finished(directory, status);
      const claim = claimedIn(directory, hdf5);
      expect(new WrittenScan(claim, hdf5).add(1, 2, 3, 4).finish()).toEqual([]);
      expect(statusOf(claim.file)).toBe('SUCCEEDED');
      expect(filesIn(directory)).toEqual([NAME]);
    },
  );

  it('is refused while another writer is at it', () => {
    const directory = temporaryDirectory();
    const written = new WrittenScan(claimedIn(directory, hdf5), hdf5);
    expect(thrown(() => claimIn(directory, hdf5))).toMatchObject({ tag: 'locked' });
    written.finish();
    expect(claimIn(directory, hdf5).kind).toBe('complete');
  });

  it.each([
    ['another scan', OTHER_SCAN],
    ['a scan of the same name, from before Redis was flushed', FLUSHED_AGAIN],
    ['a scan whose start nobody knows', scanOf(undefined, NaN)],
  ])('gets _r1, _r2 beside files of %s', (_, scan) => {
    const directory = temporaryDirectory();
    const file = finished(directory, 'SUCCEEDED');
    const before = fs.readFileSync(file);
    const first = claimedIn(directory, hdf5, { scan });
    expect(first).toMatchObject({ suffix: '_r1', file: path.join(directory, 'a_scan0012_r1.h5') });
    new WrittenScan(first, hdf5, { scan }).finish();
    const third = scanOf('s:third', 3);
    expect(claimIn(directory, hdf5, { scan: third })).toMatchObject({ kind: 'claimed', suffix: '_r2' });
    expect(claimIn(directory, hdf5, { scan })).toMatchObject({ kind: 'complete', suffix: '_r1' });
    expect(fs.readFileSync(file)).toEqual(before);
  });

  it.each([
    [
      'a file that is no HDF5',
      (file: string) => {
        fs.writeFileSync(file, 'precious');
      },
    ],
    [
      'an empty file',
      (file: string) => {
        fs.writeFileSync(file, '');
      },
    ],
    [
      'a directory',
      (file: string) => {
        fs.mkdirSync(file);
      },
    ],
    [
      'a link to nothing',
      (file: string) => {
        fs.symlinkSync('nowhere', file);
      },
    ],
    [
      'a link to a file of ours',
      (file: string) => {
        const directory = temporaryDirectory();
        fs.symlinkSync(finished(directory, 'SUCCEEDED'), file);
      },
    ],
    [
      'an HDF5 file of somebody else',
      (file: string) => {
        const foreign = hdf5.create(file);
        foreign.apply({ op: 'group', path: '/12.1' });
        foreign.close();
      },
    ],
    [
      'one that calls itself ours',
      (file: string) => {
        const foreign = hdf5.create(file);
        foreign.apply({ op: 'group', path: '/12.1' });
        foreign.apply({ op: 'text', path: '/12.1/writer', value: 'x' });
        foreign.close();
      },
    ],
    [
      'a master of ours',
      (file: string) => {
        const target = finished(temporaryDirectory(), 'SUCCEEDED');
        const links = [{ name: '12.1', file: target, target: '/12.1', startTimestamp: 1 }];
        const words = { creatorVersion: 'v', fileTime: 'now', directories: DIRECTORIES, files: FILES };
        updateMaster({ master: file, roots: [path.dirname(file)], links, ...words }, hdf5);
      },
    ],
  ])('gets _r1 beside %s, which is not touched', (_, make) => {
    const directory = temporaryDirectory();
    const file = path.join(directory, NAME);
    make(file);
    const before = fs.lstatSync(file);
    expect(claimIn(directory, hdf5)).toMatchObject({ kind: 'claimed', suffix: '_r1' });
    expect(
      claimIn(directory, hdf5, { scan: OTHER_SCAN, force: true, file: path.join(directory, 'b.h5') }),
    ).toMatchObject({
      suffix: '',
    });
    expect(fs.lstatSync(file)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  it('is found although a file cannot be read, if the dead writer’s lock says whose it is', () => {
    const directory = temporaryDirectory();
    const file = killed(directory, 1, 2, 3);
    fs.chmodSync(file, 0o644);
    fs.truncateSync(file, 1000);
    const claim = claimedIn(directory, hdf5);
    expect(claim).toMatchObject({ suffix: '', file });
    expect(new WrittenScan(claim, hdf5).add(1, 2, 3).finish()).toEqual([]);
    expect(filesIn(directory)).toEqual([NAME]);
  });

  it('is _r1 beside an unreadable file that may be anybody’s', () => {
    const directory = temporaryDirectory();
    const file = killed(directory, 1);
    fs.chmodSync(file, 0o644);
    fs.truncateSync(file, 1000);
    fs.rmSync(lockPath(file));
    expect(claimIn(directory, hdf5)).toMatchObject({ kind: 'claimed', suffix: '_r1' });
  });

  it('with a suffix is found again after a kill', () => {
    const directory = temporaryDirectory();
    fs.writeFileSync(path.join(directory, NAME), 'precious');
    expect(path.basename(killed(directory, 1))).toBe('a_scan0012_r1.h5');
    expect(claimIn(directory, hdf5)).toMatchObject({ kind: 'claimed', suffix: '_r1' });
  });

  it('that is taken a thousand times is told in a sentence', () => {
    const directory = temporaryDirectory();
    fs.writeFileSync(path.join(directory, NAME), '');
    for (let n = 1; n < 1000; n++) fs.writeFileSync(path.join(directory, `a_scan0012_r${n}.h5`), '');
    expect(thrown(() => claimIn(directory, hdf5))).toMatchObject({ tag: 'target' });
  });
});

describe('what a killed writer left', () => {
  it('is written anew, and the drafts of the dead are removed', () => {
    const directory = temporaryDirectory();
    const file = killed(directory, 1, 2);
    const dead = deadPid();
    const drafts = [
      `.${NAME}.${dead}.tmp`,
      `.${NAME}.lock.${dead}.abc`,
      `.${NAME}.lock.takeover.${dead}.abc`,
    ];
    const others = [`.${NAME}.${process.ppid}.tmp`, `.other.h5.${dead}.tmp`, `.${NAME}.notes.tmp`];
    for (const name of [...drafts, ...others]) fs.writeFileSync(path.join(directory, name), 'x');
    const claim = claimedIn(directory, hdf5);
    expect(claim.lock.takenFrom).toBeDefined();
    expect(filesIn(directory)).toEqual([...others, `.${NAME}.lock`, 'a_scan0012_earlier1.h5'].sort());
    new WrittenScan(claim, hdf5).add(1, 2, 3).finish();
    expect(filesIn(directory)).toEqual([...others, NAME].sort());
    expect(statusOf(file)).toBe('SUCCEEDED');
  });

  it('in several attempts is all cleared up by the one that succeeds', () => {
    const directory = temporaryDirectory();
    for (let attempt = 0; attempt < 3; attempt++) killed(directory, 1, 2);
    expect(filesIn(directory)).toContain('a_scan0012_earlier2.h5');
    expect(new WrittenScan(claimedIn(directory, hdf5), hdf5).add(1, 2).finish()).toEqual([]);
    expect(filesIn(directory)).toEqual([NAME]);
  });

  it('between two steps of setting aside is found again', () => {
    const directory = temporaryDirectory();
    const file = killed(directory, 1, 2);
    fs.renameSync(file, path.join(directory, 'a_scan0012_earlier1.h5'));
    const claim = claimedIn(directory, hdf5);
    expect(claim.aside).toBeUndefined();
    expect(claim.earlier).toHaveLength(1);
    expect(new WrittenScan(claim, hdf5).add(1).finish('ABANDONED')).toEqual([claim.earlier[0]?.path]);
  });
});

describe('an earlier file of the scan', () => {
  it.each([
    ['has more points than the new one', [1, 2, 3], 'SUCCEEDED', [1, 2], 'kept'],
    ['has as many', [1, 2, 3], 'INCOMPLETE', [1, 2, 3], 'removed'],
    ['has fewer', [1, 2], 'ABANDONED', [1, 2, 3], 'removed'],
    ['has points and the new one none', [1], 'ABANDONED', [], 'kept'],
    ['has none', [], 'ABANDONED', [], 'removed'],
  ] as const)('that %s is %s', (_, before, status, after, fate) => {
    const directory = temporaryDirectory();
    killed(directory, ...before);
    const written = new WrittenScan(claimedIn(directory, hdf5), hdf5);
    if (after.length > 0) written.add(...after);
    const kept = written.finish(status);
    expect(kept).toEqual(fate === 'kept' ? [path.join(directory, 'a_scan0012_earlier1.h5')] : []);
    expect(filesIn(directory)).toHaveLength(fate === 'kept' ? 2 : 1);
  });

  it('that had an end is compared by what it says it received', () => {
    const directory = temporaryDirectory();
    finished(directory, 'INCOMPLETE');
    const kept = new WrittenScan(claimedIn(directory, hdf5), hdf5).add(1, 2).finish('ABANDONED');
    expect(kept).toEqual([path.join(directory, 'a_scan0012_earlier1.h5')]);
  });

  it('that cannot be read goes only when the new one has all that was published', () => {
    for (const status of ['ABANDONED', 'SUCCEEDED'] as const) {
      const directory = temporaryDirectory();
      const file = killed(directory, 1, 2, 3);
      fs.chmodSync(file, 0o644);
      fs.truncateSync(file, 1000);
      const kept = new WrittenScan(claimedIn(directory, hdf5), hdf5).add(1).finish(status);
      expect(kept).toHaveLength(status === 'SUCCEEDED' ? 0 : 1);
    }
  });

  it('stays when the new writing is given up', () => {
    const directory = temporaryDirectory();
    killed(directory, 1, 2);
    const written = new WrittenScan(claimedIn(directory, hdf5), hdf5);
    expect(written.file.giveUp([], false)).toEqual([path.join(directory, 'a_scan0012_earlier1.h5')]);
    expect(filesIn(directory)).toEqual([NAME, 'a_scan0012_earlier1.h5']);
  });

  it('comes back when the new file cannot even be begun', () => {
    const directory = temporaryDirectory();
    killed(directory, 1, 2);
    const claim = claimedIn(directory, hdf5);
    fs.mkdirSync(path.join(directory, `.${NAME}.${process.pid}.tmp`));
    expect(() => new WrittenScan(claim, hdf5)).toThrow();
    fs.rmdirSync(path.join(directory, `.${NAME}.${process.pid}.tmp`));
    expect(filesIn(directory)).toEqual([NAME]);
    expect(statusOf(path.join(directory, NAME))).toBe('RUNNING');
  });
});

it('is complete only when every entry says so', () => {
  const directory = temporaryDirectory();
  const claim = claimedIn(directory, hdf5);
  const written = new WrittenScan(claim, hdf5);
  for (const operation of written.tree.start()) {
    if (!operation.path.startsWith('/12.1')) continue;
    const path = operation.path.replace('/12.1', '/12.2');
    written.file.write([{ ...operation, path }], [], { datasets: [] });
  }
  written.file.write([{ op: 'rewriteText', path: '/12.2/writer/status', value: 'FAILED' }], [], {
    datasets: [],
  });
  written.finish('SUCCEEDED');
  expect(claimIn(directory, hdf5).kind).toBe('claimed');
});
