import type { DType, NumericArray } from '../scan/index.js';

/** Scalar text, scalar float64, or a 1-D list of text. At most 8 on one object and none rewritten (LAYOUT 0.13). */
export type AttributeValue = string | number | readonly string[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** What a dataset of points holds: numbers of one type, or text (variable-length UTF-8). */
export type PointType = DType | 'text';

/**
 * One step of building a file, as plain data. Paths are absolute; the parent group exists already.
 * A link is only made after its target exists, since links cannot be replaced (DESIGN decision 11).
 */
export type TreeOperation =
  | { readonly op: 'group'; readonly path: string; readonly attributes?: Attributes }
  /** Attributes of an object that exists; `/` is the root. */
  | { readonly op: 'attributes'; readonly path: string; readonly attributes: Attributes }
  /** A new value for scalar text that exists. */
  | { readonly op: 'rewriteText'; readonly path: string; readonly value: string }
  /** Scalar text. */
  | { readonly op: 'text'; readonly path: string; readonly value: string; readonly attributes?: Attributes }
  /** 1-D text of fixed length. */
  | {
      readonly op: 'texts';
      readonly path: string;
      readonly values: readonly string[];
      readonly attributes?: Attributes;
    }
  /** Numbers of fixed shape; a scalar when the shape is `[]`. */
  | {
      readonly op: 'array';
      readonly path: string;
      readonly array: NumericArray;
      readonly attributes?: Attributes;
    }
  | PointsOperation
  /** Makes a dataset of points `rows` long in its first dimension; NaN or 0 stand where no point is. */
  | { readonly op: 'pad'; readonly path: string; readonly rows: number }
  /** A copy of the first rows of a dataset of numbers, in another shape of as many elements. */
  | {
      readonly op: 'copy';
      readonly path: string;
      readonly source: string;
      readonly rows: number;
      readonly shape: readonly number[];
      readonly attributes?: Attributes;
    }
  | { readonly op: 'softLink'; readonly path: string; readonly target: string }
  /** `file` is relative to the folder of the file that holds the link. */
  | { readonly op: 'externalLink'; readonly path: string; readonly file: string; readonly target: string };

/** How a dataset of points is compressed. */
export type Compression =
  | { readonly filter: 'gzip'; readonly level: number }
  /** Bits of equal weight put together, then LZ4: fast; readers need the bitshuffle plugin. */
  | { readonly filter: 'bitshuffle' };

/** An empty dataset that grows: shape `(0, ...meshLines, ...pointShape)`, every dimension unlimited. */
export interface PointsOperation {
  readonly op: 'points';
  readonly path: string;
  readonly type: PointType;
  /** In the shape of a mesh: points along each motor but the slowest, the fastest last. */
  readonly meshLines?: readonly number[];
  readonly pointShape: readonly number[];
  /** Points of one chunk, each whole; in a mesh along the fast motor first. */
  readonly chunkRows: number;
  readonly compression?: Compression;
  readonly attributes?: Attributes;
}
