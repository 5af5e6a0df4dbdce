import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  findLinks,
  KnownMasters,
  updateMaster,
  type MasterRequest,
} from '../../../src/writer/files/index.js';
import { loadHdf5, type Hdf5Library } from '../../../src/writer/hdf5/index.js';
import { built, deadPid, runChild } from '../../support/children.js';
import { runPython } from '../../support/python.js';
import { readBack, thrown } from '../hdf5/support.js';
import {
  claimedIn,
  DIRECTORIES,
  FILES,
  filesIn,
  modeOf,
  temporaryDirectory,
  writeLock,
  WrittenScan,
} from './support.js';

let hdf5: Hdf5Library;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});

function requestIn(
  directory: string,
  links: Record<string, string>,
  name = 'a.h5',
  startTimestamp = NaN,
): MasterRequest {
  return {
    master: path.join(directory, name),
    roots: [directory],
    links: Object.entries(links).map(([link, file]) => {
      return { name: link, file, target: `/${link}`, startTimestamp };
    }),
    creatorVersion: 'scan-writer 1.0',
    fileTime: '2026-01-01T00:00:00Z',
    directories: DIRECTORIES,
    files: FILES,
  };
}

const update = (...args: Parameters<typeof requestIn>): string => updateMaster(requestIn(...args), hdf5);

const inside = (directory: string, name: string): string => path.join(directory, name);

describe('a master', () => {
  it('holds relative links and says which is the newest', async () => {
    const directory = temporaryDirectory();
    const scans = { '12.1': inside(directory, 'scans/a12.h5'), '12.2': inside(directory, 'scans/a12.h5') };
    const master = update(directory, scans, 'deep/a.h5');
    const { '/': root, ...links } = await readBack(master);
    expect(links).toEqual({
      '/12.1': { kind: 'external', file: '../scans/a12.h5', target: '/12.1' },
      '/12.2': { kind: 'external', file: '../scans/a12.h5', target: '/12.2' },
    });
    expect(root?.attributes).toMatchObject({ default: { value: '12.1' }, NX_class: { value: 'NXroot' } });
  });

  it('is read-only, and leaves nothing else', () => {
    const directory = temporaryDirectory();
    expect(modeOf(update(directory, { '1.1': inside(directory, '1.h5') }))).toBe(0o444);
    expect(filesIn(directory)).toEqual(['a.h5']);
  });

  it('keeps its links when a scan is added, in the order of their numbers', async () => {
    const directory = temporaryDirectory();
    for (const n of [10, 2, 1]) update(directory, { [`${n}.1`]: inside(directory, `${n}.h5`) });
    const objects = await readBack(inside(directory, 'a.h5'));
    expect(Object.keys(objects)).toEqual(['/', '/1.1', '/2.1', '/10.1']);
  });

  it.each([
    ['the one that was started last, in whatever order they are written', { 1: 100, 7: 300, 3: 200 }, '7.1'],
    ['a new one with a lower number', { 7: 100, 1: 200 }, '1.1'],
    ['the one with the highest number where no start is known', { 2: NaN, 10: NaN, 1: NaN }, '10.1'],
  ])('opens with %s', async (_, scans, expected) => {
    const directory = temporaryDirectory();
    for (const [n, start] of Object.entries(scans)) {
      const file = inside(directory, `${n}.h5`);
      update(directory, { [`${n}.1`]: file, [`${n}.2`]: file }, 'a.h5', start);
    }
    const { '/': root } = await readBack(inside(directory, 'a.h5'));
    expect(root?.attributes?.['default']?.value).toBe(expected);
  });

  it('is the same after the same update', async () => {
    const directory = temporaryDirectory();
    const link = { '1.1': inside(directory, '1.h5') };
    update(directory, link);
    expect(Object.keys(await readBack(update(directory, link)))).toEqual(['/', '/1.1']);
  });

  it('gives a scan another name when its number leads elsewhere already', async () => {
    const directory = temporaryDirectory();
    for (const name of ['a', 'b', 'c', 'b']) update(directory, { '1.1': inside(directory, `${name}.h5`) });
    const { '/': root, ...links } = await readBack(inside(directory, 'a.h5'));
    const files = Object.entries(links).map(([name, link]) => [name, link.file]);
    expect(Object.fromEntries(files)).toEqual({ '/1.1': 'a.h5', '/1.1_r1': 'b.h5', '/1.1_r2': 'c.h5' });
    expect(root?.attributes?.['default']?.value).toBe('1.1');
  });

  it('leads to the points also after the whole tree was moved', async () => {
    const [directory, elsewhere] = [temporaryDirectory(), temporaryDirectory()];
    const tree = inside(directory, 'tree');
    fs.mkdirSync(tree);
    const claim = claimedIn(tree, hdf5, { roots: [directory] });
    new WrittenScan(claim, hdf5).add(4, 5).finish();
    update(tree, { '12.1': claim.file });
    fs.renameSync(tree, inside(elsewhere, 'moved'));
    const read = `import h5py, sys; print(h5py.File(sys.argv[1])['12.1/measurement/diode1'][()].tolist())`;
    const { stdout } = await runPython(['-c', read, inside(elsewhere, 'moved/a.h5')]);
    expect(stdout.trim()).toBe('[4.0, 5.0]');
  });

  it('is replaced under an open reader, which goes on with the old one', async () => {
    const directory = temporaryDirectory();
    update(directory, { '1.1': inside(directory, '1.h5') });
    const script = `import h5py, os, sys, time
old = h5py.File(sys.argv[1], 'r')
inode = os.stat(sys.argv[1]).st_ino
open(sys.argv[1] + '.ready', 'w').close()
while os.stat(sys.argv[1]).st_ino == inode: time.sleep(0.01)
print(sorted(old), sorted(h5py.File(sys.argv[1], 'r')))`;
    const reader = runPython(['-c', script, inside(directory, 'a.h5')]);
    while (!fs.existsSync(inside(directory, 'a.h5.ready'))) await new Promise((done) => setTimeout(done, 20));
    update(directory, { '2.1': inside(directory, '2.h5') });
    expect((await reader).stdout.trim()).toBe("['1.1'] ['1.1', '2.1']");
  });
});

describe('a master that is known', () => {
  it('is not written when it has the links and opens with the right scan', () => {
    const directory = temporaryDirectory();
    const known = new KnownMasters();
    const [older, newer] = [100, 200].map((start) =>
      requestIn(directory, { [`${start}.1`]: inside(directory, `${start}.h5`) }, 'a.h5', start),
    ) as [MasterRequest, MasterRequest];
    expect(findLinks(newer, hdf5, known)).toBeUndefined();
    const master = updateMaster(newer, hdf5, known);
    const before = fs.statSync(master).ino;
    expect(findLinks(newer, hdf5, known)).toBe(master);
    updateMaster(newer, hdf5, known);
    expect(fs.statSync(master).ino).toBe(before);
    expect(findLinks(older, hdf5, known)).toBeUndefined();
    updateMaster(older, hdf5, known);
    expect([older, newer].map((request) => findLinks(request, hdf5, known))).toEqual([master, master]);
    // Nothing is missing but what it opens with.
    const [link] = newer.links;
    const restarted = { ...newer, links: [{ ...(link as (typeof newer.links)[0]), startTimestamp: 300 }] };
    expect(findLinks(restarted, hdf5, known)).toBeUndefined();
  });

  it('is read again when another writer has replaced it, so that no link is lost', async () => {
    const directory = temporaryDirectory();
    const known = new KnownMasters();
    const scan = (n: number): MasterRequest =>
      requestIn(directory, { [`${n}.1`]: inside(directory, `${n}.h5`) }, 'a.h5', n);
    updateMaster(scan(1), hdf5, known);
    updateMaster(scan(2), hdf5);
    expect(findLinks(scan(2), hdf5, known)).toBe(inside(directory, 'a.h5'));
    updateMaster(scan(3), hdf5);
    updateMaster(scan(4), hdf5, known);
    const objects = Object.keys(await readBack(inside(directory, 'a.h5')));
    expect(objects).toEqual(['/', '/1.1', '/2.1', '/3.1', '/4.1']);
    fs.rmSync(inside(directory, 'a.h5'));
    updateMaster(scan(5), hdf5, known);
    expect(Object.keys(await readBack(inside(directory, 'a.h5')))).toEqual(['/', '/5.1']);
  });

  it('of another writer leads to its _master.h5', () => {
    const directory = temporaryDirectory();
    fs.writeFileSync(inside(directory, 'a.h5'), 'precious');
    const known = new KnownMasters();
    const request = requestIn(directory, { '1.1': inside(directory, '1.h5') });
    expect(findLinks(request, hdf5, known)).toBeUndefined();
    expect(updateMaster(request, hdf5, known)).toBe(inside(directory, 'a_master.h5'));
    expect(findLinks(request, hdf5, known)).toBe(inside(directory, 'a_master.h5'));
  });
});

describe('a file in the place of the master', () => {
  const FOREIGN: [string, (file: string) => void][] = [
    [
      'a file of the facility’s own writer',
      (file) => {
        const foreign = hdf5.create(file);
        foreign.apply({ op: 'externalLink', path: '/1.1', file: 'x.h5', target: '/1.1' });
        foreign.apply({ op: 'group', path: '/2.1' });
        foreign.close();
      },
    ],
    [
      'an HDF5 file that is still empty',
      (file) => {
        hdf5.create(file).close();
      },
    ],
    [
      'no HDF5',
      (file) => {
        fs.writeFileSync(file, 'precious');
      },
    ],
    [
      'a link',
      (file) => {
        fs.symlinkSync('nowhere', file);
      },
    ],
    [
      'a directory',
      (file) => {
        fs.mkdirSync(file);
      },
    ],
  ];

  it.each(FOREIGN)('that is %s is never touched: the links go to _master.h5', async (_, make) => {
    const directory = temporaryDirectory();
    const file = inside(directory, 'a.h5');
    make(file);
    const before = fs.lstatSync(file);
    const link = { '1.1': inside(directory, '1.h5') };
    expect(update(directory, link)).toBe(inside(directory, 'a_master.h5'));
    update(directory, { '2.1': inside(directory, '2.h5') });
    expect(Object.keys(await readBack(inside(directory, 'a_master.h5')))).toEqual(['/', '/1.1', '/2.1']);
    expect(fs.lstatSync(file)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
    expect(filesIn(directory)).toEqual(['a.h5', 'a_master.h5']);
  });

  it('and one in the place of _master.h5 too are an error that tells what to do', () => {
    const directory = temporaryDirectory();
    for (const name of ['a.h5', 'a_master.h5']) fs.writeFileSync(inside(directory, name), 'precious');
    expect(thrown(() => update(directory, { '1.1': inside(directory, '1.h5') }))).toMatchObject({
      tag: 'foreign',
      message: expect.stringContaining('Move them away') as string,
    });
    expect(filesIn(directory)).toEqual(['a.h5', 'a_master.h5']);
  });
});

it('clears up after a writer that was killed while it made a master', () => {
  const directory = temporaryDirectory();
  const dead = deadPid();
  writeLock(inside(directory, 'a.h5'), { pid: dead, scan: 'master', startTimestamp: null });
  fs.writeFileSync(inside(directory, `.a.h5.${dead}.tmp`), 'half');
  update(directory, { '1.1': inside(directory, '1.h5') });
  expect(filesIn(directory)).toEqual(['a.h5']);
});

it('loses no link when two processes add many at once', async () => {
  const directory = temporaryDirectory();
  const code = (from: number): string => `
    import { updateMaster } from ${built('writer/files/masterFile.js')};
    import { loadHdf5 } from ${built('writer/hdf5/index.js')};
    const hdf5 = await loadHdf5();
    const directory = ${JSON.stringify(directory)};
    for (let n = ${from}; n < ${from} + 25; n++) {
      updateMaster({
        master: directory + '/a.h5', roots: [directory],
        links: [{ name: n + '.1', file: directory + '/' + n + '.h5', target: '/' + n + '.1', startTimestamp: n }],
        creatorVersion: 'v', fileTime: 't', directories: {}, files: { fileMode: 0o444 },
      }, hdf5);
    }`;
  await Promise.all([runChild(code(100)), runChild(code(200))]);
  const links = Object.keys(await readBack(inside(directory, 'a.h5')));
  expect(links).toHaveLength(1 + 50);
  expect(filesIn(directory)).toEqual(['a.h5']);
});
