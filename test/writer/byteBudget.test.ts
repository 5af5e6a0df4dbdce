import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteBudget } from '../../src/writer/index.js';

const NEVER = new AbortController().signal;
/** Lets promises that can settle do so. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Reserves and notes in `log` when it was let in. */
function reserve(budget: ByteBudget, bytes: number, log: number[], signal = NEVER): void {
  void budget.reserve(bytes, signal).then((isIn) => {
    if (isIn) log.push(bytes);
  });
}

describe('the byte budget', () => {
  it('lets in what fits and makes the rest wait', async () => {
    const budget = new ByteBudget(100);
    const log: number[] = [];
    for (const bytes of [60, 40, 1]) reserve(budget, bytes, log);
    await settle();
    expect(log).toEqual([60, 40]);
    expect(budget.used).toBe(100);
    budget.release(60);
    await settle();
    expect(log).toEqual([60, 40, 1]);
    expect(budget.used).toBe(41);
  });

  it('lets nobody overtake', async () => {
    const budget = new ByteBudget(100);
    const log: number[] = [];
    for (const bytes of [50, 60, 10, 20]) reserve(budget, bytes, log);
    await settle();
    expect(log).toEqual([50]);
    budget.release(50);
    await settle();
    expect(log).toEqual([50, 60, 10, 20]);
  });

  it('lets in alone what is larger than all of it', async () => {
    const budget = new ByteBudget(100);
    const log: number[] = [];
    for (const bytes of [1, 1000, 2]) reserve(budget, bytes, log);
    await settle();
    expect(log).toEqual([1]);
    budget.release(1);
    await settle();
    expect(log).toEqual([1, 1000]);
    budget.release(1000);
    await settle();
    expect(log).toEqual([1, 1000, 2]);
  });

  it('takes nothing when aborted, before or while waiting, and lets in who stood behind', async () => {
    const budget = new ByteBudget(100);
    const stop = new AbortController();
    expect(await budget.reserve(1, AbortSignal.abort())).toBe(false);
    await budget.reserve(50, NEVER);
    const waiting = budget.reserve(60, stop.signal);
    const log: number[] = [];
    reserve(budget, 50, log);
    await settle();
    expect(log).toEqual([]);
    stop.abort();
    expect(await waiting).toBe(false);
    await settle();
    expect(log).toEqual([50]);
    expect(budget.used).toBe(100);
  });

  it('is not taken twice by one who was let in and then aborted', async () => {
    const budget = new ByteBudget(10);
    const stop = new AbortController();
    expect(await budget.reserve(5, stop.signal)).toBe(true);
    stop.abort();
    expect(budget.used).toBe(5);
  });

  it('never exceeds its limit but for one alone, keeps the order, and is empty in the end', async () => {
    const LIMIT = 50;
    const step = fc.record({ bytes: fc.nat(80), abort: fc.boolean(), release: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const budget = new ByteBudget(LIMIT);
        const held: number[] = [];
        const admitted: number[] = [];
        const asked: number[] = [];
        const check = (): void => {
          const sum = held.reduce((all, bytes) => all + bytes, 0);
          expect(budget.used).toBe(sum);
          expect(sum <= LIMIT || held.filter((bytes) => bytes > 0).length === 1).toBe(true);
        };
        for (const [id, { bytes, abort, release }] of steps.entries()) {
          const stop = new AbortController();
          if (!abort) asked.push(id);
          void budget.reserve(bytes, stop.signal).then((isIn) => {
            if (!isIn) return;
            held.push(bytes);
            if (!abort) admitted.push(id);
          });
          if (abort) stop.abort();
          if (release) {
            await settle();
            const first = held.shift();
            if (first !== undefined) budget.release(first);
          }
          await settle();
          check();
        }
        while (held.length > 0) {
          budget.release(held.shift() ?? 0);
          await settle();
          check();
        }
        expect(budget.used).toBe(0);
        expect(admitted).toEqual(asked);
      }),
      { numRuns: 60 },
    );
  });
});
