import { elementCount, itemSize } from '../../scan/index.js';
import type { Hdf5File } from '../hdf5/index.js';

export const BLOCK_BYTES = 4 * 1024 * 1024;

/** How many rows of a dataset of numbers are read at once, at least one, so that no dataset is whole in memory. */
export function rowsOfBlock(file: Hdf5File, dataset: string): number {
  const { dtype, shape } = file.readRows(dataset, 0, 0);
  const rowBytes = elementCount(shape.slice(1)) * itemSize(dtype);
  return Math.max(1, Math.floor(BLOCK_BYTES / Math.max(1, rowBytes)));
}
