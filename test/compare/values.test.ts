import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unequalBytes } from '../../src/compare/values/bytes.js';
import { unequalNumbers } from '../../src/compare/values/numbers.js';
import { isBefore, placeOf, slabsOf, type Slab } from '../../src/compare/values/slabs.js';
import { unequalTexts } from '../../src/compare/values/texts.js';
import type { DType, NumericArray } from '../../src/scan/index.js';

function array(dtype: DType, values: ArrayBufferView, length: number): NumericArray {
  const { buffer, byteOffset, byteLength } = values;
  return { dtype, shape: [length], bytes: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength) };
}

const doubles = (...values: number[]): NumericArray =>
  array('float64', Float64Array.from(values), values.length);
const long = (...values: bigint[]): NumericArray => array('int64', BigInt64Array.from(values), values.length);

describe('numbers', () => {
  it('are told where they begin to differ, how many do, and by how much at most', () => {
    expect(unequalNumbers(doubles(1, 2, 3, 4), doubles(1, 2.5, 3, -4))).toEqual({
      count: 2,
      first: 1,
      A: '2',
      B: '2.5',
      largest: 8,
      scale: 4,
    });
  });

  it('are equal by value, whatever their types', () => {
    const bytes = array('uint8', Uint8Array.of(0, 1, 2), 3);
    expect(unequalNumbers(bytes, doubles(0, 1, 2))).toBeUndefined();
    expect(unequalNumbers(long(0n, 1n, 2n), bytes)).toBeUndefined();
    expect(unequalNumbers(long(0n, 1n, 3n), bytes)).toMatchObject({ first: 2, A: '3', B: '2', largest: 1 });
  });

  it('are equal where both are NaN, and where a zero has another sign', () => {
    expect(unequalNumbers(doubles(NaN, 0, 1), doubles(NaN, -0, 1))).toBeUndefined();
    expect(unequalNumbers(doubles(NaN, 0), doubles(1, 0))).toMatchObject({ count: 1, A: 'NaN', B: '1' });
  });

  it('differ by one where a double would not show it', () => {
    const [a, b] = [long(2n ** 60n), long(2n ** 60n + 1n)];
    expect(unequalNumbers(a, b)).toMatchObject({ A: '1152921504606846976', largest: 1 });
    expect(unequalNumbers(b, doubles(2 ** 60))).toMatchObject({ count: 1 });
    expect(unequalNumbers(a, doubles(2 ** 60))).toBeUndefined();
  });

  it('have an imaginary part', () => {
    const complex = array('complex128', Float64Array.of(1, 2, 3, 4), 2);
    const other = array('complex64', Float32Array.of(1, 2, 3, 5), 2);
    expect(unequalNumbers(complex, other)).toMatchObject({ count: 1, first: 1, A: '3 + 4i', B: '3 + 5i' });
    expect(unequalNumbers(doubles(1, 3), complex)).toMatchObject({ count: 2, A: '1 + 0i', B: '1 + 2i' });
  });

  it('are halves too', () => {
    const halves = array('float16', Uint16Array.of(0x3c00, 0x4000), 2);
    expect(unequalNumbers(halves, doubles(1, 2))).toBeUndefined();
  });
});

describe('texts and bytes', () => {
  it('are shown where they begin to differ', () => {
    const [a, b] = ['x'.repeat(100), `${'x'.repeat(80)}y${'x'.repeat(19)}`];
    const found = unequalTexts(['same', a], ['same', b]);
    expect(found).toMatchObject({ count: 1, first: 1 });
    expect(found?.B).toContain('xy');
    expect(found?.B.length).toBeLessThan(80);
    expect(unequalTexts(['a', 'b'], ['a', 'b'])).toBeUndefined();
  });

  it('are one value of several bytes', () => {
    const found = unequalBytes(Uint8Array.of(1, 2, 3, 4), Uint8Array.of(1, 2, 3, 5), 2);
    expect(found).toMatchObject({ count: 1, first: 1, A: '0x0304', B: '0x0305' });
  });
});

describe('parts of a shape', () => {
  const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
  const placesOf = ({ first, count }: Slab): string[] =>
    Array.from({ length: sizeOf(count) }, (_, index) =>
      placeOf(index, count)
        .map((place, axis) => place + (first[axis] ?? 0))
        .join(),
    );
  const shapes = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 4 });
  const most = fc.integer({ min: 1, max: 50 });

  it('hold every element once, in order, and no more than asked for', () => {
    fc.assert(
      fc.property(shapes, most, (shape, limit) => {
        const slabs = [...slabsOf(shape, limit)];
        for (const { count } of slabs) expect(sizeOf(count)).toBeLessThanOrEqual(limit);
        const all = Array.from({ length: sizeOf(shape) }, (_, index) => placeOf(index, shape).join());
        expect(slabs.flatMap(placesOf)).toEqual(all);
      }),
    );
  });

  it('of a chunked dataset hold whole chunks, so that none is read twice', () => {
    const chunks = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(shapes, most, chunks, (shape, limit, chunk) => {
        const slabs = [...slabsOf(shape, limit, chunk.slice(0, shape.length))];
        const places = slabs.flatMap(placesOf);
        expect(new Set(places).size).toBe(sizeOf(shape));
        expect(places).toHaveLength(sizeOf(shape));
        for (const { count } of slabs) expect(sizeOf(count)).toBeLessThanOrEqual(limit);
        const clipped = shape.map((length, axis) => Math.min(length, chunk[axis] ?? 1));
        if (sizeOf(clipped) > limit) return;
        for (const { first } of slabs)
          for (const [axis, start] of first.entries()) expect(start % (clipped[axis] ?? 1)).toBe(0);
      }),
    );
    expect([...slabsOf([100, 10], 250, [8, 10])].map(({ count }) => count[0])).toEqual([24, 24, 24, 24, 4]);
  });

  it('are told in which order they come', () => {
    expect(isBefore([0, 5], [1, 0])).toBe(true);
    expect(isBefore([1, 0], [0, 5])).toBe(false);
    expect(isBefore([1, 0], [1, 0])).toBe(false);
  });
});
