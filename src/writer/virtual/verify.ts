import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { messageOf, ScanWriterError, type NumericArray } from '../../scan/index.js';
import { Hdf5Error, type Hdf5File, type Hdf5Library } from '../hdf5/index.js';
import { checkedMappings, type VirtualMapping } from './mapping.js';
import { escapedName } from './mappingBlock.js';
import { inspectSource } from './source.js';

export interface ExpectedVirtualDataset {
  readonly shape: readonly number[];
  readonly mappings: readonly VirtualMapping[];
}

/**
 * Reads a virtual dataset as readers do: its shape, the names of all sources, and one frame, which has to be that of
 * the first source that is there.
 * @throws ScanWriterError `hdf5` if anything is not as expected
 */
export function verifyVirtualDataset(
  hdf5: Hdf5Library,
  fileName: string,
  path: string,
  { shape, mappings }: ExpectedVirtualDataset,
): void {
  const subject = `${fileName}::${path}`;
  const file = hdf5.openForReading(fileName);
  try {
    const sorted = checkedMappings(shape, mappings);
    expectSame('shape', file.shapeOf(path), shape);
    expectSources(file.virtualSourcesOf(path), sorted);
    compareOneFrame(hdf5, file, path, sorted);
  } catch (cause) {
    const message = `${subject} is not the virtual dataset it should be: ${messageOf(cause)}`;
    throw new ScanWriterError('hdf5', message, { subject, cause });
  } finally {
    file.close();
  }
}

function expectSources(sources: readonly object[], mappings: readonly VirtualMapping[]): void {
  expectSame('number of sources', sources.length, mappings.length);
  mappings.forEach(({ file, dataset }, index) => {
    const expected = { file: escapedName(file), dataset: escapedName(dataset) };
    expectSame(`source ${index}`, sources[index], expected);
  });
}

function expectSame(what: string, got: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(got, expected)) {
    throw new ScanWriterError('hdf5', `${what} ${JSON.stringify(got)}, not ${JSON.stringify(expected)}.`);
  }
}

/** The last frame of a mapping, since a source that is too short is a fault as well. */
function compareOneFrame(
  hdf5: Hdf5Library,
  file: Hdf5File,
  path: string,
  mappings: readonly VirtualMapping[],
): void {
  for (const { file: name, dataset, first, count, sourceFirst } of mappings) {
    const source = join(dirname(file.path), name);
    const expected = frameOf(hdf5, source, dataset, sourceFirst + count - 1);
    if (expected === undefined) continue;
    const row = first + count - 1;
    if (isDeepStrictEqual(file.readRows(path, row, 1), expected)) return;
    throw new ScanWriterError('hdf5', `frame ${row} is not that of ${source}.`);
  }
}

/** Undefined if it is not there or HDF5 here cannot read it, for instance for lack of the detector's filter. */
function frameOf(
  hdf5: Hdf5Library,
  source: string,
  dataset: string,
  index: number,
): NumericArray | undefined {
  try {
    if (inspectSource(hdf5, source, dataset) === undefined) return undefined;
    const file = hdf5.openForReading(source);
    try {
      return file.readRows(dataset, index, 1);
    } finally {
      file.close();
    }
  } catch (error) {
    if (error instanceof Hdf5Error) return undefined;
    throw error;
  }
}
