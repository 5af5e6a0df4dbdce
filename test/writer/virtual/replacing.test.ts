import { statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadHdf5, type Hdf5Library } from '../../../src/writer/hdf5/index.js';
import { verifyVirtualDataset, writeVirtualLayout } from '../../../src/writer/virtual/index.js';
import { hasReaders } from '../../support/python.js';
import { temporaryFolder } from '../hdf5/support.js';
import {
  consecutive,
  expectFrames,
  FRAME_SHAPE,
  PATH,
  readEverywhere,
  readHere,
  valuesOf,
  writeOneVirtual,
  writeScanFile,
  writeSource,
} from './support.js';

let hdf5: Hdf5Library;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});

describe.skipIf(!hasReaders())('replacing what a virtual dataset has', () => {
  it('extends it, shrinks it to nothing and lets it grow again', async () => {
    const folder = temporaryFolder();
    const { fileName, layout } = writeOneVirtual(hdf5, folder, [[0, 1], [2, 3]]); // prettier-ignore
    const { address } = layout;
    writeSource(hdf5, join(folder, 'images/cam_2.h5'), [4, 5]);
    const all = consecutive([['images/cam_0.h5', 2], ['images/cam_1.h5', 2], ['images/cam_2.h5', 2]]); // prettier-ignore
    for (const [round, files] of [3, 1, 0, 2, 3].entries()) {
      const mappings = all.slice(0, files);
      const changed = { address, shape: [2 * files, ...FRAME_SHAPE], mappings };
      const before = statSync(fileName).size;
      writeVirtualLayout(fileName, [changed], { replace: true });
      expect(statSync(fileName).size - before).toBeLessThanOrEqual(4096 + 8);
      verifyVirtualDataset(hdf5, fileName, PATH, changed);
      const frames = Array.from({ length: 2 * files }, (_, frame) => frame);
      const [read] = await readEverywhere([fileName, PATH]);
      expectFrames(read, frames);
      expect(readHere(hdf5, fileName)).toEqual(valuesOf(frames));
      const file = hdf5.openForAppend(fileName);
      file.apply({ op: 'attributes', path: PATH, attributes: { [`round${round}`]: 'x'.repeat(50) } });
      file.close();
    }
  });

  it('corrects a mapping that promised more than the files got', async () => {
    const folder = temporaryFolder();
    const fileName = join(folder, 'scan.h5');
    const address = writeScanFile(hdf5, fileName).get('cam') ?? 0n;
    const planned = consecutive([['a.h5', 3], ['b.h5', 3], ['c.h5', 3]]); // prettier-ignore
    writeVirtualLayout(fileName, [{ address, shape: [9, ...FRAME_SHAPE], mappings: planned }]);
    writeSource(hdf5, join(folder, 'a.h5'), [0, 1, 2]);
    writeSource(hdf5, join(folder, 'b.h5'), [3]);
    const mappings = consecutive([['a.h5', 3], ['b.h5', 1]]); // prettier-ignore
    writeVirtualLayout(fileName, [{ address, shape: [4, ...FRAME_SHAPE], mappings }], { replace: true });
    const [read] = await readEverywhere([fileName, PATH]);
    expectFrames(read, [0, 1, 2, 3]);
  });

  it('changes one dataset and leaves the others', async () => {
    const folder = temporaryFolder();
    const fileName = join(folder, 'scan.h5');
    const addresses = writeScanFile(hdf5, fileName, { cam: {}, other: {} });
    writeSource(hdf5, join(folder, 'a.h5'), [0, 1]);
    writeSource(hdf5, join(folder, 'b.h5'), [2, 3]);
    const layoutOf = (name: string, file: string) => {
      return {
        address: addresses.get(name) ?? 0n,
        shape: [2, ...FRAME_SHAPE],
        mappings: consecutive([[file, 2]]),
      };
    };
    writeVirtualLayout(fileName, [layoutOf('cam', 'a.h5'), layoutOf('other', 'b.h5')]);
    writeVirtualLayout(fileName, [layoutOf('cam', 'b.h5')], { replace: true });
    const [cam, other] = await readEverywhere([fileName, PATH], [fileName, '/1.1/instrument/other/data']);
    expectFrames(cam, [2, 3]);
    expectFrames(other, [2, 3]);
  });

  it('starts from a placeholder that has no frames', async () => {
    const fileName = join(temporaryFolder(), 'scan.h5');
    writeScanFile(hdf5, fileName);
    writeVirtualLayout(fileName, []);
    const [read] = await readEverywhere([fileName, PATH]);
    expectFrames(read, []);
    expect(read?.h5py.sources).toBeNull();
  });
});
