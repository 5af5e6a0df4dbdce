import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tiling } from '../../../src/subscriber/classic/tiling.js';

const TRIMMED = 'trimmed from Redis before it was read';
const FAR = 2 ** 31;

describe('tiling', () => {
  it('names what was trimmed in front, in between and at the end', () => {
    const tiling = new Tiling();
    expect(tiling.place(10, 5)).toEqual({ skip: 0, gap: { from: 0, to: 10, cause: TRIMMED } });
    expect(tiling.place(15, 1)).toEqual({ skip: 0, gap: undefined });
    expect(tiling.place(20, 2).gap).toEqual({ from: 16, to: 20, cause: TRIMMED });
    expect(tiling.close(29)).toEqual({ from: 22, to: 30, cause: TRIMMED });
    expect(tiling.next).toBe(30);
  });

  it('drops points that were there before', () => {
    const tiling = new Tiling();
    tiling.place(0, 10);
    expect(tiling.place(4, 3)).toEqual({ skip: 3, gap: undefined });
    expect(tiling.place(8, 4)).toEqual({ skip: 2, gap: undefined });
    expect(tiling.close(8)).toBeUndefined();
    expect(tiling.next).toBe(12);
  });

  it('ends without a gap when nothing was ever published', () => {
    expect(new Tiling().close(-1)).toBeUndefined();
  });

  it('does not know how many are lost when the stream is gone', () => {
    const tiling = new Tiling();
    tiling.place(0, 3);
    expect(tiling.close(undefined)).toMatchObject({ from: 3, to: undefined });
  });

  describe('an entry that cannot be used', () => {
    it('is a gap up to the next that can, whatever it claimed', () => {
      const tiling = new Tiling();
      tiling.markUnusable(0, 1000, 'broken');
      expect(tiling.place(4, 1).gap).toEqual({ from: 0, to: 4, cause: 'broken' });
      expect(tiling.close(4)).toBeUndefined();
    });

    it('is believed in what it claims when it is the last', () => {
      const tiling = new Tiling();
      tiling.place(0, 1);
      tiling.markUnusable(1, 3, 'broken');
      expect(tiling.close(1)).toEqual({ from: 1, to: 4, cause: 'broken' });
    });

    it.each([undefined, FAR + 1, Number.MAX_SAFE_INTEGER, 1e18])(
      'counts for one when it claims %s',
      (claimed) => {
        const tiling = new Tiling();
        tiling.markUnusable(0, claimed, 'broken');
        expect(tiling.close(0)).toEqual({ from: 0, to: 1, cause: 'broken' });
      },
    );

    it('says nothing about points that came before', () => {
      const tiling = new Tiling();
      tiling.place(0, 5);
      tiling.markUnusable(3, 1, 'broken');
      expect(tiling.close(4)).toBeUndefined();
    });

    it('is named at the end when its id is no index', () => {
      const tiling = new Tiling();
      tiling.place(0, 5);
      tiling.markUnusable(undefined, 1, 'no index');
      expect(tiling.close(NaN)).toEqual({ from: 5, to: undefined, cause: 'no index' });
    });

    it('is forgotten when the next one shows that nothing was in between', () => {
      const tiling = new Tiling();
      tiling.place(0, 5);
      tiling.markUnusable(undefined, 1, 'no index');
      expect(tiling.place(5, 1).gap).toBeUndefined();
      expect(tiling.close(5)).toBeUndefined();
    });
  });

  describe('an index where no point can be', () => {
    it.each([
      ['far behind the points before', FAR + 11],
      ['beyond the integers', Number.MAX_SAFE_INTEGER],
    ])('%s is skipped and named at the end without a number', (_, first) => {
      const tiling = new Tiling();
      tiling.place(0, 10);
      expect(tiling.place(first, 2)).toEqual({ skip: 2, gap: undefined });
      expect(tiling.next).toBe(10);
      const gap = tiling.close(first);
      expect(gap).toMatchObject({ from: 10, to: undefined });
      expect(gap?.cause).toContain(String(first));
      expect(tiling.next).toBe(10);
    });

    it('may still be far when so many points could have been trimmed', () => {
      const tiling = new Tiling();
      expect(tiling.place(FAR, 1).gap).toMatchObject({ from: 0, to: FAR });
    });

    it('is not believed as the last of a trimmed stream either', () => {
      expect(new Tiling().close(FAR + 1)).toMatchObject({ from: 0, to: undefined });
      expect(new Tiling().close(NaN)).toMatchObject({ from: 0, to: undefined });
    });
  });

  it('tiles [0, total) whatever is published', () => {
    const entry = fc.record({
      first: fc.oneof(fc.nat(50), fc.nat(2 ** 33), fc.maxSafeNat()),
      count: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 2 ** 40 })),
      isUsable: fc.boolean(),
    });
    const end = fc.oneof(fc.integer({ min: -1, max: 60 }), fc.constant(NaN), fc.constant(undefined));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), end, (entries, lastStart) => {
        const tiling = new Tiling();
        let next = 0;
        const take = (gap: { from: number; to: number | undefined } | undefined): void => {
          if (gap === undefined) return;
          expect(gap.from).toBe(next);
          if (gap.to !== undefined) expect(gap.to - gap.from).toBeGreaterThan(0);
          if (gap.to !== undefined) expect(gap.to - gap.from).toBeLessThanOrEqual(2 * FAR);
          next = gap.to ?? next;
        };
        for (const { first, count, isUsable } of entries) {
          if (!isUsable) {
            tiling.markUnusable(first, count, 'broken');
            continue;
          }
          const { skip, gap } = tiling.place(first, count);
          take(gap);
          if (skip < count) {
            expect(first + skip).toBe(next);
            next += count - skip;
          }
          expect(tiling.next).toBe(next);
        }
        take(tiling.close(lastStart));
        expect(tiling.next).toBe(next);
        expect(Number.isSafeInteger(next)).toBe(true);
      }),
    );
  });
});
