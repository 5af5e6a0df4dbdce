import { createHash, type Hash } from 'node:crypto';
import type { Hdf5File } from '../hdf5/index.js';
import { rowsOfBlock } from './rowBlocks.js';

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

/** SHA-256 of datasets as they can be read back: of the raw little-endian values in row order. */
export class DatasetHashes {
  readonly #begun = new Map<string, Hashing>();

  /** @returns whether all rows that are there are in the hash */
  hashSoFar(file: Hdf5File, dataset: string): boolean {
    const hashing = this.#begun.get(dataset) ?? { hash: createHash('sha256'), rows: 0 };
    this.#begun.set(dataset, hashing);
    return hashBlock(file, dataset, hashing);
  }

  /** In hexadecimal digits; text as UTF-8, each value ended by a zero byte. */
  of(file: Hdf5File, { dataset, isText, isScalar }: HashRequest): string {
    const hash = createHash('sha256');
    if (isText) {
      for (const value of file.readTexts(dataset)) hash.update(value).update('\0');
      return hash.digest('hex');
    }
    if (isScalar) return hash.update(file.readNumbers(dataset).bytes).digest('hex');
    const hashing = this.#begun.get(dataset) ?? { hash, rows: 0 };
    while (!hashBlock(file, dataset, hashing));
    return hashing.hash.copy().digest('hex');
  }
}

/** @returns whether no row is left */
function hashBlock(file: Hdf5File, dataset: string, hashing: Hashing): boolean {
  const [rows = 0] = file.shapeOf(dataset);
  const first = hashing.rows;
  if (first >= rows) return true;
  const count = Math.min(rowsOfBlock(file, dataset), rows - first);
  hashing.hash.update(file.readRows(dataset, first, count).bytes);
  hashing.rows = first + count;
  return hashing.rows === rows;
}
