import fs from 'node:fs';
import path from 'node:path';
import type { ScanIdentity } from '../../scan/index.js';
import type { Hdf5Library } from '../hdf5/index.js';
import { inspect, type Existing } from './existing.js';
import { linkExclusive, onTarget } from './fsErrors.js';

/** How many points of a channel are in a file. */
export interface StoredPoints {
  /** Full name of the channel. */
  readonly channel: string;
  readonly dataset: string;
  readonly received: number;
  /** Elements of one point, 1 for a scalar. */
  readonly pointElements: number;
}

/** An earlier file of the scan that stands aside until the new one is known to be as good. */
export interface EarlierFile {
  readonly path: string;
  /** Channel -> points in it, where it says so. */
  readonly received: ReadonlyMap<string, number> | undefined;
  /** Dataset -> elements, where only that can be known; undefined when it cannot be read. */
  readonly elements: ReadonlyMap<string, number> | undefined;
}

export function withSuffix(file: string, suffix: string): string {
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}${suffix}${ext}`);
}

/** Gives an unfinished file of the scan another name, `{name}_earlier1`. */
export function setAside(file: string, existing: Existing): EarlierFile {
  for (let n = 1; ; n++) {
    const aside = earlierName(file, n);
    if (isThere(aside)) continue;
    onTarget('set aside', file, () => {
      linkExclusive(file, aside);
      fs.rmSync(file);
    });
    return pointsOf(aside, existing);
  }
}

/** Files of the scan that writers had set aside when they were stopped. */
export function findEarlier(file: string, scan: ScanIdentity, hdf5: Hdf5Library): EarlierFile[] {
  const found: EarlierFile[] = [];
  for (let n = 1; isThere(earlierName(file, n)); n++) {
    const aside = earlierName(file, n);
    const existing = inspect(aside, scan, hdf5);
    if (existing.kind === 'same') found.push(pointsOf(aside, existing));
  }
  return found;
}

/**
 * Removes an earlier file, unless it holds a point that the new one has not.
 * @param isComplete whether the new file holds every point that was ever published
 * @returns whether it was removed
 */
export function dropEarlier(
  earlier: EarlierFile,
  points: readonly StoredPoints[],
  isComplete: boolean,
): boolean {
  if (!hasAll(earlier, points, isComplete)) return false;
  onTarget('remove', earlier.path, () => {
    fs.rmSync(earlier.path);
  });
  return true;
}

function hasAll(
  { received, elements }: EarlierFile,
  points: readonly StoredPoints[],
  isComplete: boolean,
): boolean {
  const known = received ?? elements;
  if (known === undefined) return isComplete;
  const sums = new Map<string, number>();
  for (const counted of points) {
    const [name, count] =
      received === undefined
        ? [counted.dataset, counted.received * counted.pointElements]
        : [counted.channel, counted.received];
    sums.set(name, (sums.get(name) ?? 0) + count);
  }
  return [...known].every(([name, count]) => (sums.get(name) ?? 0) >= count);
}

function pointsOf(aside: string, existing: Existing): EarlierFile {
  if (existing.kind !== 'same') return { path: aside, received: undefined, elements: undefined };
  if (existing.channels.length === 0)
    return { path: aside, received: undefined, elements: existing.elements };
  const received = new Map<string, number>();
  for (const counted of existing.channels) {
    received.set(counted.name, (received.get(counted.name) ?? 0) + counted.received);
  }
  return { path: aside, received, elements: undefined };
}

function earlierName(file: string, n: number): string {
  return withSuffix(file, `_earlier${n}`);
}

function isThere(file: string): boolean {
  return onTarget('look at', file, () => fs.lstatSync(file, { throwIfNoEntry: false })) !== undefined;
}
