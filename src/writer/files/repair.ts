import fs from 'node:fs';
import { repairedSuperblock } from '../virtual/index.js';

const WRITABLE = 0o200;

/**
 * Makes the end of the file that HDF5 believes in that of the file, which is what a writer that was killed may not have
 * come to (HDF5_AND_SPEED 4.2). A file that is none of ours, or that the disk does not let us change, stays as it is.
 */
export function repairEndOfFile(file: string): void {
  try {
    const { mode } = fs.statSync(file);
    fs.chmodSync(file, mode | WRITABLE);
    try {
      repair(file);
    } finally {
      fs.chmodSync(file, mode);
    }
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
