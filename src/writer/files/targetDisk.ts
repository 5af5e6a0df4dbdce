import fs from 'node:fs';
import path from 'node:path';
import { ScanWriterError } from '../../scan/index.js';
import { onTarget } from './fsErrors.js';

export interface DiskOptions {
  /** Bytes that stay free; undefined for a hundredth of the file system, 256 MiB at most. */
  readonly minFreeBytes: number | undefined;
  /** Whether each flush waits for the disk: `auto` does on network file systems (DESIGN decision 5). */
  readonly sync: 'auto' | 'always' | 'never';
}

/** Kept free for what HDF5 writes besides the points, and for everybody else on the disk. */
const MOST_KEPT_FREE_BYTES = 256 * 1024 * 1024;
const KEPT_FREE = 0.01;
/** Asked again after so long, or so much. */
const ASK_MILLISECONDS = 1_000;

/** `statfs.f_type` of file systems on which other hosts see only what was sent to the server. */
const NETWORK_TYPES = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB2
  0x65735546, // FUSE
  0x0bd00bd0, // Lustre
  0x47504653, // GPFS
  0x00c36400, // Ceph
  0x19830326, // BeeGFS
  0x01021997, // 9p
]);

/** How much room there is where a file is written, and how its bytes get to the disk. */
export class TargetDisk {
  readonly #file: string;
  readonly #options: DiskOptions;
  readonly #isSynchronous: boolean;
  #descriptor: number | undefined;
  #askedAt = -Infinity;
  #free = 0;

  constructor(file: string, options: DiskOptions) {
    this.#file = file;
    this.#options = options;
    const { sync } = options;
    this.#isSynchronous = sync === 'always' || (sync === 'auto' && isOnNetwork(path.dirname(file)));
  }

  /**
   * That the disk has room for `bytes` more and the rest that is to stay free: HDF5 copes badly with one that is full.
   * @throws ScanWriterError `full`
   */
  assertSpace(bytes: number): void {
    const now = performance.now();
    if (now - this.#askedAt > ASK_MILLISECONDS || this.#free < bytes) {
      this.#free = roomAt(path.dirname(this.#file), this.#options);
      this.#askedAt = now;
    }
    if (this.#free < bytes) {
      // Asked anew the next time.
      this.#askedAt = -Infinity;
      throw new ScanWriterError(
        'full',
        `The disk is full, but for what stays free (--min-free): free some space on that of ${this.#file}.`,
        { subject: this.#file, retryable: true },
      );
    }
    this.#free -= bytes;
  }

  /** Waits until what was flushed is on the disk, where that is wanted. */
  sync(): void {
    if (!this.#isSynchronous) return;
    onTarget('save', this.#file, () => {
      this.#descriptor ??= fs.openSync(this.#file, 'r');
      fs.fdatasyncSync(this.#descriptor);
    });
  }

  close(): void {
    if (this.#descriptor !== undefined) fs.closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** Bytes that may still be written into a directory; Infinity where that cannot be known. */
export function roomAt(directory: string, { minFreeBytes }: DiskOptions): number {
  const { bavail, blocks, bsize } = onTarget('look at', directory, () => fs.statfsSync(directory));
  // Some file systems do not say how large they are.
  if (blocks === 0) return Infinity;
  const kept = minFreeBytes ?? Math.min(MOST_KEPT_FREE_BYTES, KEPT_FREE * blocks * bsize);
  return bavail * bsize - kept;
}

/** Whether other hosts see only what was sent to a server. */
export function isOnNetwork(directory: string): boolean {
  return onTarget('look at', directory, () => NETWORK_TYPES.has(fs.statfsSync(directory).type >>> 0));
}
