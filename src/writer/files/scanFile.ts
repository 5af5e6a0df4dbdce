import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { DatasetHash, TreeOperation } from '../../layout/index.js';
import { ScanWriterError, type NumericArray } from '../../scan/index.js';
import { PointTypeError, type Hdf5File, type Hdf5Library } from '../hdf5/index.js';
import type { Claim, SetAside } from './claim.js';
import { closeQuietly } from './existing.js';
import { linkExclusive, onTarget } from './fsErrors.js';
import { releaseLock, type HeldLock } from './lock.js';

export interface FileOptions {
  /** Mode of the file from the moment it exists (DESIGN decision 5). */
  readonly fileMode: number;
  readonly group: number | undefined;
}

/** Points for rows from `first` on. */
export interface PointBlock {
  readonly dataset: string;
  readonly first: number;
  /** Shape `[count, ...pointShape]`, or text. */
  readonly points: NumericArray | readonly string[];
}

/** Points that the dataset cannot hold. */
export interface RefusedBlock {
  readonly dataset: string;
  readonly first: number;
  readonly count: number;
  readonly reason: string;
}

export interface HashRequest {
  readonly dataset: string;
  readonly isText: boolean;
}

const HASH_BLOCK_BYTES = 16 * 1024 * 1024;

/** The file of one scan while it is written; holds its lock. */
export class ScanFile {
  readonly path: string;
  readonly #file: Hdf5File;
  readonly #lock: HeldLock;
  readonly #aside: SetAside | undefined;

  private constructor(claim: Extract<Claim, { kind: 'claimed' }>, file: Hdf5File) {
    this.path = claim.file;
    this.#file = file;
    this.#lock = claim.lock;
    this.#aside = claim.aside;
  }

  /** Makes the file under a hidden name and shows it once readers can open it. */
  static create(
    claim: Extract<Claim, { kind: 'claimed' }>,
    operations: readonly TreeOperation[],
    options: FileOptions,
    hdf5: Hdf5Library,
  ): ScanFile {
    const draft = path.join(path.dirname(claim.file), `.${path.basename(claim.file)}.${process.pid}.tmp`);
    let file: Hdf5File | undefined;
    try {
      fs.rmSync(draft, { force: true });
      file = hdf5.create(draft);
      for (const operation of operations) file.apply(operation);
      file.flush();
      publish(draft, claim.file, options);
      return new ScanFile(claim, file);
    } catch (error) {
      closeQuietly(file);
      fs.rmSync(draft, { force: true });
      restore(claim);
      throw error;
    }
  }

  /**
   * Builds, appends and flushes. What a dataset cannot hold (another type than before) is returned, not written.
   * @throws ScanWriterError `hdf5`: what was not flushed before may not be in the file
   */
  write(operations: readonly TreeOperation[], blocks: readonly PointBlock[]): RefusedBlock[] {
    for (const operation of operations) this.#file.apply(operation);
    const refused = blocks.flatMap((block) => this.#append(block) ?? []);
    this.#file.flush();
    return refused;
  }

  /** SHA-256 of each dataset as it can be read back now; text as UTF-8, each value ended by a zero byte. */
  hash(datasets: readonly HashRequest[]): DatasetHash[] {
    return datasets.map(({ dataset, isText }) => ({ dataset, sha256: this.#hashOf(dataset, isText) }));
  }

  /**
   * Writes the last operations and closes the file. An earlier file of the scan goes when this one has all it had.
   * @returns where the earlier file still stands, if it was kept
   */
  finish(
    operations: readonly TreeOperation[],
    isWhole: boolean,
    received: ReadonlyMap<string, number>,
  ): string | undefined {
    for (const operation of operations) this.#file.apply(operation);
    this.#file.flush();
    this.#file.close();
    syncToDisk(this.path);
    const kept = this.#dropAside(isWhole, received);
    releaseLock(this.#lock);
    return kept;
  }

  /** Closes what can be closed, after an error or when the writing is given up; the file keeps its status. */
  giveUp(operations: readonly TreeOperation[]): void {
    try {
      for (const operation of operations) this.#file.apply(operation);
      this.#file.flush();
    } catch {
      // The error that led here is the one to report; the status stays RUNNING, which says the same.
    }
    closeQuietly(this.#file);
    releaseLock(this.#lock);
  }

  #append({ dataset, first, points }: PointBlock): RefusedBlock | undefined {
    const isText = !('dtype' in points);
    try {
      if (isText) this.#file.appendTexts(dataset, first, points);
      else this.#file.append(dataset, first, points);
      return undefined;
    } catch (error) {
      if (!(error instanceof PointTypeError)) throw error;
      const count = isText ? points.length : (points.shape[0] ?? 0);
      return { dataset, first, count, reason: error.message };
    }
  }

  #hashOf(dataset: string, isText: boolean): string {
    const hash = createHash('sha256');
    if (isText) {
      for (const value of this.#file.readTexts(dataset)) hash.update(value).update('\0');
      return hash.digest('hex');
    }
    const rows = this.#file.rows(dataset);
    const rowBytes = rows === 0 ? 1 : this.#file.readRows(dataset, 0, 1).bytes.byteLength;
    const step = Math.max(1, Math.floor(HASH_BLOCK_BYTES / Math.max(1, rowBytes)));
    for (let row = 0; row < rows; row += step) {
      hash.update(this.#file.readRows(dataset, row, Math.min(step, rows - row)).bytes);
    }
    return hash.digest('hex');
  }

  #dropAside(isWhole: boolean, received: ReadonlyMap<string, number>): string | undefined {
    const aside = this.#aside;
    if (aside === undefined) return undefined;
    const hasAll =
      aside.received !== undefined &&
      [...aside.received].every(([key, count]) => (received.get(key) ?? 0) >= count);
    if (!isWhole && !hasAll) return aside.path;
    onTarget('remove', aside.path, () => {
      fs.rmSync(aside.path);
    });
    return undefined;
  }
}

/** Gives the draft its mode and its name; the open file stays writable through its descriptor. */
export function publish(draft: string, name: string, options: FileOptions, replace = false): void {
  onTarget('make', name, () => {
    if (options.group !== undefined) fs.chownSync(draft, -1, options.group);
    fs.chmodSync(draft, options.fileMode);
    if (replace) {
      fs.renameSync(draft, name);
      return;
    }
    if (fs.existsSync(name)) {
      throw new ScanWriterError('target', `${name} appeared while it was being made: try again.`, {
        subject: name,
        retryable: true,
      });
    }
    // Not a copy: the library has this very file open.
    fs.renameSync(draft, name);
  });
}

function restore({ file, aside, lock }: Extract<Claim, { kind: 'claimed' }>): void {
  if (aside !== undefined && !fs.existsSync(file)) {
    linkExclusive(aside.path, file);
    fs.rmSync(aside.path);
  }
  releaseLock(lock);
}

export function syncToDisk(file: string): void {
  onTarget('save', file, () => {
    for (const target of [file, path.dirname(file)]) {
      const descriptor = fs.openSync(target, 'r');
      try {
        fs.fsyncSync(descriptor);
      } finally {
        fs.closeSync(descriptor);
      }
    }
  });
}
