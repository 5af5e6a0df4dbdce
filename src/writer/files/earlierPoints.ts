import type { MissingPoints, PointType } from '../../layout/index.js';
import type { NumericArray } from '../../scan/index.js';
import type { Hdf5File, Hdf5Library } from '../hdf5/index.js';
import { closeQuietly } from './existing.js';
import type { JournalState } from './journal.js';
import { rowsOfBlock } from './rowBlocks.js';
import { readWords } from './writtenScan.js';

/** Points `[first, first + count)`. */
export interface PointRange {
  readonly first: number;
  readonly count: number;
}

/** What an earlier file of the scan has of one channel. */
export interface EarlierChannel {
  /** Full name. */
  readonly channel: string;
  readonly dataset: string;
  readonly type: PointType;
  /** Of the longest point in each dimension. */
  readonly shape: readonly number[];
  readonly points: readonly PointRange[];
}

/** Points of an earlier file that are to be in the present one. */
export interface EarlierBlock {
  readonly file: string;
  readonly dataset: string;
  readonly first: number;
  readonly count: number;
}

const BLOCK_TEXTS = 64 * 1024;

/** What a file has whose writer was stopped, by its journal. */
export function channelsInJournal({ datasets, missing }: JournalState): EarlierChannel[] {
  return datasets.map(({ channel, dataset, type, extents, next }) => {
    return { channel, dataset, type, shape: extents, points: present(next, channel, missing) };
  });
}

/** What a finished file has, by its own words; undefined when it does not say so or cannot be read. */
export function channelsInFile(path: string, hdf5: Hdf5Library): EarlierChannel[] | undefined {
  let file: Hdf5File | undefined;
  try {
    file = hdf5.openForReading(path);
    const opened = file;
    const { channels, missing } = readWords(opened, path);
    return channels
      .filter(({ dataset }) => isStored(opened, dataset))
      .map(({ name: channel, dataset }) => {
        const [rows = 1, ...shape] = opened.shapeOf(dataset);
        const type = opened.isText(dataset) ? 'text' : opened.readRows(dataset, 0, 0).dtype;
        return { channel, dataset, type, shape, points: present(rows, channel, missing) };
      });
  } catch {
    return undefined;
  } finally {
    closeQuietly(file);
  }
}

/** Whether values are in this very file: not so for images that are linked, mapped or listed. */
function isStored(file: Hdf5File, dataset: string): boolean {
  const isThere =
    file.has(dataset) && file.linkOf(dataset).kind === 'hard' && file.kindOf(dataset) === 'dataset';
  return isThere && file.virtualSourcesOf(dataset).length === 0;
}

/** Reads points of earlier files; each is opened when it is first needed. */
export class EarlierReader {
  readonly #hdf5: Hdf5Library;
  readonly #files = new Map<string, Hdf5File>();

  constructor(hdf5: Hdf5Library) {
    this.#hdf5 = hdf5;
  }

  /**
   * The first points of a block, as many as are read at once.
   * @throws ScanWriterError when they cannot be read, or are not in one dimension after the other (the shape of a mesh)
   */
  read({ file: path, dataset, first, count }: EarlierBlock, pointRank: number): NumericArray | string[] {
    const file = this.#open(path);
    if (file.isText(dataset)) {
      return file.readTexts(dataset).slice(first, first + Math.min(count, BLOCK_TEXTS));
    }
    if (file.shapeOf(dataset).length !== pointRank + 1) throw new TypeError(`${dataset} has another shape`);
    return file.readRows(dataset, first, Math.min(count, rowsOfBlock(file, dataset)));
  }

  close(): void {
    for (const file of this.#files.values()) closeQuietly(file);
    this.#files.clear();
  }

  #open(path: string): Hdf5File {
    const file = this.#files.get(path) ?? this.#hdf5.openForReading(path);
    this.#files.set(path, file);
    return file;
  }
}

/** Points `[0, end)` without those that are missing. */
function present(end: number, channel: string, missing: readonly MissingPoints[]): PointRange[] {
  const holes = missing
    .filter((points) => points.channel === channel && points.first < end)
    .sort((a, b) => a.first - b.first);
  const ranges: PointRange[] = [];
  let from = 0;
  for (const { first, count } of holes) {
    if (first > from) ranges.push({ first: from, count: first - from });
    from = Math.max(from, count < 0 ? end : first + count);
  }
  if (end > from) ranges.push({ first: from, count: end - from });
  return ranges;
}
