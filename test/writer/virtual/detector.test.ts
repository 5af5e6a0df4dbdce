import { createHash } from 'node:crypto';
import { cpSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadHdf5, type Hdf5Library } from '../../../src/writer/hdf5/index.js';
import {
  inspectSource,
  verifyVirtualDataset,
  writeVirtualLayout,
  type VirtualMapping,
} from '../../../src/writer/virtual/index.js';
import { hasReaders } from '../../support/python.js';
import { hasRecording, recordingFolder } from '../../support/recordings.js';
import { temporaryFolder } from '../hdf5/support.js';
import { PATH, readEverywhere, writeScanFile } from './support.js';

const RECORDING = 'lima_hdf5_multi';
/** Where this simulated camera puts its frames, and where the reference writer maps them. */
const DATASET = '/entry_0000/esrf-id00a/lima_simulator/data';
const REFERENCE_PATH = '/1.1/instrument/lima_simulator/data';

let hdf5: Hdf5Library;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});

describe.skipIf(!hasReaders() || !hasRecording(RECORDING))('files of a real detector', () => {
  it('read through ours as through the reference writer’s virtual dataset', async () => {
    const recorded = scanFolder();
    const folder = join(temporaryFolder(), 'processed');
    const images = join(folder, '..', 'raw', 'scan0001');
    cpSync(recorded, images, { recursive: true });

    let frames = 0;
    const mappings: VirtualMapping[] = [];
    const bytes: Uint8Array[] = [];
    for (const name of readdirSync(images).sort()) {
      const source = join(images, name);
      const content = inspectSource(hdf5, source, DATASET);
      expect(content).toMatchObject({ frameShape: [64, 48], dtype: 'uint16' });
      const count = content?.frames ?? 0;
      mappings.push({
        file: `../raw/scan0001/${name}`,
        dataset: DATASET,
        first: frames,
        count,
        sourceFirst: 0,
      });
      frames += count;
      const file = hdf5.openForReading(source);
      bytes.push(file.readNumbers(DATASET).bytes);
      file.close();
    }
    const fileName = join(folder, 'scan.h5');
    const address = writeScanFile(hdf5, fileName, { cam: { frameShape: [64, 48] } }).get('cam') ?? 0n;
    const layout = { address, shape: [frames, 64, 48], mappings };
    writeVirtualLayout(fileName, [layout]);
    verifyVirtualDataset(hdf5, fileName, PATH, layout);

    const file = hdf5.openForReading(fileName);
    const here = file.readNumbers(PATH).bytes;
    file.close();
    expect(Buffer.concat(bytes).equals(here)).toBe(true);
    const sha256 = createHash('sha256').update(here).digest('hex');
    const expected = { shape: [8, 64, 48], dtype: 'uint16', sha256 };
    const [ours, reference] = await readEverywhere(
      [fileName, PATH],
      [join(recorded, '..', 'data.h5'), REFERENCE_PATH],
    );
    expect(ours?.h5py).toMatchObject(expected);
    expect(ours?.silx).toEqual(expected);
    expect(ours?.h5dump).toEqual(expected);
    expect(reference?.h5py).toMatchObject(expected);
    // PyMca makes floats of both.
    expect(ours?.pymca).toEqual(reference?.pymca);
  });
});

function scanFolder(): string {
  const reference = join(recordingFolder(RECORDING), 'reference');
  const [first] = readdirSync(reference, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('_0000.h5'),
  );
  return dirname(join(reference, first ?? ''));
}
