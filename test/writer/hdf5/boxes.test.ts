import fc from 'fast-check';
import { expect, it } from 'vitest';
import { elementCount } from '../../../src/scan/index.js';
import { boxesOf } from '../../../src/writer/hdf5/boxes.js';

/** Indices of the points of a box, in the order in which its values lie in memory. */
function pointsOf(offset: readonly number[], count: readonly number[], lengths: readonly number[]): number[] {
  let points = [0];
  offset.forEach((from, dimension) => {
    const stride = dimension === 0 ? 1 : (lengths[dimension - 1] ?? 1);
    points = points.flatMap((point) =>
      Array.from({ length: count[dimension] ?? 0 }, (_, n) => point * stride + from + n),
    );
  });
  return points;
}

it('boxes hold all points of a range in their order, inside the lines of the mesh', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 });
  fc.assert(
    fc.property(lengths, fc.nat(60), fc.nat(60), (lines, first, count) => {
      const boxes = boxesOf(first, count, lines);
      for (const { offset, count: size } of boxes) {
        lines.forEach((line, n) => {
          expect((offset[n + 1] ?? 0) + (size[n + 1] ?? 0)).toBeLessThanOrEqual(line);
        });
      }
      const points = boxes.flatMap((box) => pointsOf(box.offset, box.count, lines));
      expect(points).toEqual(Array.from({ length: count }, (_, n) => first + n));
      // One call of HDF5 for all whole lines, not one a line.
      expect(boxes.length).toBeLessThanOrEqual(1 + 2 * lines.length);
      expect(boxes.reduce((sum, box) => sum + elementCount(box.count), 0)).toBe(count);
    }),
  );
});
