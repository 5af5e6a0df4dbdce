import { elementCount } from '../../scan/index.js';

/** A part of a dataset: where it begins and how long it is in each dimension. */
export interface Box {
  readonly offset: readonly number[];
  readonly count: readonly number[];
}

/**
 * Points `[first, first + count)` as boxes of the dimensions that count points, in the order of the points. In a scan
 * that is flat that is one box; in a mesh the points fill line after line.
 * @param lengths points along each further dimension, the slowest first; `[]` for a flat scan
 */
export function boxesOf(first: number, count: number, lengths: readonly number[]): Box[] {
  if (count <= 0) return [];
  if (lengths.length === 0) return [{ offset: [first], count: [count] }];
  const [, ...rest] = lengths;
  const perRow = elementCount(lengths);
  const boxes: Box[] = [];
  const inRow = (from: number, points: number): Box[] =>
    boxesOf(from % perRow, points, rest).map((box) => ({
      offset: [Math.floor(from / perRow), ...box.offset],
      count: [1, ...box.count],
    }));
  const end = first + count;
  const firstWhole = Math.ceil(first / perRow) * perRow;
  const endWhole = Math.floor(end / perRow) * perRow;
  if (firstWhole > endWhole) return inRow(first, count);
  if (first < firstWhole) boxes.push(...inRow(first, firstWhole - first));
  if (firstWhole < endWhole) {
    const offset = [firstWhole / perRow, ...lengths.map(() => 0)];
    boxes.push({ offset, count: [(endWhole - firstWhole) / perRow, ...lengths] });
  }
  if (endWhole < end) boxes.push(...inRow(endWhole, end - endWhole));
  return boxes;
}
