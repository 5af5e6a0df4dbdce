import fs from 'node:fs';
import type { Hdf5Library } from '../hdf5/index.js';
import type { FoundImages } from '../imagePlan.js';
import { inspectSource } from '../virtual/index.js';

/**
 * What a detector's file has now. Its name comes from Redis: only plain files are opened, and only to read.
 * @param dataset undefined for formats that HDF5 does not read: the file counts as whole when it is there
 */
export function lookAtImages(hdf5: Hdf5Library, file: string, dataset: string | undefined): FoundImages {
  try {
    if (fs.statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
    if (dataset === undefined) return { frames: Number.MAX_SAFE_INTEGER, frameShape: [], dtype: 'uint8' };
    return inspectSource(hdf5, file, dataset);
  } catch {
    // Not readable, not ours, or not finished yet: its images are named as missing.
    return undefined;
  }
}
