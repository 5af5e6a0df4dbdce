import fs from 'node:fs';
import type { DatasetHash, TreeOperation } from '../../layout/index.js';
import { elementCount, elements, itemSize, type NumericArray } from '../../scan/index.js';
import { PointTypeError, type Hdf5File, type Hdf5Library } from '../hdf5/index.js';
import type { Claim } from './claim.js';
import { DatasetHashes, type HashRequest } from './datasetHashes.js';
import { draftOf, publish, syncToDisk, type FileOptions } from './drafts.js';
import { dropEarlier, type EarlierFile, type StoredPoints } from './earlier.js';
import { closeQuietly, inspect } from './existing.js';
import { linkExclusive } from './fsErrors.js';
import { leaveLock, releaseLock, type HeldLock } from './lock.js';
import { mapImages, whileWritable, type VirtualImages } from './virtualImages.js';

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

/** The end of a scan's file. */
export interface Ending {
  readonly operations: readonly TreeOperation[];
  /** What is written when all else is on disk: the status. */
  readonly lastWords: readonly TreeOperation[];
  /** Whether the file holds every point that was published. */
  readonly isComplete: boolean;
  readonly points: readonly StoredPoints[];
  readonly virtualImages: readonly VirtualImages[];
}

export interface Finished {
  /** Where earlier files of the scan still stand, of those that were kept. */
  readonly kept: readonly string[];
  readonly warnings: readonly string[];
}

/** The file of one scan while it is written; holds its lock. */
export class ScanFile {
  readonly path: string;
  readonly #hdf5: Hdf5Library;
  readonly #fileMode: number;
  #file: Hdf5File;
  readonly #lock: HeldLock;
  readonly #earlier: readonly EarlierFile[];
  readonly #hashes = new DatasetHashes();

  private constructor(
    claim: Extract<Claim, { kind: 'claimed' }>,
    file: Hdf5File,
    hdf5: Hdf5Library,
    { fileMode }: FileOptions,
  ) {
    this.path = claim.file;
    this.#file = file;
    this.#hdf5 = hdf5;
    this.#fileMode = fileMode;
    this.#lock = claim.lock;
    this.#earlier = claim.earlier;
  }

  /** Makes the file under a hidden name and shows it once readers can open it. */
  static create(
    claim: Extract<Claim, { kind: 'claimed' }>,
    operations: readonly TreeOperation[],
    options: FileOptions,
    hdf5: Hdf5Library,
  ): ScanFile {
    const draft = draftOf(claim.file);
    let file: Hdf5File | undefined;
    try {
      fs.rmSync(draft, { force: true });
      file = hdf5.create(draft);
      for (const operation of operations) file.apply(operation);
      file.flush();
      publish(draft, claim.file, options);
      return new ScanFile(claim, file, hdf5, options);
    } catch (error) {
      closeQuietly(file);
      removeQuietly(draft);
      restore(claim);
      throw error;
    }
  }

  /**
   * Builds, appends and flushes. Points that a dataset cannot hold (another type than before) are returned, not
   * written; the others of their block are written all the same.
   * @throws ScanWriterError `hdf5`: what was not flushed before may not be in the file
   */
  write(operations: readonly TreeOperation[], blocks: readonly PointBlock[]): RefusedBlock[] {
    for (const operation of operations) this.#file.apply(operation);
    const refused: RefusedBlock[] = [];
    for (const block of blocks) this.#append(block, refused);
    this.#file.flush();
    return refused;
  }

  numbers(dataset: string): number[] {
    return elements(this.#file.readNumbers(dataset)).map(Number);
  }

  /**
   * Takes rows that are there now, and will not change any more, into a dataset's hash: a block at a time, since that
   * of images may take minutes.
   * @returns whether all of them are in it
   */
  hashSoFar(dataset: string): boolean {
    return this.#hashes.hashSoFar(this.#file, dataset);
  }

  /** SHA-256 of each dataset as it can be read back now; text as UTF-8, each value ended by a zero byte. */
  hash(datasets: readonly HashRequest[]): DatasetHash[] {
    return datasets.map((request) => {
      return { dataset: request.dataset, sha256: this.#hashes.of(this.#file, request) };
    });
  }

  /**
   * Writes the last operations, the status once they are on disk, and closes the file. An earlier file of the scan
   * goes when this one has all it had.
   */
  finish({ operations, lastWords, isComplete, points, virtualImages }: Ending): Finished {
    for (const operation of operations) this.#file.apply(operation);
    this.#file.flush();
    const warnings = this.#mapImages(virtualImages);
    syncToDisk(this.path);
    for (const operation of lastWords) this.#file.apply(operation);
    this.#file.flush();
    this.#file.close();
    syncToDisk(this.path);
    const kept = this.#earlier.filter((earlier) => !dropEarlier(earlier, points, isComplete));
    releaseLock(this.#lock);
    return { kept: kept.map((earlier) => earlier.path), warnings };
  }

  /** A virtual dataset is written into the closed file, which is then opened again for its last words. */
  #mapImages(images: readonly VirtualImages[]): readonly string[] {
    if (images.length === 0) return [];
    const addresses = images.map(({ path }) => this.#file.addressOf(path));
    this.#file.close();
    return whileWritable(this.path, this.#fileMode, () => {
      const { fallback, warnings } = mapImages(this.#hdf5, this.path, images, addresses);
      this.#file = this.#hdf5.openForAppend(this.path);
      for (const operation of fallback) this.#file.apply(operation);
      this.#file.flush();
      return warnings;
    });
  }

  /**
   * Closes what can be closed, after an error or when the writing is given up; the file keeps its status where that
   * cannot be written.
   * @returns where earlier files of the scan stand: none is removed
   */
  giveUp(operations: readonly TreeOperation[]): string[] {
    try {
      for (const operation of operations) this.#file.apply(operation);
      this.#file.flush();
    } catch {
      // The error that led here is the one to report; the status stays RUNNING, which says the same.
    }
    closeQuietly(this.#file);
    // A file that cannot be read is only known to be this scan's by its lock.
    if (this.#isReadable()) releaseLock(this.#lock);
    else leaveLock(this.#lock);
    return this.#earlier.map((earlier) => earlier.path);
  }

  #isReadable(): boolean {
    try {
      return inspect(this.path, this.#lock.scan, this.#hdf5).kind === 'same';
    } catch {
      return false;
    }
  }

  /** Refused points are found by halves, so that they never depend on which others a flush took along. */
  #append(block: PointBlock, refused: RefusedBlock[]): void {
    const { dataset, first, points } = block;
    try {
      if ('dtype' in points) this.#file.append(dataset, first, points);
      else this.#file.appendTexts(dataset, first, points);
    } catch (error) {
      if (!(error instanceof PointTypeError)) throw error;
      const count = 'dtype' in points ? (points.shape[0] ?? 0) : points.length;
      if (count > 1) {
        for (const half of halvesOf(block, count)) this.#append(half, refused);
        return;
      }
      const last = refused.at(-1);
      const reason = error.message;
      const continues =
        last?.dataset === dataset && last.first + last.count === first && last.reason === reason;
      if (continues) refused[refused.length - 1] = { ...last, count: last.count + count };
      else refused.push({ dataset, first, count, reason });
    }
  }
}

function halvesOf({ dataset, first, points }: PointBlock, count: number): PointBlock[] {
  const middle = Math.ceil(count / 2);
  return [[0, middle] as const, [middle, count] as const].map(([from, to]) => ({
    dataset,
    first: first + from,
    points: part(points, from, to),
  }));
}

function part(points: PointBlock['points'], from: number, to: number): PointBlock['points'] {
  if (!('dtype' in points)) return points.slice(from, to);
  const pointShape = points.shape.slice(1);
  const pointBytes = elementCount(pointShape) * itemSize(points.dtype);
  const bytes = points.bytes.subarray(from * pointBytes, to * pointBytes);
  return { dtype: points.dtype, shape: [to - from, ...pointShape], bytes };
}

function removeQuietly(draft: string): void {
  try {
    fs.rmSync(draft, { force: true });
  } catch {
    // The error that led here is the one to report.
  }
}

/** Puts everything back as it was before the claim, as far as the disk lets us. */
function restore({ file, aside, lock }: Extract<Claim, { kind: 'claimed' }>): void {
  try {
    if (aside !== undefined && !fs.existsSync(file)) {
      linkExclusive(aside.path, file);
      fs.rmSync(aside.path);
    }
  } catch {
    // It stands aside, and the next claim finds it there.
  } finally {
    releaseLock(lock);
  }
}
