import fs from 'node:fs';
import type { DatasetHash, TreeOperation } from '../../layout/index.js';
import { elementCount, elements, itemSize, ScanWriterError } from '../../scan/index.js';
import {
  PointTypeError,
  type GroveAnswer,
  type GroveRequest,
  type Hdf5File,
  type Hdf5Library,
} from '../hdf5/index.js';
import type { Claim } from './claim.js';
import { DatasetHashes, type HashRequest } from './datasetHashes.js';
import { draftOf, publish, syncToDisk, type FileOptions } from './drafts.js';
import { dropEarlier, setAside, type EarlierFile, type StoredPoints } from './earlier.js';
import { EarlierReader, type EarlierBlock, type EarlierChannel } from './earlierPoints.js';
import { closeQuietly, inspect } from './existing.js';
import { linkExclusive } from './fsErrors.js';
import { Journal, journalPath, removeJournal, type Checkpoint, type JournalState } from './journal.js';
import { assertHeld, beat, leaveLock, releaseLock, type HeldLock } from './lock.js';
import { countOf, type PointBlock } from './pointBlock.js';
import { readColumns, type PointColumns, type PointPlace, type PointRequest } from './pointColumns.js';
import { TargetDisk, type DiskOptions } from './targetDisk.js';
import { mapImages, whileWritable, type VirtualImages } from './virtualImages.js';

type Claimed = Extract<Claim, { kind: 'claimed' }>;

export interface ScanFileOptions extends FileOptions {
  readonly disk: DiskOptions;
}

interface Batch {
  readonly operations: readonly TreeOperation[];
  readonly blocks: readonly PointBlock[];
  readonly checkpoint: Checkpoint | undefined;
}

/** Points that the dataset cannot hold. */
export interface RefusedBlock {
  readonly dataset: string;
  readonly first: number;
  readonly count: number;
  readonly reason: string;
}

/** How long the steps of one write took, in seconds. */
export interface WriteTimes {
  /** Points, and what had to be made for them. */
  readonly append: number;
  readonly flush: number;
  /** Waiting for the disk; 0 where that is not wanted. */
  readonly sync: number;
  /** The journal. */
  readonly checkpoint: number;
}

/** The end of a scan's file, when all else is in it. */
export interface Ending {
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
  /** What a writer before has written and this one goes on with. */
  readonly resumed: JournalState | undefined;
  readonly #hdf5: Hdf5Library;
  readonly #fileMode: number;
  #file: Hdf5File;
  readonly #lock: HeldLock;
  readonly #journal: Journal;
  readonly #disk: TargetDisk;
  readonly #earlier: readonly EarlierFile[];
  readonly #earlierReader: EarlierReader;
  readonly #hashes = new DatasetHashes();
  /** Objects that a step may find there: from a writer before, or from a try that failed. */
  #present: ReadonlySet<string> = new Set();
  #times: WriteTimes = { append: 0, flush: 0, sync: 0, checkpoint: 0 };
  /** What was to be written last, and is not. */
  #failed: Batch | undefined;

  private constructor(
    claim: Claimed,
    file: Hdf5File,
    disk: TargetDisk,
    hdf5: Hdf5Library,
    options: ScanFileOptions,
  ) {
    this.path = claim.file;
    this.resumed = claim.resume;
    this.#file = file;
    this.#hdf5 = hdf5;
    this.#fileMode = options.fileMode;
    this.#lock = claim.lock;
    this.#earlier = claim.earlier;
    this.#earlierReader = new EarlierReader(hdf5);
    const { resume, layout, lock } = claim;
    this.#journal = Journal.begin(claim.file, fs.statSync(file.path).size, lock.scan, layout, resume);
    this.#disk = disk;
  }

  /** Goes on with what was claimed, or makes the file: under a hidden name, shown once readers can open it. */
  static open(
    claim: Claimed,
    operations: readonly TreeOperation[],
    options: ScanFileOptions,
    hdf5: Hdf5Library,
  ): ScanFile {
    if (claim.resume === undefined) return ScanFile.#create(claim, operations, options, hdf5);
    const resumed = ScanFile.#resume(claim, claim.resume, options, hdf5);
    if (resumed !== undefined) return resumed;
    const aside = setAside(claim.file, claim.lock.scan, hdf5);
    const anew = { ...claim, resume: undefined, aside, earlier: [...claim.earlier, aside] };
    return ScanFile.#create(anew, operations, options, hdf5);
  }

  static #create(
    claim: Claimed,
    operations: readonly TreeOperation[],
    options: ScanFileOptions,
    hdf5: Hdf5Library,
  ): ScanFile {
    const draft = draftOf(claim.file);
    let file: Hdf5File | undefined;
    let made: ScanFile | undefined;
    try {
      fs.rmSync(draft, { force: true });
      const disk = new TargetDisk(claim.file, options.disk);
      disk.assertSpace(0);
      file = hdf5.create(draft);
      for (const operation of operations) file.apply(operation);
      file.flush();
      made = new ScanFile(claim, file, disk, hdf5, options);
      publish(draft, claim.file, options);
      return made;
    } catch (error) {
      closeQuietly(file);
      removeQuietly(draft);
      if (made !== undefined) made.#journal.remove();
      restore(claim);
      throw error;
    }
  }

  /** @returns undefined when the file is not as its journal says after all */
  static #resume(
    claim: Claimed,
    state: JournalState,
    options: ScanFileOptions,
    hdf5: Hdf5Library,
  ): ScanFile | undefined {
    let file: Hdf5File | undefined;
    try {
      file = whileWritable(claim.file, options.fileMode, () => hdf5.openForAppend(claim.file));
      for (const { dataset, shape, next } of state.datasets) file.resume(dataset, shape.length, next);
      const disk = new TargetDisk(claim.file, options.disk);
      const resumed = new ScanFile(claim, file, disk, hdf5, options);
      resumed.#present = file.paths();
      return resumed;
    } catch (error) {
      closeQuietly(file);
      if (!(error instanceof ScanWriterError) || error.retryable) {
        leaveLock(claim.lock);
        throw error;
      }
      return undefined;
    }
  }

  /**
   * Builds, appends and flushes. Points that a dataset cannot hold (another type than before) are returned, not
   * written; the others of their block are written all the same. The same can be asked for again when it failed.
   * @param checkpoint what is in the file then; undefined for the last changes, after which nobody can go on with it
   * @throws ScanWriterError `hdf5`, `target`, `full`: what was not flushed before may not be in the file; `locked`: the file
   *   was taken over
   */
  write(
    operations: readonly TreeOperation[],
    blocks: readonly PointBlock[],
    checkpoint: Checkpoint | undefined,
  ): RefusedBlock[] {
    this.#failed = { operations, blocks, checkpoint };
    assertHeld(this.#lock);
    this.#disk.assertSpace(blocks.reduce((sum, { points }) => sum + bytesOf(points), 0));
    this.#journal.change();
    const refused: RefusedBlock[] = [];
    const watch = new StopWatch();
    let [append, flush] = [0, 0];
    try {
      for (const operation of operations) this.#apply(operation);
      for (const block of blocks) this.#append(block, refused);
      append = watch.lap();
      this.#file.flush();
      flush = watch.lap();
    } catch (error) {
      this.#notePresent();
      throw error;
    }
    this.#disk.sync();
    const sync = watch.lap();
    if (checkpoint !== undefined) this.#journal.checkpoint(fs.statSync(this.path).size, checkpoint, refused);
    this.#times = { append, flush, sync, checkpoint: watch.lap() };
    this.#failed = undefined;
    return refused;
  }

  /** Of the last write that succeeded. */
  get times(): WriteTimes {
    return this.#times;
  }

  /** As `write`, once more, with all that was given to the one that failed. */
  writeAgain(): RefusedBlock[] {
    if (this.#failed === undefined) throw new TypeError('no write has failed');
    const { operations, blocks, checkpoint } = this.#failed;
    return this.write(operations, blocks, checkpoint);
  }

  /** Says to writers on other hosts that this one lives. */
  beat(): void {
    beat(this.#lock);
  }

  /** What earlier files of the scan hold of its channels, the newest file first. */
  earlierChannels(): (EarlierChannel & { readonly file: string })[] {
    return this.#earlier
      .toReversed()
      .flatMap(({ path, channels = [] }) => channels.map((channel) => ({ ...channel, file: path })));
  }

  /**
   * Takes points from an earlier file, those that Redis does not hold any more.
   * @returns how many there are in this file now, from the first on; fewer than wanted when more were too much at once or
   *   cannot be read
   */
  takeEarlier(block: EarlierBlock, dataset: string, pointRank: number): number {
    assertHeld(this.#lock);
    this.#journal.change();
    const points = this.#readEarlier(block, pointRank);
    if (points === undefined) return 0;
    const refused: RefusedBlock[] = [];
    const taken = { dataset, first: block.first, points };
    this.#append(taken, refused);
    this.#file.flush();
    return refused.length === 0 ? countOf(points) : 0;
  }

  #readEarlier(block: EarlierBlock, pointRank: number): PointBlock['points'] | undefined {
    try {
      return this.#earlierReader.read(block, pointRank);
    } catch {
      // What a killed writer has left may be damaged.
      return undefined;
    }
  }

  #apply(operation: TreeOperation): void {
    if (this.#present.has(operation.path)) this.#file.repeat(operation);
    else this.#file.apply(operation);
  }

  /** After a failure nobody knows which of the steps were done. */
  #notePresent(): void {
    try {
      this.#present = this.#file.paths();
    } catch {
      // Then a step that was done fails when it is done again, and the file is given up.
    }
  }

  numbers(dataset: string): number[] {
    return elements(this.#file.readNumbers(dataset)).map(Number);
  }

  /** Points that were flushed, of several channels. */
  readPoints(places: readonly PointPlace[], request: PointRequest): PointColumns {
    return readColumns(this.#file, places, request);
  }

  /** What a browser of files wants to know: as it is now, with what is not flushed yet. */
  ask(request: GroveRequest): GroveAnswer {
    return this.#file.ask(request);
  }

  /**
   * Takes rows that are there now, and will not change any more, into a dataset's hash: a block at a time, since that
   * of images may take minutes.
   * @returns whether all of them are in it
   */
  hashSoFar(dataset: string): boolean {
    return this.#hashes.hashSoFar(this.#file, dataset);
  }

  /** SHA-256 of each dataset as it was appended; text as UTF-8, each value ended by a zero byte. */
  hash(datasets: readonly HashRequest[]): DatasetHash[] {
    return datasets.map((request) => {
      return { dataset: request.dataset, sha256: this.#hashes.of(this.#file, request) };
    });
  }

  /**
   * Writes the status once all else is on disk, and closes the file. An earlier file of the scan goes when this one has
   * all it had.
   */
  finish({ lastWords, isComplete, points, virtualImages }: Ending): Finished {
    assertHeld(this.#lock);
    this.#file.flush();
    const warnings = this.#mapImages(virtualImages);
    syncToDisk(this.path);
    for (const operation of lastWords) this.#file.apply(operation);
    this.#file.flush();
    this.#file.close();
    syncToDisk(this.path);
    this.#disk.close();
    this.#earlierReader.close();
    const kept = this.#earlier.filter((earlier) => !dropEarlier(earlier, points, isComplete));
    for (const { path } of kept) removeJournal(journalPath(path));
    this.#journal.remove();
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
   * @param goesOn whether somebody may go on with the file later
   * @returns where earlier files of the scan stand: none is removed
   */
  giveUp(operations: readonly TreeOperation[], goesOn: boolean): string[] {
    const isExact = this.#journal.isExact;
    try {
      this.write(operations, [], isExact && goesOn ? { datasets: [] } : undefined);
    } catch {
      // The error that led here is the one to report; the status stays RUNNING, which says the same.
    }
    closeQuietly(this.#file);
    this.#disk.close();
    this.#earlierReader.close();
    if (goesOn) this.#journal.close();
    else this.#journal.remove();
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
      if ('dtype' in points) {
        const stored = this.#file.append(dataset, first, points);
        this.#hashes.append(dataset, first, countOf(points), stored);
      } else this.#file.appendTexts(dataset, first, points);
    } catch (error) {
      if (!(error instanceof PointTypeError)) throw error;
      const count = countOf(points);
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

/** Seconds from one lap to the next. */
class StopWatch {
  #last = performance.now();

  lap(): number {
    const now = performance.now();
    const seconds = (now - this.#last) / 1_000;
    this.#last = now;
    return seconds;
  }
}

function bytesOf(points: PointBlock['points']): number {
  return 'dtype' in points ? points.bytes.length : points.reduce((sum, text) => sum + text.length, 0);
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
function restore({ file, aside, lock }: Claimed): void {
  try {
    if (aside !== undefined && !fs.existsSync(file)) {
      linkExclusive(aside.path, file);
      const journal = journalPath(aside.path);
      if (fs.existsSync(journal)) fs.renameSync(journal, journalPath(file));
      fs.rmSync(aside.path);
    }
  } catch {
    // It stands aside, and the next claim finds it there.
  } finally {
    releaseLock(lock);
  }
}
