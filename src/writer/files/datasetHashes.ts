import { createHash, type Hash } from 'node:crypto';
import type { Hdf5File } from '../hdf5/index.js';
import { BLOCK_BYTES, rowsOfBlock } from './rowBlocks.js';

export interface HashRequest {
  readonly dataset: string;
  readonly isText: boolean;
  /** One value without rows. */
  readonly isScalar: boolean;
}

/** A hash that has taken in the first rows of a dataset. */
interface Hashing {
  readonly hash: Hash;
  rows: number;
}

/**
 * SHA-256 of datasets: of the raw little-endian values in row order. Rows that are appended one after the other are
 * hashed while they are in memory; what comes otherwise (resumed, out of order, other shapes, text) is read back.
 */
export class DatasetHashes {
  readonly #begun = new Map<string, Hashing>();
  /** Of what is read back, made when it is needed. */
  #memory: Uint8Array | undefined;

  /**
   * Takes rows that were appended into the hash of their dataset.
   * @param stored their bytes; undefined when other rows may have changed too
   */
  append(dataset: string, first: number, count: number, stored: Uint8Array | undefined): void {
    const hashing = this.#hashingOf(dataset);
    if (first < hashing.rows || stored === undefined) {
      this.#begun.delete(dataset);
    } else if (first === hashing.rows) {
      hashing.hash.update(stored);
      hashing.rows += count;
    }
  }

  /** Reads the next rows back. @returns whether all rows that are there are in the hash */
  hashSoFar(file: Hdf5File, dataset: string): boolean {
    return this.#readBlock(file, dataset, this.#hashingOf(dataset));
  }

  /** In hexadecimal digits; text as UTF-8, each value ended by a zero byte. */
  of(file: Hdf5File, { dataset, isText, isScalar }: HashRequest): string {
    if (isText) {
      const hash = createHash('sha256');
      for (const value of file.readTexts(dataset)) hash.update(value).update('\0');
      return hash.digest('hex');
    }
    if (isScalar) return createHash('sha256').update(file.readNumbers(dataset).bytes).digest('hex');
    const hashing = this.#hashingOf(dataset);
    while (!this.#readBlock(file, dataset, hashing));
    return hashing.hash.copy().digest('hex');
  }

  #hashingOf(dataset: string): Hashing {
    const begun = this.#begun.get(dataset) ?? { hash: createHash('sha256'), rows: 0 };
    this.#begun.set(dataset, begun);
    return begun;
  }

  /** @returns whether no row is left */
  #readBlock(file: Hdf5File, dataset: string, hashing: Hashing): boolean {
    const [rows = 0] = file.shapeOf(dataset);
    const first = hashing.rows;
    if (first >= rows) return true;
    this.#memory ??= new Uint8Array(BLOCK_BYTES);
    const count = Math.min(rowsOfBlock(file, dataset), rows - first);
    hashing.hash.update(file.readRows(dataset, first, count, this.#memory).bytes);
    hashing.rows = first + count;
    return hashing.rows === rows;
  }
}
