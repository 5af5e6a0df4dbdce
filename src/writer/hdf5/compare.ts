import { elementCount, itemSize, type NumericArray } from '../../scan/index.js';
import type { OpenFile } from './calls.js';
import { convertExactly } from './convert.js';
import { locateA, metadataAt, readPointsAt } from './reader.js';
import { copyRows, fillWithMissing } from './rows.js';
import { dtypeOf } from './storedType.js';

/**
 * Which of the points `[first, first + count)` are not stored as they are given: their indices. Points that differ in
 * length are to be filled up as an append fills them; in the shape of a mesh they go line after line.
 * @param points shape `[count, ...pointShape]`
 */
export function differentPoints(file: OpenFile, path: string, first: number, points: NumericArray): number[] {
  const located = locateA(file, 'dataset', path);
  const metadata = metadataAt(file, located);
  const dtype = dtypeOf(metadata);
  const shape = metadata.shape ?? [0];
  const [count = 0, ...pointShape] = points.shape;
  const scanRank = shape.length - pointShape.length;
  const extents = shape.slice(Math.max(0, scanRank));
  const fits = scanRank >= 0 && pointShape.every((length, axis) => length <= (extents[axis] ?? 0));
  const isStored = dtype !== undefined && dtype !== 'bool' && dtype !== 'float16';
  const bytes = fits && isStored ? convertExactly(points, dtype) : undefined;
  if (bytes === undefined || !isStored) return indices(first, first + count);

  const pointBytes = elementCount(extents) * itemSize(dtype);
  const expected = new Uint8Array(count * pointBytes);
  fillWithMissing(expected, dtype);
  if (pointShape.length === 0) expected.set(bytes);
  else copyRows(bytes, pointShape, expected, extents, count, itemSize(dtype));

  const perRow = elementCount(shape.slice(1, Math.max(1, scanRank)));
  const places = scanRank === 0 ? 1 : (shape[0] ?? 0) * perRow;
  const there = Math.max(0, Math.min(count, places - first));
  const stored = readPointsAt(file, located, pointShape.length, first, there).bytes;
  const different: number[] = [];
  for (let n = 0; n < there; n++) {
    const [from, to] = [n * pointBytes, (n + 1) * pointBytes];
    if (Buffer.compare(expected.subarray(from, to), stored.subarray(from, to)) !== 0)
      different.push(first + n);
  }
  return [...different, ...indices(first + there, first + count)];
}

function indices(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);
}
