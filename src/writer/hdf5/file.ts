import { elementCount, ScanWriterError, type NumericArray } from '../../scan/index.js';
import type { TreeOperation } from '../../layout/operation.js';
import { attributesAt, type AttributeContent } from './attributes.js';
import { Hdf5Browser } from './browser.js';
import { namesOn, OpenFile, refusal, type Hdf5Calls } from './calls.js';
import { differentPoints } from './compare.js';
import { Hdf5Error } from './errors.js';
import { groveAnswer, type GroveAnswer, type GroveRequest } from './grove.js';
import { openStreams } from './module.js';
import { appendPoints, appendTextPoints, cutPoints, padPoints, type PointsDataset } from './points.js';
import {
  childNames,
  isLinked,
  kindAt,
  linkAt,
  locate,
  locateA,
  metadataAt,
  readNumbersAt,
  readPointsAt,
  readTextsAt,
  type Link,
  type ObjectKind,
} from './reader.js';
import { dtypeOf, isText, storedTypeOf, type StoredType } from './storedType.js';
import { applyOperation, repeatOperation, rewriteScalarText } from './tree.js';

/**
 * An open HDF5 file. Everything is synchronous and may block for as long as the disk does.
 * Every method throws `Hdf5Error` when HDF5 shows any sign of trouble. After one, what was appended since the last
 * flush may be missing: append it again from there (same rows, they are overwritten), then flush.
 */
export class Hdf5File {
  readonly path: string;
  readonly #file: OpenFile;
  readonly #onClose: () => number;
  /** So that an append needs no question about type and shape. */
  readonly #points = new Map<string, PointsDataset>();
  #isClosed = false;

  /** Use `Hdf5Library`. `onClose` says how many others of this process have the same file open. */
  constructor(calls: Hdf5Calls, id: bigint, path: string, onClose: () => number) {
    this.path = path;
    this.#file = new OpenFile(calls, id, path);
    this.#onClose = onClose;
  }

  /**
   * Does one step of building the file. An empty list is left out of the attributes.
   * @throws Hdf5Error if the name (or attribute) exists already, or its parent does not
   */
  apply(operation: TreeOperation): void {
    this.#apply(operation, applyOperation);
  }

  /** Does a step that may have been done before, all of it or a part. */
  repeat(operation: TreeOperation): void {
    this.#apply(operation, repeatOperation);
  }

  #apply(operation: TreeOperation, act: typeof applyOperation): void {
    const file = this.#open();
    const { path } = operation;
    if (operation.op === 'pad') {
      padPoints(file, path, this.#pointsDataset(path), operation.rows);
      return;
    }
    act(file, operation);
    // What a step before has written already is known better.
    if (operation.op !== 'points' || this.#points.has(path)) return;
    const { type, meshLines = [], pointShape } = operation;
    const shape = [0, ...meshLines, ...pointShape];
    this.#points.set(path, { type: storedTypeOf(type), shape, scanRank: 1 + meshLines.length });
  }

  /**
   * Goes on with a dataset of points that is in the file: everything from point `points` on is cut off.
   * @param pointRank dimensions of one point; the others count the points
   * @throws ScanWriterError `hdf5` if it has fewer points or is none
   */
  resume(path: string, pointRank: number, points: number): void {
    const found = this.#pointsIn(locateA(this.#open(), 'dataset', path));
    const dataset = { ...found, scanRank: found.shape.length - pointRank };
    const has = elementCount(dataset.shape.slice(0, Math.max(0, dataset.scanRank)));
    if (dataset.scanRank < 1 || has < points) {
      throw refusal(this.#file, path, `has ${has} points and should have ${points}`);
    }
    cutPoints(this.#file, path, dataset, points);
    this.#points.set(path, dataset);
  }

  /**
   * Writes `points` of shape `[count, ...pointShape]` from point `first` on; in the shape of a mesh they fill line after
   * line. Points that exist are overwritten, those between the present end and `first` become NaN (integers: 0), and so
   * does the rest of a mesh's last line. A point may be shorter or
   * longer than the dataset's in any dimension: the dataset grows, and NaN or 0 stand where a point has nothing.
   * @returns the values as they are stored, when they are rows `[first, first + count)` and no other row has changed
   * @throws PointTypeError if the rank differs or the values are not exactly the same in the dataset's type
   * @throws ScanWriterError `undecodable` if `first` cannot be an index; in both cases the file is untouched
   */
  append(path: string, first: number, points: NumericArray): Uint8Array | undefined {
    return appendPoints(this.#open(), path, this.#pointsDataset(path), first, points);
  }

  /** As `append`, for a dataset of scalar texts. NUL is stored as U+2400 and a lone surrogate as U+FFFD. */
  appendTexts(path: string, first: number, values: readonly string[]): void {
    appendTextPoints(this.#open(), path, this.#pointsDataset(path), first, values);
  }

  /** Cuts a dataset to its first `points` points; a shorter one stays as it is. */
  cut(path: string, points: number): void {
    cutPoints(this.#open(), path, this.#pointsDataset(path), points);
  }

  /** Replaces the value of a scalar text dataset. */
  rewriteText(path: string, value: string): void {
    rewriteScalarText(this.#open(), path, value);
  }

  /** Length of the first dimension that was written successfully: points, or in a mesh its outermost lines. */
  rows(path: string): number {
    this.#open();
    return this.#pointsDataset(path).shape[0] ?? 0;
  }

  /**
   * Hands everything to the operating system. When it returns, other processes on this host read it; it does not
   * wait for the disk (fdatasync does). A flush that failed can be repeated once its cause is gone.
   */
  flush(): void {
    const { calls, id, path } = this.#open();
    calls.run('flush', path, (module) => module.flush(id));
  }

  /**
   * Closes the file; closing again does nothing. The file is closed even when this throws, and then not all is
   * in it: call `flush` before, which can be repeated.
   * @throws Hdf5Error if something could not be written, or the library kept the file open
   */
  close(): void {
    if (this.#isClosed) return;
    const { calls, id, path } = this.#file;
    this.#isClosed = true;
    const others = this.#onClose();
    calls.run('close', path, (module) => module.close_file(id));
    if (others === 0 && openStreams(calls.module, path) > 0) {
      throw new Hdf5Error('close', path, '', new Error('the library keeps it open'));
    }
  }

  /** Whether there is a link with this name; what it points to may be missing. */
  has(path: string): boolean {
    return isLinked(this.#open(), path);
  }

  /** Names in a group, in the order of their creation where the file knows it (ours do). */
  names(groupPath: string): string[] {
    return childNames(this.#open(), locateA(this.#open(), 'group', groupPath));
  }

  /** The links of a group one after the other; as cheap for many as `names`, unlike `linkOf` for each. */
  *linksIn(groupPath: string): Generator<readonly [name: string, link: Link]> {
    const located = locateA(this.#open(), 'group', groupPath);
    for (const name of childNames(this.#open(), located)) {
      yield [name, linkAt(this.#open(), `${located === '/' ? '' : located}/${name}`)];
    }
  }

  /** Every path that hard links make, with the links of all kinds at their ends. */
  paths(): Set<string> {
    const file = this.#open();
    const found = new Set<string>();
    const walk = (group: string): void => {
      for (const [name, link] of this.linksIn(group === '' ? '/' : group)) {
        const path = `${group}/${name}`;
        found.add(path);
        if (link.kind === 'hard' && kindAt(file, path) === 'group') walk(path);
      }
    };
    walk('');
    return found;
  }

  /** What kind of link the last name of a path is; soft links before it are followed. */
  linkOf(path: string): Link {
    return linkAt(this.#open(), this.#locateLink(path));
  }

  /** The kind of object a hard link leads to, or a soft link that resolves within this file. */
  kindOf(path: string): ObjectKind {
    const file = this.#open();
    const located = locate(file, path);
    if (located === undefined) throw refusal(this.#file, path, 'does not exist');
    return kindAt(file, located);
  }

  /** A dataset with one text; undefined if there is none at this path or it is something else. */
  readText(path: string): string | undefined {
    const file = this.#open();
    const located = locate(file, path);
    if (located === undefined || kindAt(file, located) !== 'dataset') return undefined;
    const metadata = metadataAt(file, located);
    if (!isText(metadata) || metadata.shape === null || metadata.total_size !== 1) return undefined;
    return readTextsAt(file, located)[0];
  }

  /** All texts of a dataset, in C order. */
  readTexts(path: string): string[] {
    return readTextsAt(this.#open(), this.#datasetAt(path));
  }

  /** All of a dataset of numbers. What the file holds as big-endian is little-endian here. */
  readNumbers(path: string): NumericArray {
    return readNumbersAt(this.#open(), this.#datasetAt(path));
  }

  /**
   * Rows `[first, first + count)` of a dataset of numbers.
   * @param memory where they are put when there is room: who reads much then leaves nothing to collect
   */
  readRows(path: string, first: number, count: number, memory?: Uint8Array): NumericArray {
    return readNumbersAt(this.#open(), this.#datasetAt(path), first, count, memory);
  }

  /**
   * Points `[first, first + count)` of a dataset of numbers, shape `[count, ...pointShape]`; in the shape of a mesh they
   * are counted line after line.
   */
  readPoints(path: string, pointRank: number, first: number, count: number): NumericArray {
    return readPointsAt(this.#open(), this.#datasetAt(path), pointRank, first, count);
  }

  /**
   * Indices of the points that are not stored exactly as they are given, see `append`; a point that the dataset does not
   * have is one of them.
   */
  differentPoints(path: string, first: number, points: NumericArray): number[] {
    return differentPoints(this.#open(), path, first, points);
  }

  /** Whether a dataset holds text. */
  isText(path: string): boolean {
    const file = this.#open();
    return isText(metadataAt(file, this.#datasetAt(path)));
  }

  /** Shape of a dataset in the file, `[]` for a scalar. */
  shapeOf(path: string): readonly number[] {
    const file = this.#open();
    return metadataAt(file, this.#datasetAt(path)).shape ?? [0];
  }

  /** Where the object header of a dataset is in the file: what an HDF5 object reference holds. It never moves. */
  addressOf(path: string): bigint {
    const file = this.#open();
    const located = locateA(file, 'dataset', path);
    const reference = file.run('refer to', path, (module, id) => module.create_object_reference(id, located));
    return Buffer.from(reference).readBigUInt64LE();
  }

  /** What a virtual dataset is made of, in the order of the file and with `%%` for `%`; `[]` for any other dataset. */
  virtualSourcesOf(path: string): { file: string; dataset: string }[] {
    const file = this.#open();
    const { virtual_sources: sources = [] } = metadataAt(file, locateA(file, 'dataset', path));
    return sources.map((source) => ({ file: source.file_name, dataset: source.dset_name }));
  }

  /** For looking through the whole file, whatever is in it. Valid until the file is closed. */
  browse(): Hdf5Browser {
    return new Hdf5Browser(this.#open());
  }

  /** For a browser of files: one of its questions. */
  ask(request: GroveRequest): GroveAnswer {
    return groveAnswer(this.#open(), request);
  }

  attributesOf(path: string): Map<string, AttributeContent> {
    const file = this.#open();
    const located = locate(file, path);
    if (located === undefined) throw refusal(this.#file, path, 'does not exist');
    return attributesAt(file, located);
  }

  #open(): OpenFile {
    if (this.#isClosed) throw new ScanWriterError('hdf5', `${this.path} is closed.`, { subject: this.path });
    return this.#file;
  }

  /** Datasets of points are known to be there: no look through all names of their groups is needed. */
  #datasetAt(path: string): string {
    return this.#points.has(path) ? path : locateA(this.#open(), 'dataset', path);
  }

  #pointsDataset(path: string): PointsDataset {
    const known = this.#points.get(path);
    if (known !== undefined) return known;
    const located = locateA(this.#file, 'dataset', path);
    // The same dataset by another name, such as a soft link, must not have a second idea of its rows.
    const dataset = this.#points.get(located) ?? this.#pointsIn(located);
    this.#points.set(located, dataset);
    this.#points.set(path, dataset);
    return dataset;
  }

  #pointsIn(path: string): PointsDataset {
    const metadata = metadataAt(this.#file, path);
    const dtype = dtypeOf(metadata);
    let type: StoredType | undefined;
    if (dtype !== undefined && dtype !== 'bool' && dtype !== 'float16') type = dtype;
    if (isText(metadata) && metadata.vlen) type = 'text';
    if (type === undefined || metadata.chunks === null || metadata.shape === null) {
      throw refusal(this.#file, path, 'is not a dataset of points');
    }
    return { type, shape: metadata.shape, scanRank: 1 };
  }

  #locateLink(path: string): string {
    if (!this.has(path)) throw refusal(this.#file, path, 'does not exist');
    const names = namesOn(path);
    const name = names.pop();
    const parent = locate(this.#file, `/${names.join('/')}`);
    return name === undefined ? '/' : `${parent === '/' ? '' : (parent ?? '')}/${name}`;
  }
}
