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

/** An empty dataset that grows: shape `(0, ...pointShape)`, every dimension unlimited. */
export interface PointsOperation {
  readonly op: 'points';
  readonly path: string;
  readonly type: PointType;
  readonly pointShape: readonly number[];
  /** Rows of one chunk; in the other dimensions a chunk spans the whole point. */
  readonly chunkRows: number;
  readonly attributes?: Attributes;
}
