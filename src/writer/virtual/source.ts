import { statSync } from 'node:fs';
import { ScanWriterError, type DType } from '../../scan/index.js';
import { Hdf5Error, type Hdf5Library } from '../hdf5/index.js';

export interface SourceContent {
  /** How many the file has now. */
  readonly frames: number;
  readonly frameShape: readonly number[];
  readonly dtype: DType;
}

/**
 * What a detector's file has; undefined if there is no such file, or in it no such dataset of numbers.
 * @throws Hdf5Error if the file cannot be read, for instance because it is still being made
 */
export function inspectSource(
  hdf5: Hdf5Library,
  sourceFile: string,
  dataset: string,
): SourceContent | undefined {
  if (isMissing(sourceFile)) return undefined;
  const file = hdf5.openForReading(sourceFile);
  try {
    const [frames, ...frameShape] = file.shapeOf(dataset);
    const { dtype } = file.readRows(dataset, 0, 0);
    return frames === undefined ? undefined : { frames, frameShape, dtype };
  } catch (error) {
    if (error instanceof ScanWriterError && !(error instanceof Hdf5Error)) return undefined;
    throw error;
  } finally {
    file.close();
  }
}

/** True only if it is sure that there is no such file; HDF5 says what else is wrong. */
function isMissing(fileName: string): boolean {
  try {
    return statSync(fileName, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}
