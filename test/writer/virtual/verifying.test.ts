import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ScanWriterError } from '../../../src/scan/index.js';
import { Hdf5Error, loadHdf5, type Hdf5Library } from '../../../src/writer/hdf5/index.js';
import {
  inspectSource,
  verifyVirtualDataset,
  writeVirtualLayout,
  type ExpectedVirtualDataset,
} from '../../../src/writer/virtual/index.js';
import { hasReaders, runPython } from '../../support/python.js';
import { temporaryFolder, thrown } from '../hdf5/support.js';
import {
  consecutive,
  expectUntouched,
  FRAME_SHAPE,
  PATH,
  SOURCE_PATH,
  writeOneVirtual,
  writeScanFile,
  writeSource,
} from './support.js';

let hdf5: Hdf5Library;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});

describe('verifyVirtualDataset', () => {
  function expectFault(fileName: string, expected: ExpectedVirtualDataset, why: RegExp, path = PATH): void {
    expectUntouched(fileName, () => {
      const error = thrown(() => {
        verifyVirtualDataset(hdf5, fileName, path, expected);
      });
      expect(error).toBeInstanceOf(ScanWriterError);
      expect(error).toMatchObject({ tag: 'hdf5', subject: `${fileName}::${path}` });
      expect(String(error)).toMatch(why);
    });
  }

  it('finds a wrong shape and wrong sources', () => {
    const { fileName, layout } = writeOneVirtual(hdf5, temporaryFolder(), [[0, 1], [2, 3]]); // prettier-ignore
    const [one, other] = layout.mappings;
    if (one === undefined || other === undefined) throw new Error('two mappings');
    verifyVirtualDataset(hdf5, fileName, PATH, layout);
    verifyVirtualDataset(hdf5, fileName, PATH, { ...layout, mappings: [other, one] });
    expectFault(fileName, { ...layout, shape: [5, ...FRAME_SHAPE] }, /shape \[4,3,4\], not \[5,3,4\]/);
    expectFault(fileName, { ...layout, mappings: [one] }, /number of sources 2, not 1/);
    expectFault(fileName, { ...layout, mappings: [one, { ...other, file: 'c.h5' }] }, /source [01] .*, not /);
    expectFault(
      fileName,
      { ...layout, mappings: [one, { ...other, dataset: '/x' }] },
      /source [01] .*, not /,
    );
    const swapped = [{ ...one, first: 2 }, { ...other, first: 0 }]; // prettier-ignore
    expectFault(fileName, { ...layout, mappings: swapped }, /source [01] .*, not /);
    expectFault(fileName, layout, /is not a dataset/, '/1.1/nothing');
    expectFault(
      fileName,
      { shape: [3], mappings: consecutive([['a.h5', 3]]) },
      /number of sources 0, not 1/,
      '/1.1/motor',
    );
  });

  it('finds other frames, types and shapes than the source has', () => {
    const folder = temporaryFolder();
    const { fileName, layout } = writeOneVirtual(hdf5, folder, [undefined, [2, 3]]);
    const source = join(folder, 'images/cam_1.h5');
    const [one, other] = layout.mappings;
    if (one === undefined || other === undefined) throw new Error('two mappings');
    expectFault(
      fileName,
      { ...layout, mappings: [one, { ...other, sourceFirst: 1, count: 1 }] },
      /frame 2 is not that of/,
    );
    writeSource(hdf5, source, [2, 3], { dtype: 'uint8' });
    expectFault(fileName, layout, /frame 3 is not that of/);
    writeSource(hdf5, source, [2, 3], { frameShape: [4, 4] });
    expectFault(fileName, layout, /is not the virtual dataset/);
    writeSource(hdf5, source, [2]);
    expectFault(fileName, layout, /has 1 rows, not 2/);
  });

  it('compares with the next source if one has no such dataset or cannot be read', () => {
    const folder = temporaryFolder();
    const { fileName, layout } = writeOneVirtual(hdf5, folder, [undefined, undefined, [4, 5]]);
    writeFileSync(join(folder, 'images/cam_0.h5'), 'of another program');
    writeSource(hdf5, join(folder, 'images/cam_1.h5'), [2, 3], { dataset: '/elsewhere' });
    verifyVirtualDataset(hdf5, fileName, PATH, layout);
    writeSource(hdf5, join(folder, 'images/cam_2.h5'), [4]);
    expectFault(fileName, layout, /has 1 rows, not 2/);
  });

  it.skipIf(!hasReaders())('does without the pixels of a filter that is not here', async () => {
    const folder = temporaryFolder();
    const { fileName, layout } = writeOneVirtual(hdf5, folder, [undefined]);
    const source = join(folder, 'images', 'cam_0.h5');
    mkdirSync(join(folder, 'images'));
    const script =
      'import h5py, numpy, sys; ' +
      'h5py.File(sys.argv[1], "w").create_dataset(sys.argv[2], data=numpy.ones((2, 3, 4), "u2"), compression="lzf")';
    expect(await runPython(['-c', script, source, SOURCE_PATH])).toMatchObject({ status: 0 });
    expect(inspectSource(hdf5, source, SOURCE_PATH)).toEqual({
      frames: 2,
      frameShape: [3, 4],
      dtype: 'uint16',
    });
    verifyVirtualDataset(hdf5, fileName, PATH, layout);
    expectFault(fileName, { ...layout, shape: [3, ...FRAME_SHAPE] }, /shape/);
  });
});

describe('inspectSource', () => {
  it('tells frames, shape and type of what is there', () => {
    const folder = temporaryFolder();
    const source = join(folder, 'a.h5');
    writeSource(hdf5, source, [0, 1, 2], { dtype: 'float32', frameShape: [2, 5] });
    const file = hdf5.openForAppend(source);
    file.apply({ op: 'softLink', path: '/link', target: SOURCE_PATH });
    file.apply({ op: 'softLink', path: '/dangling', target: '/nowhere' });
    file.apply({ op: 'text', path: '/text', value: 'a' });
    file.apply({ op: 'points', path: '/empty', type: 'int16', pointShape: [7], chunkRows: 1 });
    file.close();
    const content = { frames: 3, frameShape: [2, 5], dtype: 'float32' };
    expect(inspectSource(hdf5, source, SOURCE_PATH)).toEqual(content);
    expect(inspectSource(hdf5, source, '/link')).toEqual(content);
    expect(inspectSource(hdf5, source, '/empty')).toEqual({ frames: 0, frameShape: [7], dtype: 'int16' });
    for (const path of ['/nothing', '/entry_0000', '/entry_0000/x/y', '/dangling', '/text']) {
      expect([path, inspectSource(hdf5, source, path)]).toEqual([path, undefined]);
    }
    expect(inspectSource(hdf5, join(folder, 'none.h5'), SOURCE_PATH)).toBeUndefined();
  });

  it('throws for a file that cannot be read and closes it', () => {
    const folder = temporaryFolder();
    const broken = join(folder, 'broken.h5');
    writeFileSync(broken, 'half a file');
    expect(thrown(() => inspectSource(hdf5, broken, SOURCE_PATH))).toMatchObject({ tag: 'hdf5' });
    const damaged = join(folder, 'damaged.h5');
    writeSource(hdf5, damaged, [0, 1]);
    const file = hdf5.openForReading(damaged);
    const address = Number(file.addressOf(SOURCE_PATH));
    file.close();
    const content = readFileSync(damaged);
    content.fill(0xff, address + 30, address + 40);
    writeFileSync(damaged, content);
    expect(thrown(() => inspectSource(hdf5, damaged, SOURCE_PATH))).toBeInstanceOf(Hdf5Error);
    const { fileName, layout } = writeOneVirtual(hdf5, folder, [[0, 1]]);
    expect(inspectSource(hdf5, fileName, PATH)).toEqual({
      frames: 2,
      frameShape: FRAME_SHAPE,
      dtype: 'uint16',
    });
    expect(inspectSource(hdf5, fileName, '/1.1/instrument/cam/type')).toBeUndefined();
    writeVirtualLayout(fileName, [layout], { replace: true });
  });
});

describe('createPlaceholder', () => {
  it('makes one that can be mapped whatever attributes it has and gets', () => {
    const folder = temporaryFolder();
    writeSource(hdf5, join(folder, 'a.h5'), [0, 1]);
    const mappings = consecutive([['a.h5', 2]]);
    for (const count of [0, 1, 2, 8, 12]) {
      for (const length of [0, 20, 90, 110, 130, 200, 3000]) {
        const attributes = (from: string) =>
          Object.fromEntries(
            Array.from({ length: count }, (_, n) => [`${from}${n}`, ['x'.repeat(length), 'y']]),
          );
        const fileName = join(folder, `scan_${count}_${length}.h5`);
        const before = attributes('a'.repeat(1 + length));
        const address = writeScanFile(hdf5, fileName, { cam: { attributes: before } }).get('cam') ?? 0n;
        const file = hdf5.openForAppend(fileName);
        file.apply({ op: 'attributes', path: PATH, attributes: attributes('b') });
        file.close();
        const layout = { address, shape: [2, ...FRAME_SHAPE], mappings };
        writeVirtualLayout(fileName, [layout]);
        verifyVirtualDataset(hdf5, fileName, PATH, layout);
      }
    }
  });

  it('gives an address that stays and can be asked for again', () => {
    const fileName = join(temporaryFolder(), 'scan.h5');
    const addresses = writeScanFile(hdf5, fileName, { cam: {}, other: {} });
    const file = hdf5.openForAppend(fileName);
    for (const [name, address] of addresses) {
      expect(file.addressOf(`/1.1/instrument/${name}/data`)).toBe(address);
      expect(file.shapeOf(`/1.1/instrument/${name}/data`)).toEqual([0, ...FRAME_SHAPE]);
    }
    file.close();
  });
});
