import { elementCount, itemSize } from '../scan/index.js';
import type { Compression, PointType } from './operation.js';
import type { LayoutOptions } from './options.js';

const DEFAULT_SCALAR_ROWS = 1024;
const MAX_SCALAR_ROWS = 4096;
/** Smaller points gain nothing from compression: each would be a chunk of its own. */
const LEAST_COMPRESSED_BYTES = 1024;
/** What HDF5 keeps in the dataset for one variable-length text: length, heap address, index. */
const TEXT_REFERENCE_BYTES = 16;

/** How points lie in the file. */
export interface Storage {
  /** Points of one chunk. */
  readonly chunkRows: number;
  readonly compression?: Compression;
}

/**
 * How points are stored (LAYOUT 5.3 rule 9). One chunk holds as many scalars as the scan has points within 4096, as
 * many spectra as `chunkBytes` say, one image. Each append rewrites the chunk it ends in, so chunks must stay small
 * (HDF5_AND_SPEED 0); what is compressed is compressed point by point, else each append would do it all again.
 * @param npoints points the scan is planned to have, 0 or undefined when open
 */
export function storageOf(
  type: PointType,
  pointShape: readonly number[],
  npoints: number | undefined,
  { chunkBytes, compression }: Pick<LayoutOptions, 'chunkBytes' | 'compression'>,
): Storage {
  const planned = npoints !== undefined && npoints > 0 ? npoints : undefined;
  if (pointShape.length === 0) {
    return { chunkRows: Math.min(planned ?? DEFAULT_SCALAR_ROWS, MAX_SCALAR_ROWS) };
  }
  const pointBytes = elementCount(pointShape) * (type === 'text' ? TEXT_REFERENCE_BYTES : itemSize(type));
  if (compression !== undefined && type !== 'text' && pointBytes >= LEAST_COMPRESSED_BYTES) {
    return { chunkRows: 1, compression };
  }
  const fitting = Math.floor(chunkBytes / Math.max(1, pointBytes));
  return { chunkRows: Math.max(1, Math.min(fitting, planned ?? MAX_SCALAR_ROWS, MAX_SCALAR_ROWS)) };
}

/** `@interpretation` by the dimensions of one point; none for scalars (LAYOUT 1.6). */
export function interpretationOf(pointShape: readonly number[]): string | undefined {
  return [undefined, 'spectrum', 'image', 'vertex'][pointShape.length];
}
