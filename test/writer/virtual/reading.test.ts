import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DType } from '../../../src/scan/index.js';
import { loadHdf5, type Hdf5Library } from '../../../src/writer/hdf5/index.js';
import {
  verifyVirtualDataset,
  writeVirtualLayout,
  type VirtualLayout,
} from '../../../src/writer/virtual/index.js';
import { hasReaders } from '../../support/python.js';
import { numbers, readBack, temporaryFolder } from '../hdf5/support.js';
import {
  consecutive,
  expectFrames,
  FRAME_SHAPE,
  PATH,
  readEverywhere,
  readHere,
  SOURCE_PATH,
  valuesOf,
  writeOneVirtual,
  writeScanFile,
  writeSource,
} from './support.js';

let hdf5: Hdf5Library;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});

describe.skipIf(!hasReaders())('a virtual dataset, in every reader', () => {
  it('has the frames of several files', async () => {
    const { fileName, layout } = writeOneVirtual(hdf5, temporaryFolder(), [[0, 1], [2, 3], [4, 5]]); // prettier-ignore
    const [read] = await readEverywhere([fileName, PATH]);
    expectFrames(read, [0, 1, 2, 3, 4, 5]);
    expect(read?.h5py.sources).toEqual([0, 1, 2].map((n) => [`images/cam_${n}.h5`, SOURCE_PATH]));
    expect(BigInt(read?.h5py.address ?? 0)).toBe(layout.address);
    expect(readHere(hdf5, fileName)).toEqual(valuesOf([0, 1, 2, 3, 4, 5]));
    verifyVirtualDataset(hdf5, fileName, PATH, layout);
    const tree = await readBack(fileName);
    expect(tree['/1.1/motor']?.values).toEqual([0.5, 1, 1.5]);
  });

  it.each([
    ['first', [undefined, [2, 3], [4, 5]]],
    ['middle', [[0, 1], undefined, [4, 5]]],
    ['last', [[0, 1], [2, 3], undefined]],
    ['only', [undefined]],
  ] as const)('has the fill value where the %s file is missing', async (_, files) => {
    const { fileName, layout } = writeOneVirtual(hdf5, temporaryFolder(), files);
    const frames = files.flatMap((ids) => ids ?? [undefined, undefined]);
    const [read] = await readEverywhere([fileName, PATH]);
    expectFrames(read, frames);
    expect(readHere(hdf5, fileName)).toEqual(valuesOf(frames));
    verifyVirtualDataset(hdf5, fileName, PATH, layout);
  });

  it('has parts of files, in any order, and frames that are in no file', async () => {
    const folder = temporaryFolder();
    const fileName = join(folder, 'scan.h5');
    const address = writeScanFile(hdf5, fileName).get('cam') ?? 0n;
    writeSource(hdf5, join(folder, 'a.h5'), [0, 1, 2, 3, 4]);
    writeSource(hdf5, join(folder, 'b.h5'), [5, 6, 7]);
    const layout = {
      address,
      shape: [9, ...FRAME_SHAPE],
      mappings: [
        { file: 'b.h5', dataset: SOURCE_PATH, first: 5, count: 1, sourceFirst: 1 },
        { file: 'a.h5', dataset: SOURCE_PATH, first: 1, count: 3, sourceFirst: 2 },
        { file: 'b.h5', dataset: SOURCE_PATH, first: 0, count: 1, sourceFirst: 2 },
      ],
    };
    writeVirtualLayout(fileName, [layout]);
    verifyVirtualDataset(hdf5, fileName, PATH, layout);
    const none = undefined;
    const [read] = await readEverywhere([fileName, PATH]);
    expectFrames(read, [7, 2, 3, 4, none, 6, none, none, none]);
  });

  it('has every type and rank, many files, and attributes from before and after', async () => {
    const folder = temporaryFolder();
    const fileName = join(folder, 'scan.h5');
    const detectors: Record<string, { dtype: DType; frameShape: number[]; files: number }> = {
      u8: { dtype: 'uint8', frameShape: [5, 4], files: 2 },
      i16: { dtype: 'int16', frameShape: [5, 4], files: 2 },
      u32: { dtype: 'uint32', frameShape: [5, 4], files: 2 },
      i64: { dtype: 'int64', frameShape: [5, 4], files: 2 },
      f32: { dtype: 'float32', frameShape: [5, 4], files: 2 },
      f64: { dtype: 'float64', frameShape: [5, 4], files: 2 },
      rgb: { dtype: 'uint8', frameShape: [2, 4, 3], files: 2 },
      mca: { dtype: 'uint32', frameShape: [16], files: 2 },
      scalar: { dtype: 'float64', frameShape: [], files: 2 },
      many: { dtype: 'uint16', frameShape: [3, 2], files: 200 },
    };
    const attributes = { interpretation: 'image', units: 'counts', long: 'x'.repeat(300) };
    const requests = Object.entries(detectors).map(([name, { dtype, frameShape }]) => {
      return [name, { dtype, frameShape, attributes }] as const;
    });
    const addresses = writeScanFile(hdf5, fileName, Object.fromEntries(requests));
    const layouts = Object.entries(detectors).map(([name, { dtype, frameShape, files }]): VirtualLayout => {
      const names = Array.from({ length: files }, (_, index) => `scan0001/${name}_${index}.h5`);
      names.forEach((file, index) => {
        writeSource(hdf5, join(folder, file), [2 * index, 2 * index + 1], { dtype, frameShape });
      });
      const mappings = consecutive(names.map((file) => [file, 2]));
      return { address: addresses.get(name) ?? 0n, shape: [2 * files, ...frameShape], mappings };
    });
    writeVirtualLayout(fileName, layouts);

    const file = hdf5.openForAppend(fileName);
    for (const name of Object.keys(detectors)) {
      for (let index = 0; index < 4; index++) {
        const later = { [`later${index}`]: 'y'.repeat(100 * index) };
        file.apply({ op: 'attributes', path: `/1.1/instrument/${name}/data`, attributes: later });
      }
    }
    file.close();

    const paths = Object.keys(detectors).map((name) => `/1.1/instrument/${name}/data`);
    const reads = await readEverywhere(...paths.map((path) => [fileName, path] as const));
    Object.values(detectors).forEach(({ dtype, frameShape, files }, index) => {
      const frames = Array.from({ length: 2 * files }, (_, frame) => frame);
      expectFrames(reads[index], frames, { dtype, frameShape });
      expect(reads[index]?.h5py.attributes).toMatchObject({ ...attributes, later3: 'y'.repeat(300) });
      expect(readHere(hdf5, fileName, paths[index]).map(Number)).toEqual(valuesOf(frames, frameShape));
      const layout = layouts[index];
      if (layout !== undefined) verifyVirtualDataset(hdf5, fileName, paths[index] ?? '', layout);
    });
  });

  it('finds files of any name, also above its own folder', async () => {
    const folder = join(temporaryFolder(), 'proposal', 'sample');
    const fileName = join(folder, 'data', 'scan.h5');
    const address = writeScanFile(hdf5, fileName).get('cam') ?? 0n;
    const names = [
      '50%b_%d %%.h5',
      'détecteur µ 画像.h5',
      'with space.h5',
      '../raw/above.h5',
      '../../raw/far above.h5',
      'raw\\x:y.h5',
    ];
    const dataset = '/entrée %d/da ta%b';
    names.forEach((name, index) => {
      writeSource(hdf5, join(folder, 'data', name), [index], { dataset });
    });
    const mappings = names.map((file, index) => ({ file, dataset, first: index, count: 1, sourceFirst: 0 }));
    const layout = { address, shape: [names.length, ...FRAME_SHAPE], mappings };
    writeVirtualLayout(fileName, [layout]);
    verifyVirtualDataset(hdf5, fileName, PATH, layout);
    const [read] = await readEverywhere([fileName, PATH]);
    expectFrames(read, [0, 1, 2, 3, 4, 5]);
  });

  it('is found from a master in another folder, and after the whole tree was moved', async () => {
    const root = temporaryFolder();
    const folder = join(root, 'before', 'sample', 'data');
    const { layout } = writeOneVirtual(hdf5, folder, [[0, 1], [2, 3]]); // prettier-ignore
    mkdirSync(join(root, 'before', 'collection'));
    const master = hdf5.create(join(root, 'before', 'collection', 'master.h5'));
    master.apply({ op: 'externalLink', path: '/1.1', file: '../sample/data/scan.h5', target: '/1.1' });
    master.close();
    for (const parent of ['before', 'after']) {
      if (parent === 'after') renameSync(join(root, 'before'), join(root, 'after'));
      const moved = join(root, parent, 'sample', 'data', 'scan.h5');
      const [read, throughMaster] = await readEverywhere(
        [moved, PATH],
        [join(root, parent, 'collection', 'master.h5'), PATH],
      );
      expectFrames(read, [0, 1, 2, 3]);
      expectFrames(throughMaster, [0, 1, 2, 3]);
      verifyVirtualDataset(hdf5, moved, PATH, layout);
    }
  });

  it.each([
    ['uint8', [255], 255],
    ['uint16', [0xff, 0xff], 65535],
    ['int32', [0xff, 0xff, 0xff, 0xff], -1],
    ['uint32', [0xff, 0xff, 0xff, 0xff], 4294967295],
    ['float32', [0, 0, 0xc0, 0x7f], 'nan'],
    ['float64', [0, 0, 0, 0, 0, 0, 0xf8, 0x7f], 'nan'],
  ] as const)('has a fill value of %s', async (dtype, fill, expected) => {
    const folder = temporaryFolder();
    const fileName = join(folder, 'scan.h5');
    const address =
      writeScanFile(hdf5, fileName, { cam: { dtype, attributes: { a: 'b' } } }).get('cam') ?? 0n;
    writeSource(hdf5, join(folder, 'a.h5'), [0, 1], { dtype });
    const mappings = consecutive([['a.h5', 2], ['b.h5', 1]]); // prettier-ignore
    const layout = { address, shape: [4, ...FRAME_SHAPE], mappings };
    writeVirtualLayout(fileName, [{ ...layout, fill: Uint8Array.from(fill) }]);
    let [read] = await readEverywhere([fileName, PATH]);
    expect(read?.h5py.fill).toBe(expected);
    expectFrames(read, [0, 1, undefined, undefined], { dtype, fill: expected });
    // It stays, also in another shape, until another is given.
    writeVirtualLayout(fileName, [{ ...layout, shape: [3, ...FRAME_SHAPE] }], { replace: true });
    [read] = await readEverywhere([fileName, PATH]);
    expectFrames(read, [0, 1, undefined], { dtype, fill: expected });
    const zero = new Uint8Array(fill.length);
    writeVirtualLayout(fileName, [{ ...layout, fill: zero }], { replace: true });
    [read] = await readEverywhere([fileName, PATH]);
    expectFrames(read, [0, 1, undefined, undefined], { dtype });
  });

  it('stays as it is while our writer goes on with the file', async () => {
    const folder = temporaryFolder();
    const { fileName, layout } = writeOneVirtual(hdf5, folder, [[0, 1], undefined]); // prettier-ignore
    for (let round = 0; round < 3; round++) {
      const file = hdf5.openForAppend(fileName);
      file.append(
        '/1.1/motor',
        file.rows('/1.1/motor'),
        numbers('float64', [1000], new Array(1000).fill(round)),
      );
      file.apply({ op: 'group', path: `/1.1/group${round}`, attributes: { NX_class: 'NXcollection' } });
      file.apply({ op: 'texts', path: `/1.1/texts${round}`, values: ['a', 'µ'.repeat(5000), 'c'] });
      file.apply({ op: 'softLink', path: `/1.1/link${round}`, target: PATH });
      file.close();
    }
    const [read, linked] = await readEverywhere([fileName, PATH], [fileName, '/1.1/link2']);
    expectFrames(read, [0, 1, undefined, undefined]);
    expectFrames(linked, [0, 1, undefined, undefined]);
    const tree = await readBack(fileName);
    expect(tree['/1.1/motor']?.shape).toEqual([3003]);
    expect(tree['/1.1/texts2']?.values).toEqual(['a', 'µ'.repeat(5000), 'c']);
    // A file that the detector closes later shows up by itself, and a mapping can still be replaced.
    writeSource(hdf5, join(folder, 'images', 'cam_1.h5'), [2, 3]);
    verifyVirtualDataset(hdf5, fileName, PATH, layout);
    writeVirtualLayout(fileName, [layout], { replace: true });
    const [later] = await readEverywhere([fileName, PATH]);
    expectFrames(later, [0, 1, 2, 3]);
  });

  it('takes little of a file, whatever its shape', () => {
    const folder = temporaryFolder();
    const fileName = join(folder, 'scan.h5');
    const address = writeScanFile(hdf5, fileName, { cam: { frameShape: [4096, 4096] } }).get('cam') ?? 0n;
    const before = statSync(fileName).size;
    writeVirtualLayout(fileName, [
      { address, shape: [100_000, 4096, 4096], mappings: consecutive([['a.h5', 100_000]]) },
    ]);
    expect(statSync(fileName).size - before).toBeLessThan(4096 + 8);
  });
});
