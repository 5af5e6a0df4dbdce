import { elementCount, itemSize } from '../scan/index.js';
import type { PointType } from './operation.js';

const DEFAULT_SCALAR_ROWS = 1024;
const MAX_SCALAR_ROWS = 4096;
const CHUNK_BYTES = 256 * 1024;
/** What HDF5 keeps in the dataset for one variable-length text: length, heap address, index. */
const TEXT_REFERENCE_BYTES = 16;

/**
 * Rows of one chunk (LAYOUT 5.3 rule 9): as many scalars as the scan has points within 4096, about 256 KiB of spectra,
 * one image. Each append rewrites the chunk it ends in, so chunks must stay small (HDF5_AND_SPEED 0).
 * @param npoints points the scan is planned to have, 0 or undefined when open
 */
export function chunkRows(
  type: PointType,
  pointShape: readonly number[],
  npoints: number | undefined,
): number {
  const planned = npoints !== undefined && npoints > 0 ? npoints : undefined;
  if (pointShape.length === 0) return Math.min(planned ?? DEFAULT_SCALAR_ROWS, MAX_SCALAR_ROWS);
  const itemBytes = type === 'text' ? TEXT_REFERENCE_BYTES : itemSize(type);
  const fitting = Math.floor(CHUNK_BYTES / Math.max(1, elementCount(pointShape) * itemBytes));
  return Math.max(1, Math.min(fitting, planned ?? MAX_SCALAR_ROWS, MAX_SCALAR_ROWS));
}

/** `@interpretation` by the dimensions of one point; none for scalars (LAYOUT 1.6). */
export function interpretationOf(pointShape: readonly number[]): string | undefined {
  return [undefined, 'spectrum', 'image', 'vertex'][pointShape.length];
}
