import type { Compression } from './operation.js';

/** What a user can choose of a scan's file. */
export interface LayoutOptions {
  /**
   * Every channel in a group of its own, whatever device it belongs to; no application, no plots of the technique, no
   * masters above the dataset's: the facility's `--noconfig`.
   */
  readonly generic: boolean;
  /** Points of a mesh in its shape, the slow motor first, instead of in the order of acquisition. */
  readonly keepShape: boolean;
  /** Motors that move together in one group, named after what moves them. */
  readonly multivaluePositioners: boolean;
  /** Points of a scan of one point without a dimension of points. */
  readonly scalarCt: boolean;
  /** For spectra and images; scalars and text are never compressed. */
  readonly compression: Compression | undefined;
  /** Bytes of one chunk of spectra, about. */
  readonly chunkBytes: number;
  /** Energy calibration of MCAs: group of the element or its controller -> `[a, b, c]`, energy = a + b x + c x². */
  readonly mcaCalibrations: ReadonlyMap<string, readonly number[]>;
}

export const DEFAULT_LAYOUT: LayoutOptions = {
  generic: false,
  keepShape: false,
  multivaluePositioners: false,
  scalarCt: false,
  compression: undefined,
  chunkBytes: 256 * 1024,
  mcaCalibrations: new Map(),
};
