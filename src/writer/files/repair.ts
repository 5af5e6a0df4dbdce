import fs from 'node:fs';
import { repairedSuperblock } from '../virtual/index.js';
import { whileWritable } from './virtualImages.js';

/**
 * Makes the end of the file that HDF5 believes in that of the file, which is what a writer that was killed may not have
 * come to (HDF5_AND_SPEED 4.2). A file that is none of ours, or that the disk does not let us change, stays as it is.
 */
export function repairEndOfFile(file: string): void {
  try {
    whileWritable(file, fs.statSync(file).mode, () => {
      repair(file);
    });
  } catch {
    // It is read as far as it can be read.
  }
}

function repair(file: string): void {
  const descriptor = fs.openSync(file, 'r+');
  try {
    const repaired = repairedSuperblock((position, length) => {
      const bytes = Buffer.alloc(length);
      fs.readSync(descriptor, bytes, 0, length, position);
      return bytes;
    }, fs.fstatSync(descriptor).size);
    if (repaired !== undefined) fs.writeSync(descriptor, repaired, 0, repaired.length, 0);
  } finally {
    fs.closeSync(descriptor);
  }
}
