import fs from 'node:fs';
import { elementCount, ScanWriterError, type ScanIdentity } from '../../scan/index.js';
import type { Hdf5Library } from '../hdf5/index.js';
import { removeDeadDrafts } from './drafts.js';
import { dropEarlier, findEarlier, type StoredPoints } from './earlier.js';
import { channelsInFile } from './earlierPoints.js';
import { onTarget } from './fsErrors.js';
import { journalPath, removeJournal } from './journal.js';
import { acquireLock, lockPath, releaseLock } from './lock.js';

/** Removes what a writer has left beside the complete file of a scan that was killed after its last word. */
export function sweep(file: string, scan: ScanIdentity, hdf5: Hdf5Library): void {
  const isClean = [lockPath(file), journalPath(file)].every((left) => {
    return onTarget('look at', left, () => fs.lstatSync(left, { throwIfNoEntry: false })) === undefined;
  });
  if (isClean) return;
  try {
    const lock = acquireLock(file, scan);
    try {
      removeDeadDrafts(lock);
      const earlier = findEarlier(file, scan, hdf5);
      const points = earlier.length === 0 ? [] : pointsIn(file, hdf5);
      for (const each of earlier) dropEarlier(each, points, true);
      removeJournal(journalPath(file));
    } finally {
      releaseLock(lock);
    }
  } catch (error) {
    // Its writer still lives, and is about to do all this.
    if (!(error instanceof ScanWriterError) || error.tag !== 'locked') throw error;
  }
}

function pointsIn(file: string, hdf5: Hdf5Library): StoredPoints[] {
  return (channelsInFile(file, hdf5) ?? []).map(({ channel, dataset, shape, points }) => {
    const received = points.reduce((sum, { count }) => sum + count, 0);
    return { channel, dataset, received, pointElements: elementCount(shape), missing: [] };
  });
}
