import { appendFileSync } from 'node:fs';
import type { Verdict } from './beamline.js';

/** How much is tried: little with all other tests, all of it by `npm run faults`. */
export interface Size {
  readonly isLong: boolean;
  /** Writers to kill in all. */
  readonly kills: number;
  /** What all random choices follow from. */
  readonly seed: number;
}

const told = process.env['SCAN_WRITER_FAULTS'];

export const SIZE: Size = {
  isLong: told !== undefined,
  kills: 6,
  seed: 1,
  ...(told === undefined ? {} : (JSON.parse(told) as Partial<Size>)),
};

export type Random = () => number;

/** Numbers from 0 to below 1, the same ones for the same seed (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** The items in a random order. */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** For the table at the end of `npm run faults`. */
export function report(fault: string, verdict: Verdict | undefined, note = ''): void {
  const file = process.env['SCAN_WRITER_FAULTS_REPORT'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ fault, note, ...verdict })}\n`);
}
