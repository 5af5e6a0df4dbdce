import { describe, expect, it } from 'vitest';
import { joinPoints, type NumberPoints } from '../../../src/subscriber/classic/points.js';

const POINT_BYTES = 8;

/** Single points that stand apart in a reply of a mebibyte. */
function pointsInReply(count: number): NumberPoints[] {
  const reply = Buffer.alloc(1024 * 1024);
  return Array.from({ length: count }, (_, n) => {
    const offset = 100 * n + 3;
    reply.writeDoubleLE(n + 0.5, offset);
    const bytes = reply.subarray(offset, offset + POINT_BYTES);
    return { kind: 'numbers', count: 1, dtype: 'float64', shape: [], bytes };
  });
}

describe('points that are gathered', () => {
  it.each([1, 2, 50])('do not keep the reply in memory that brought them: %d', (count) => {
    const points = joinPoints(pointsInReply(count)) as NumberPoints;
    expect(points).toMatchObject({ count, dtype: 'float64', shape: [] });
    expect(points.bytes.buffer.byteLength).toBe(count * POINT_BYTES);
    const values = [...new Float64Array(points.bytes.buffer)];
    expect(values).toEqual(Array.from({ length: count }, (_, n) => n + 0.5));
  });
});
