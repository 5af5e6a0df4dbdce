import fs from 'node:fs';
import path from 'node:path';
import type { ScanIdentity } from '../../scan/index.js';
import type { Hdf5Library } from '../hdf5/index.js';
import { channelsInFile, channelsInJournal, type EarlierChannel, type PointRange } from './earlierPoints.js';
import { inspect, type Existing } from './existing.js';
import { linkExclusive, onTarget } from './fsErrors.js';
import { journalOf, journalPath, removeJournal, type JournalState } from './journal.js';
import { repairEndOfFile } from './repair.js';

/** What of a channel is in a file. */
export interface StoredPoints {
  /** Full name of the channel. */
  readonly channel: string;
  readonly dataset: string;
  readonly received: number;
  /** Elements of one point, 1 for a scalar. */
  readonly pointElements: number;
  /** Points that are not there, although later ones may be. */
  readonly missing: readonly { readonly first: number; readonly count: number }[];
}

/** An earlier file of the scan that stands aside until the new one is known to be as good. */
export interface EarlierFile {
  readonly path: string;
  /** What is in it; undefined where that cannot be known. */
  readonly channels: readonly EarlierChannel[] | undefined;
  /** Dataset -> elements, where only that can be known; undefined when it cannot be read. */
  readonly elements: ReadonlyMap<string, number> | undefined;
}

export function withSuffix(file: string, suffix: string): string {
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}${suffix}${ext}`);
}

/**
 * Gives an unfinished file of the scan another name, `{name}_earlier1`, and makes it as readable as it can be made: a
 * writer that was killed may not have said where the file ends.
 */
export function setAside(file: string, scan: ScanIdentity, hdf5: Hdf5Library): EarlierFile {
  for (let n = 1; ; n++) {
    const aside = earlierName(file, n);
    if (isThere(aside)) continue;
    onTarget('set aside', file, () => {
      const journal = journalPath(file);
      // First, so that there is never a file whose journal is lost.
      if (fs.existsSync(journal)) fs.renameSync(journal, journalPath(aside));
      linkExclusive(file, aside);
      fs.rmSync(file);
    });
    const journal = journalOf(aside, scan);
    if (journal?.isExact !== true) repairEndOfFile(aside);
    return earlierFile(aside, inspect(aside, scan, hdf5), journal, hdf5);
  }
}

/** Files of the scan that writers had set aside when they were stopped. */
export function findEarlier(file: string, scan: ScanIdentity, hdf5: Hdf5Library): EarlierFile[] {
  const found: EarlierFile[] = [];
  for (let n = 1; isThere(earlierName(file, n)); n++) {
    const aside = earlierName(file, n);
    const journal = journalOf(aside, scan);
    const existing = inspect(aside, scan, hdf5);
    if (existing.kind === 'same' || journal !== undefined)
      found.push(earlierFile(aside, existing, journal, hdf5));
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
  removeJournal(journalPath(earlier.path));
  return true;
}

function hasAll(
  { channels, elements }: EarlierFile,
  points: readonly StoredPoints[],
  isComplete: boolean,
): boolean {
  if (channels !== undefined) {
    return channels.every((earlier) => {
      const sameNames = points.filter(({ channel }) => channel === earlier.channel);
      const now = sameNames.find(({ dataset }) => dataset === earlier.dataset) ?? sameNames[0];
      return earlier.points.every((range) => now !== undefined && isIn(range, now));
    });
  }
  if (elements === undefined) return isComplete;
  return [...elements].every(([name, count]) => {
    const now = points.find(({ dataset }) => dataset === name);
    return now?.missing.length === 0 && now.received * now.pointElements >= count;
  });
}

function isIn({ first, count }: PointRange, { received, missing }: StoredPoints): boolean {
  const end = missing.reduce((sum, hole) => sum + Math.max(0, hole.count), received);
  const isHole = missing.some((hole) => {
    return hole.first < first + count && (hole.count < 0 || hole.first + hole.count > first);
  });
  return !isHole && first + count <= end;
}

function earlierFile(
  path: string,
  existing: Existing,
  journal: JournalState | undefined,
  hdf5: Hdf5Library,
): EarlierFile {
  const channels = journal === undefined ? channelsInFile(path, hdf5) : channelsInJournal(journal);
  return { path, channels, elements: existing.kind === 'same' ? existing.elements : undefined };
}

function earlierName(file: string, n: number): string {
  return withSuffix(file, `_earlier${n}`);
}

function isThere(file: string): boolean {
  return onTarget('look at', file, () => fs.lstatSync(file, { throwIfNoEntry: false })) !== undefined;
}
