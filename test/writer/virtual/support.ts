import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { elements, elementCount, type DType, type NumericArray } from '../../../src/scan/index.js';
import type { Hdf5Library } from '../../../src/writer/hdf5/index.js';
import {
  createPlaceholder,
  writeVirtualLayout,
  type PlaceholderRequest,
  type VirtualLayout,
  type VirtualMapping,
} from '../../../src/writer/virtual/index.js';
import { runPython } from '../../support/python.js';
import { numbers } from '../hdf5/support.js';

export const PATH = '/1.1/instrument/cam/data';
export const SOURCE_PATH = '/entry_0000/measurement/data';
export const FRAME_SHAPE = [3, 4];

/** A frame that can be told from all others; of a frame that is nowhere, the fill value. */
export function frameValues(id: number | undefined, frameShape = FRAME_SHAPE, fill = 0): number[] {
  return Array.from({ length: elementCount(frameShape) }, (_, pixel) =>
    id === undefined ? fill : ((id * 31 + pixel * 7) % 120) + 1,
  );
}

export function framesArray(ids: readonly number[], dtype: DType, frameShape = FRAME_SHAPE): NumericArray {
  return numbers(
    dtype,
    [ids.length, ...frameShape],
    ids.flatMap((id) => frameValues(id, frameShape)),
  );
}

interface SourceRequest {
  dtype: DType;
  frameShape: number[];
  dataset: string;
}

/** A detector's file with these frames. */
export function writeSource(
  hdf5: Hdf5Library,
  fileName: string,
  ids: readonly number[],
  { dtype = 'uint16', frameShape = FRAME_SHAPE, dataset = SOURCE_PATH }: Partial<SourceRequest> = {},
): void {
  mkdirSync(dirname(fileName), { recursive: true });
  const file = hdf5.create(fileName);
  const groups = dataset.split('/').slice(1, -1);
  groups.forEach((_, index) => {
    file.apply({ op: 'group', path: `/${groups.slice(0, index + 1).join('/')}` });
  });
  file.apply({ op: 'points', path: dataset, type: dtype, pointShape: frameShape, chunkRows: 1 });
  file.append(dataset, 0, framesArray(ids, dtype, frameShape));
  file.close();
}

/** A file as our writer makes it, with placeholders of these names at `/1.1/instrument/{name}/data`. */
export function writeScanFile(
  hdf5: Hdf5Library,
  fileName: string,
  requests: Readonly<Record<string, Partial<PlaceholderRequest>>> = { cam: {} },
): Map<string, bigint> {
  mkdirSync(dirname(fileName), { recursive: true });
  const file = hdf5.create(fileName);
  file.apply({ op: 'group', path: '/1.1', attributes: { NX_class: 'NXentry' } });
  file.apply({ op: 'group', path: '/1.1/instrument', attributes: { NX_class: 'NXinstrument' } });
  const addresses = Object.entries(requests).map(([name, request]): [string, bigint] => {
    file.apply({ op: 'group', path: `/1.1/instrument/${name}`, attributes: { NX_class: 'NXdetector' } });
    const path = `/1.1/instrument/${name}/data`;
    const made = createPlaceholder(file, { path, dtype: 'uint16', frameShape: FRAME_SHAPE, ...request });
    expect(made.path).toBe(path);
    file.apply({ op: 'text', path: `/1.1/instrument/${name}/type`, value: 'lima' });
    return [name, made.address];
  });
  file.apply({ op: 'points', path: '/1.1/motor', type: 'float64', pointShape: [], chunkRows: 16 });
  file.append('/1.1/motor', 0, numbers('float64', [3], [0.5, 1, 1.5]));
  file.close();
  return new Map(addresses);
}

/** Mappings of whole files one after the other: names and numbers of frames. */
export function consecutive(files: readonly (readonly [string, number])[]): VirtualMapping[] {
  let first = 0;
  return files.map(([file, count]) => {
    const mapping = { file, dataset: SOURCE_PATH, first, count, sourceFirst: 0 };
    first += count;
    return mapping;
  });
}

export interface OneDataset {
  readonly fileName: string;
  readonly layout: VirtualLayout;
}

/** A scan file with one virtual dataset over these files, of two frames each; `undefined` for one that is missing. */
export function writeOneVirtual(
  hdf5: Hdf5Library,
  folder: string,
  ids: readonly (readonly [number, number] | undefined)[],
): OneDataset {
  const fileName = join(folder, 'scan.h5');
  const addresses = writeScanFile(hdf5, fileName);
  const mappings = consecutive(ids.map((_, index) => [`images/cam_${index}.h5`, 2]));
  ids.forEach((each, index) => {
    if (each !== undefined) writeSource(hdf5, join(folder, mappings[index]?.file ?? ''), each);
  });
  const layout = {
    address: addresses.get('cam') ?? 0n,
    shape: [2 * ids.length, ...FRAME_SHAPE],
    mappings,
  };
  writeVirtualLayout(fileName, [layout]);
  return { fileName, layout };
}

/** What each reader sees of a dataset. */
export interface Read {
  shape: number[];
  dtype: string;
  values?: (number | string)[];
  sha256?: string;
}
export type Reads = Record<'h5py' | 'silx' | 'pymca' | 'h5dump', Read | undefined> & {
  h5py: Read & {
    sources: [string, string][] | null;
    fill: number | string;
    attributes: Record<string, unknown>;
    address: number;
  };
};

/** Reads datasets with h5py, silx, PyMca and h5dump. Their working folder is not that of the file. */
export async function readEverywhere(...datasets: readonly (readonly [string, string])[]): Promise<Reads[]> {
  const script = join(import.meta.dirname, 'read_virtual.py');
  const { status, stdout, stderr } = await runPython([script, ...datasets.flat()]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as Reads[];
}

interface ExpectedFrames {
  dtype: DType;
  frameShape: number[];
  /** NaN is text in JSON. */
  fill: number | 'nan';
}

/** All readers see these frames. */
export function expectFrames(
  reads: Reads | undefined,
  ids: readonly (number | undefined)[],
  { dtype = 'uint16', frameShape = FRAME_SHAPE, fill = 0 }: Partial<ExpectedFrames> = {},
): void {
  const fillValues = new Array<number | string>(elementCount(frameShape)).fill(fill);
  const values = ids.flatMap((id) => (id === undefined ? fillValues : frameValues(id, frameShape)));
  const expected = { shape: [ids.length, ...frameShape], dtype, values };
  const { h5py, silx, pymca, h5dump } = reads ?? {};
  expect(h5py).toMatchObject(expected);
  expect(silx).toEqual(expected);
  expect(h5dump).toEqual(expected);
  // PyMca makes stacks of images, and floats of their pixels.
  if (ids.length > 0 && frameShape.length === 2) expect(pymca?.values).toEqual(values);
}

/** What h5wasm reads, one list a dataset. */
export function readHere(hdf5: Hdf5Library, fileName: string, path = PATH): unknown[] {
  const file = hdf5.openForReading(fileName);
  try {
    return elements(file.readNumbers(path));
  } finally {
    file.close();
  }
}

export function valuesOf(ids: readonly (number | undefined)[], frameShape = FRAME_SHAPE): number[] {
  return ids.flatMap((id) => frameValues(id, frameShape));
}

/** Does something that must not change the file by a byte. */
export function expectUntouched(fileName: string, attempt: () => void): void {
  const before = readFileSync(fileName);
  attempt();
  expect(readFileSync(fileName).equals(before)).toBe(true);
}
