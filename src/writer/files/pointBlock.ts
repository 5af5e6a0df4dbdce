import type { NumericArray } from '../../scan/index.js';

/** Points for rows from `first` on. */
export interface PointBlock {
  readonly dataset: string;
  readonly first: number;
  /** Shape `[count, ...pointShape]`, or text. */
  readonly points: NumericArray | readonly string[];
}

export function countOf(points: PointBlock['points']): number {
  return 'dtype' in points ? (points.shape[0] ?? 0) : points.length;
}
