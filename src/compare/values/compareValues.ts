import { elementCount, itemSize, type DType } from '../../scan/index.js';
import type { DatasetView } from '../../reading/index.js';
import { unequalBytes } from './bytes.js';
import { unequalNumbers, type Unequal } from './numbers.js';
import { isBefore, placeOf, slabsOf } from './slabs.js';
import { unequalTexts } from './texts.js';

/** So much of each side is in memory at a time. */
const SLAB_BYTES = 4 * 1024 * 1024;
/** So much if HDF5 has it in memory in one piece all the same, such as an image. */
const LARGEST_SLAB_BYTES = 64 * 1024 * 1024;
/** Texts have any length: a few at a time. */
const SLAB_TEXTS = 4096;

/** Where and by how much two datasets differ, in what both have. */
export interface UnequalValues extends Omit<Unequal, 'first'> {
  /** Indices of the first one. */
  readonly place: readonly number[];
  /** Of what was compared. */
  readonly shape: readonly number[];
}

/**
 * Compares what two datasets both have, a part after the other. Their shapes may differ in length, or one may have a
 * first dimension of 1 more.
 * @throws ScanWriterError `hdf5` where one cannot be read
 */
export class ValueComparison {
  #memory = { A: new Uint8Array(SLAB_BYTES), B: new Uint8Array(SLAB_BYTES) };

  /** Undefined when they are equal. Both hold numbers, or texts, or values of as many bytes. */
  compare(a: DatasetView, b: DatasetView): UnequalValues | undefined {
    const common = commonShape(a.shape ?? [0], b.shape ?? [0]);
    const bytes = Math.max(bytesOf(a), bytesOf(b));
    const chunk = [chunkOf(a), chunkOf(b)].find((each) => each?.length === common.length) ?? null;
    const chunkBytes = bytes * elementCount(chunk ?? [0]);
    const room = chunkBytes <= LARGEST_SLAB_BYTES ? Math.max(SLAB_BYTES, chunkBytes) : SLAB_BYTES;
    const most = a.stored.kind === 'texts' ? SLAB_TEXTS : Math.max(1, Math.floor(room / bytes));
    let found: UnequalValues | undefined;
    for (const { first, count } of slabsOf(common, most, chunk)) {
      const unequal = this.#unequalIn(a, b, first, count);
      if (unequal === undefined) continue;
      const place = placeOf(unequal.first, count).map((index, axis) => index + (first[axis] ?? 0));
      found = joined(found, { ...unequal, place, shape: common });
    }
    return found;
  }

  #unequalIn(
    a: DatasetView,
    b: DatasetView,
    first: readonly number[],
    count: readonly number[],
  ): Unequal | undefined {
    if (a.stored.kind === 'texts') return unequalTexts(textsOf(a, first, count), textsOf(b, first, count));
    const [left, right] = [this.#read('A', a, first, count), this.#read('B', b, first, count)];
    return a.stored.kind === 'bytes'
      ? unequalBytes(left.bytes, right.bytes, a.stored.bytes)
      : unequalNumbers(left, right);
  }

  #read(
    side: 'A' | 'B',
    dataset: DatasetView,
    first: readonly number[],
    count: readonly number[],
  ): { dtype: DType; shape: readonly number[]; bytes: Uint8Array } {
    const size = elementCount(count) * bytesOf(dataset);
    if (size > this.#memory[side].length) this.#memory[side] = new Uint8Array(size);
    const bytes = this.#memory[side].subarray(0, size);
    dataset.read(fitted(first, dataset, 0), fitted(count, dataset, 1), bytes);
    const { stored } = dataset;
    return { dtype: stored.kind === 'numbers' ? stored.dtype : 'uint8', shape: count, bytes };
  }
}

/** A virtual dataset has those of its sources. */
function chunkOf(dataset: DatasetView): readonly number[] | null {
  const [source] = dataset.sources;
  const object = source === undefined ? dataset : dataset.sourceAt(source);
  return object.kind === 'dataset' ? object.chunks : null;
}

function textsOf(dataset: DatasetView, first: readonly number[], count: readonly number[]): string[] {
  return dataset.readTexts(fitted(first, dataset, 0), fitted(count, dataset, 1));
}

function joined(found: UnequalValues | undefined, more: UnequalValues): UnequalValues {
  if (found === undefined) return more;
  const largest = Math.max(found.largest, more.largest);
  const scale = Math.max(found.scale, more.scale);
  const earlier = isBefore(more.place, found.place) ? more : found;
  return { ...earlier, count: found.count + more.count, largest, scale };
}

function bytesOf({ stored }: DatasetView): number {
  if (stored.kind === 'numbers') return itemSize(stored.dtype);
  return stored.kind === 'unreadable' ? 1 : stored.bytes;
}

/** Indices in the shape of a dataset, which may have a first dimension of 1 besides. */
function fitted(indices: readonly number[], { shape }: DatasetView, missing: number): readonly number[] {
  return (shape?.length ?? 0) > indices.length ? [missing, ...indices] : indices;
}

/** Whether one has a first dimension of 1 that the other has not: the single point of a scan. */
export function isOnePoint(a: readonly number[], b: readonly number[]): boolean {
  const [shorter, longer] = a.length < b.length ? [a, b] : [b, a];
  return longer.length === shorter.length + 1 && longer.join() === [1, ...shorter].join();
}

/** What both shapes have; nothing where they do not fit to each other. */
export function commonShape(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length === b.length) return a.map((length, axis) => Math.min(length, b[axis] ?? 0));
  if (isOnePoint(a, b)) return a.length < b.length ? a : b;
  return [0];
}
