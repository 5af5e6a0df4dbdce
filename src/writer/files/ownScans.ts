import fs from 'node:fs';
import { messageOf } from '../../scan/index.js';
import type { Hdf5File, Hdf5Library } from '../hdf5/index.js';
import { closeQuietly, ownEntries } from './existing.js';
import { codeOf, onTarget } from './fsErrors.js';
import { waitSync } from './lock.js';

/** What a file that may be a scan's turns out to be. */
export type SeenFile =
  | {
      readonly kind: 'ours';
      readonly file: string;
      /** `12.1`, `12.2` */
      readonly entries: readonly string[];
      /** Seconds since the epoch; NaN when unknown. */
      readonly startTimestamp: number;
    }
  | { readonly kind: 'other' | 'missing'; readonly file: string }
  | { readonly kind: 'unreadable'; readonly file: string; readonly reason: string };

/** The moment of a flush is over by then. */
const TRIES = 3;
const WAIT_MILLISECONDS = 50;

/**
 * Whether a file is one of ours, by what stands in it, and what a master needs to know of it. It may be written
 * meanwhile: one that cannot be read is tried again.
 */
export function lookAtScan(file: string, hdf5: Hdf5Library): SeenFile {
  if (!isRegularFile(file)) return { kind: 'missing', file };
  for (let tries = 1; ; tries++) {
    let opened: Hdf5File | undefined;
    try {
      opened = hdf5.openForReading(file);
      const entries = ownEntries(opened);
      const [first] = entries;
      if (first === undefined) return { kind: 'other', file };
      const { startTimestamp } = first.scan;
      return { kind: 'ours', file, entries: entries.map(({ name }) => name), startTimestamp };
    } catch (error) {
      if (tries >= TRIES) return { kind: 'unreadable', file, reason: messageOf(error) };
      waitSync(WAIT_MILLISECONDS);
    } finally {
      closeQuietly(opened);
    }
  }
}

/** Also at the end of a symbolic link; a part of the path may be gone, or be a file. */
export function isRegularFile(file: string): boolean {
  return onTarget('look at', file, () => {
    try {
      return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
    } catch (error) {
      if (codeOf(error) === 'ENOTDIR') return false;
      throw error;
    }
  });
}
