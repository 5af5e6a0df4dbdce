import { describe, expect, it } from 'vitest';
import { BufferPool } from '../../src/writer/index.js';

const KIB = 1024;

describe('the pool of buffers', () => {
  it('gives the smallest that is large enough again', () => {
    const pool = new BufferPool(1024 * KIB);
    const [small, large] = [pool.take(1), pool.take(100 * KIB)];
    expect(small.byteLength).toBeGreaterThanOrEqual(1);
    expect(large.byteLength).toBeGreaterThanOrEqual(100 * KIB);
    pool.giveBack(large);
    pool.giveBack(small);
    expect(pool.take(10)).toBe(small);
    expect(pool.take(10)).toBe(large);
    expect([small, large]).not.toContain(pool.take(10));
  });

  it('makes a new one when none is large enough', () => {
    const pool = new BufferPool(1024 * KIB);
    const small = pool.take(1);
    pool.giveBack(small);
    expect(pool.take(200 * KIB).byteLength).toBeGreaterThanOrEqual(200 * KIB);
    expect(pool.take(1)).toBe(small);
  });

  it('keeps no more than it may, and rather the large ones', () => {
    const pool = new BufferPool(256 * KIB);
    const [small, large, huge] = [64, 256, 512].map((size) => pool.take(size * KIB));
    for (const buffer of [small, large, huge]) pool.giveBack(buffer ?? new ArrayBuffer(0));
    expect(pool.take(1)).toBe(large);
    expect([small, huge]).not.toContain(pool.take(1));
  });
});
