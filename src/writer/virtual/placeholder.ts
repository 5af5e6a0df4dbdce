import type { DType } from '../../scan/index.js';
import type { Attributes } from '../../layout/operation.js';
import type { Hdf5File } from '../hdf5/index.js';

export interface PlaceholderRequest {
  /** Absolute; the group exists already. */
  readonly path: string;
  /** That of the sources. */
  readonly dtype: DType;
  /** Shape of one frame, `[height, width]` of an image. */
  readonly frameShape: readonly number[];
  readonly attributes?: Attributes;
}

export interface Placeholder {
  readonly path: string;
  /** Of its object header in the file, where it stays; `Hdf5File.addressOf` tells it again. */
  readonly address: bigint;
}

/**
 * Creates a dataset of shape `[0, ...frameShape]` in an open file, for `writeVirtualLayout` to make it virtual once the
 * file is closed. It has no frames before, rather than frames that nobody took.
 * @throws Hdf5Error if the name exists already, or the group does not
 */
export function createPlaceholder(
  file: Hdf5File,
  { path, dtype, frameShape, attributes }: PlaceholderRequest,
): Placeholder {
  file.apply({
    op: 'points',
    path,
    type: dtype,
    pointShape: frameShape,
    chunkRows: 1,
    ...(attributes === undefined ? {} : { attributes }),
  });
  return { path, address: file.addressOf(path) };
}
