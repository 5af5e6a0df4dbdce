import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_TEMPLATE,
  loadHdf5,
  rebuildMaster,
  type MasterRebuild,
  type RebuildOptions,
} from '../../src/writer/index.js';
import { updateMaster } from '../../src/writer/files/index.js';
import { EventsOf, scanOf, type Plain } from '../support/scanInfo.js';
import { readBack } from './hdf5/support.js';
import { DIRECTORIES, FILES, filesIn, modeOf, PROGRAM } from './files/support.js';
import { benchIn, infoIn, sourceOf, write, type Bench } from './support.js';

interface Written {
  readonly start?: number;
  readonly dataset?: string;
  readonly info?: Record<string, Plain>;
}

/** Writes a scan, of the dataset `a` when none is named, and gives its file. */
async function scan(
  bench: Bench,
  number: number,
  { start = number, ...rest }: Written = {},
): Promise<string> {
  const filename = path.join(bench.directory, rest.dataset ?? 'a.h5');
  const info = infoIn(bench.directory, { filename, scan_nb: BigInt(number), ...rest.info });
  const events = new EventsOf(scanOf(`s:data:${number}_ascan`, start), info);
  const { file } = await write(bench, sourceOf(events.started(), events.ended()));
  return file;
}

function rebuild(
  bench: Bench,
  rest: Partial<RebuildOptions> = {},
  master = inside(bench, 'a.h5'),
): Promise<MasterRebuild> {
  return rebuildMaster(master, {
    threads: bench.options.threads,
    template: DEFAULT_TEMPLATE,
    below: false,
    force: false,
    directories: DIRECTORIES,
    files: FILES,
    program: PROGRAM,
    signal: new AbortController().signal,
    ...rest,
  });
}

const inside = (bench: Bench, name: string): string => path.join(bench.directory, name);

/** Link -> file, as the master says it, and what it opens with. */
async function linksOf(master: string): Promise<{ links: Record<string, unknown>; opensWith: unknown }> {
  const { '/': root, ...objects } = await readBack(master);
  const links = Object.entries(objects).map(([name, { file, target }]) => [
    name.slice(1),
    `${file}:${target}`,
  ]);
  return {
    links: Object.fromEntries(links) as Record<string, unknown>,
    opensWith: root?.attributes?.['default']?.value,
  };
}

describe('a master that is made from the files of its scans', () => {
  it('is what it was, whatever else lies there', async () => {
    const bench = benchIn();
    await scan(bench, 12, { start: 300 });
    await scan(bench, 12, { start: 100 });
    await scan(bench, 13, { start: 200 });
    await scan(bench, 1, { dataset: 'a_b.h5' });
    const made = await linksOf(inside(bench, 'a.h5'));
    fs.copyFileSync(inside(bench, 'a_scan0013.h5'), inside(bench, 'a_scan0013_earlier1.h5'));
    fs.copyFileSync(inside(bench, 'a_scan0013.h5'), inside(bench, '.a_scan0014.h5.1.tmp'));
    fs.copyFileSync(inside(bench, 'a_scan0013.h5'), inside(bench, '.a_scan0014.h5'));
    fs.rmSync(inside(bench, 'a.h5'));
    const before = filesIn(bench.directory);

    expect(await rebuild(bench)).toEqual({
      asked: inside(bench, 'a.h5'),
      file: inside(bench, 'a.h5'),
      links: 3,
      dropped: [],
      unreadable: [],
      avoided: undefined,
    });
    expect(await linksOf(inside(bench, 'a.h5'))).toEqual(made);
    expect(made).toEqual({
      links: {
        '12.1': 'a_scan0012.h5:/12.1',
        '12.1_r1': 'a_scan0012_r1.h5:/12.1',
        '13.1': 'a_scan0013.h5:/13.1',
      },
      opensWith: '12.1',
    });
    expect(modeOf(inside(bench, 'a.h5'))).toBe(0o444);
    expect(filesIn(bench.directory)).toEqual([...before, 'a.h5'].sort());
  });

  it('opens with the scan that its file says was started last, not with what the old one believed', async () => {
    const bench = benchIn();
    const file = await scan(bench, 1, { start: 100 });
    await scan(bench, 2, { start: 200 });
    const wrong = [{ name: '1.1', file, target: '/1.1', startTimestamp: 1e9 }];
    const words = { creatorVersion: 'v', fileTime: 't', directories: DIRECTORIES, files: FILES };
    const master = inside(bench, 'a.h5');
    updateMaster({ master, roots: [bench.directory], links: wrong, ...words }, await loadHdf5());
    expect((await linksOf(master)).opensWith).toBe('1.1');
    await rebuild(bench);
    expect((await linksOf(master)).opensWith).toBe('2.1');
  });

  it('leads to a running scan too', async () => {
    const bench = benchIn();
    const events = new EventsOf(scanOf(), infoIn(bench.directory));
    const running = write(
      bench,
      sourceOf(
        events.started(),
        async () => {
          expect((await rebuild(bench)).links).toBe(1);
          expect((await linksOf(inside(bench, 'a.h5'))).links).toHaveProperty('12.1');
        },
        events.ended(),
      ),
    );
    expect((await running).status).toBe('SUCCEEDED');
  });

  it('has only what is ours, and names what cannot be read', async () => {
    const bench = benchIn();
    await scan(bench, 1);
    fs.rmSync(inside(bench, 'a.h5'));
    const hdf5 = await loadHdf5();
    const foreign = hdf5.create(inside(bench, 'a_scan0002.h5'));
    foreign.apply({ op: 'group', path: '/2.1' });
    foreign.close();
    const whole = fs.readFileSync(inside(bench, 'a_scan0001.h5'));
    fs.writeFileSync(inside(bench, 'a_scan0003.h5'), whole.subarray(0, 1_000));
    const rebuilt = await rebuild(bench);
    expect(rebuilt).toMatchObject({ links: 1, dropped: [] });
    expect(rebuilt.unreadable).toEqual([
      { file: inside(bench, 'a_scan0003.h5'), reason: expect.stringContaining('truncated') as string },
    ]);
  });

  it('keeps the links that lead elsewhere, and drops those that lead nowhere', async () => {
    const bench = benchIn();
    const policy = bench.options.target;
    const elsewhere = {
      ...bench,
      options: { ...bench.options, target: { ...policy, template: '{dir}/x/{name}.h5' } },
    };
    await scan(elsewhere, 1, { start: 500 });
    for (const number of [2, 3, 4]) await scan(bench, number);
    fs.rmSync(inside(bench, 'a_scan0003.h5'));
    fs.copyFileSync(inside(bench, 'a_scan0002.h5'), inside(bench, 'copy'));
    fs.renameSync(inside(bench, 'copy'), inside(bench, 'a_scan0004.h5'));

    const rebuilt = await rebuild(bench);
    const [third, fourth] = ['a_scan0003.h5', 'a_scan0004.h5'].map((name) => inside(bench, name));
    expect(rebuilt.dropped).toEqual([
      { link: '3.1', file: third, reason: 'the file does not exist' },
      { link: '4.1', file: fourth, reason: 'the file has no /4.1' },
    ]);
    expect(await linksOf(rebuilt.file)).toEqual({
      links: {
        '1.1': 'x/1_ascan.h5:/1.1',
        '2.1': 'a_scan0002.h5:/2.1',
        '2.1_r1': 'a_scan0004.h5:/2.1',
      },
      opensWith: '1.1',
    });
  });

  it('finds files of another template, when it is told', async () => {
    const bench = benchIn();
    const template = '{dir}/{stem}/{session}+{scan_nb:03d}_{name}.h5';
    const own = { ...bench, options: { ...bench.options, target: { ...bench.options.target, template } } };
    await scan(own, 1);
    await scan(own, 1, { start: 7 });
    await scan(own, 2, { dataset: 'b.h5' });
    const made = await linksOf(inside(bench, 'a.h5'));
    fs.rmSync(inside(bench, 'a.h5'));
    fs.copyFileSync(inside(bench, 'a/s+001_1_ascan.h5'), inside(bench, 'a/s+001_1_ascan_earlier1.h5'));
    await expect(rebuild(bench)).rejects.toMatchObject({ tag: 'usage' });
    await rebuild(bench, { template });
    expect(await linksOf(inside(bench, 'a.h5'))).toEqual(made);
    expect(Object.keys(made.links)).toEqual(['1.1', '1.1_r1']);
  });

  it('is left as it is when nothing that it leads to is there any more', async () => {
    const bench = benchIn();
    fs.rmSync(await scan(bench, 1));
    const before = fs.readFileSync(inside(bench, 'a.h5'));
    await expect(rebuild(bench)).rejects.toMatchObject({
      tag: 'usage',
      message: expect.stringContaining('is their disk mounted?') as string,
    });
    expect(fs.readFileSync(inside(bench, 'a.h5')).equals(before)).toBe(true);
    expect(filesIn(bench.directory)).toEqual(['a.h5']);
  });

  it('is not made in the place of a scan’s file', async () => {
    const bench = benchIn();
    const file = await scan(bench, 1);
    await expect(rebuild(bench, {}, file)).rejects.toMatchObject({
      tag: 'usage',
      message: expect.stringContaining('is the file of a scan') as string,
    });
  });
});

describe('what stands in the place of a master that is to be made', () => {
  it.each([
    ['another program’s data', false],
    ['another program’s data, even by force', true],
  ])('is left alone when it is %s', async (_, force) => {
    const bench = benchIn();
    const foreign = (await loadHdf5()).create(inside(bench, 'a.h5'));
    foreign.apply({ op: 'group', path: '/1.1' });
    foreign.close();
    const before = fs.readFileSync(inside(bench, 'a.h5'));
    await scan(bench, 1);
    fs.rmSync(inside(bench, 'a_master.h5'));
    for (const asked of ['a.h5', 'a_master.h5']) {
      const rebuilt = await rebuild(bench, { force }, inside(bench, asked));
      expect(rebuilt).toMatchObject({ file: inside(bench, 'a_master.h5'), links: 1, avoided: 'foreign' });
    }
    expect(fs.readFileSync(inside(bench, 'a.h5')).equals(before)).toBe(true);
    expect(filesIn(bench.directory)).toEqual(['a.h5', 'a_master.h5', 'a_scan0001.h5']);
  });

  it.each([
    ['a damaged master', (whole: Buffer) => whole.subarray(0, 500)],
    ['no HDF5 at all', () => Buffer.from('precious')],
    ['empty', () => Buffer.alloc(0)],
  ])('is replaced by force only when it is %s', async (_, damage) => {
    const bench = benchIn();
    await scan(bench, 1);
    const master = inside(bench, 'a.h5');
    const damaged = damage(fs.readFileSync(master));
    fs.chmodSync(master, 0o644);
    fs.writeFileSync(master, damaged);
    expect(await rebuild(bench)).toMatchObject({ file: inside(bench, 'a_master.h5'), avoided: 'broken' });
    expect(fs.readFileSync(master).equals(damaged)).toBe(true);
    expect(await rebuild(bench, { force: true })).toMatchObject({
      file: master,
      links: 1,
      avoided: undefined,
    });
    expect((await linksOf(master)).links).toEqual({ '1.1': 'a_scan0001.h5:/1.1' });
  });
});

describe('a master of a collection', () => {
  const POLICY = (bench: Bench): Record<string, Plain> => ({
    nexuswriter: { masterfiles: { dataset_collection: inside(bench, 'p_c.h5') } },
  });

  async function collection(): Promise<Bench> {
    const bench = benchIn();
    const info = POLICY(bench);
    await scan(bench, 1, { dataset: 'c_0001/c_0001.h5', start: 10, info });
    await scan(bench, 1, { dataset: 'c_0001/c_0001.h5', start: 30, info });
    const template = '{dir}/scans/{name}.h5';
    const own = { ...bench, options: { ...bench.options, target: { ...bench.options.target, template } } };
    await scan(own, 5, { dataset: 'c_0002/c_0002.h5', start: 20, info });
    return bench;
  }

  it('is made of all datasets below it, and of what their masters say', async () => {
    const bench = await collection();
    const made = await linksOf(inside(bench, 'p_c.h5'));
    fs.mkdirSync(inside(bench, 'c_0001/scan0001'));
    fs.copyFileSync(
      inside(bench, 'c_0001/c_0001_scan0001.h5'),
      inside(bench, 'c_0001/scan0001/no_scan0001.h5'),
    );
    fs.rmSync(inside(bench, 'p_c.h5'));
    await expect(rebuild(bench, {}, inside(bench, 'p_c.h5'))).rejects.toMatchObject({ tag: 'usage' });
    const rebuilt = await rebuild(bench, { below: true }, inside(bench, 'p_c.h5'));
    expect(rebuilt).toMatchObject({ links: 3, dropped: [], unreadable: [] });
    expect(await linksOf(inside(bench, 'p_c.h5'))).toEqual(made);
    expect(made).toEqual({
      links: {
        'c_0001_1.1': 'c_0001/c_0001_scan0001.h5:/1.1',
        'c_0001_1.1_r1': 'c_0001/c_0001_scan0001_r1.h5:/1.1',
        'c_0002_5.1': 'c_0002/scans/5_ascan.h5:/5.1',
      },
      opensWith: 'c_0001_1.1_r1',
    });
  });

  it('is known by its links while it is there', async () => {
    const bench = await collection();
    await scan(bench, 2, { dataset: 'c_0001/c_0001.h5' });
    const rebuilt = await rebuild(bench, {}, inside(bench, 'p_c.h5'));
    expect(Object.keys((await linksOf(rebuilt.file)).links)).toEqual([
      'c_0001_1.1',
      'c_0001_1.1_r1',
      'c_0001_2.1',
      'c_0002_5.1',
    ]);
  });

  it('is not made of the master of a dataset', async () => {
    const bench = await collection();
    const dataset = inside(bench, 'c_0001/c_0001.h5');
    await expect(rebuild(bench, { below: true }, dataset)).rejects.toMatchObject({
      tag: 'usage',
      message: expect.stringContaining('leave --below out') as string,
    });
  });
});
