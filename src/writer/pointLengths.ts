import { elementCount, sameItems } from '../scan/index.js';

/** Points `[first, first + count)` whose lengths are known. */
interface Range {
  readonly first: number;
  count: number;
}

/** Lengths of points `[firstIndex, firstIndex + count)`, one number a dimension. */
export interface LengthChunk {
  readonly firstIndex: number;
  readonly count: number;
  readonly dtype: 'int64';
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** The lengths of a channel's points: nothing to tell as long as all are like the first. */
export class PointLengths {
  /** Of the longest point in each dimension. */
  extents: readonly number[];
  readonly #firstShape: readonly number[];
  /** Points like the first, until another came. */
  #alike: Range[] = [];
  #differ = false;

  constructor(firstShape: readonly number[]) {
    this.extents = firstShape;
    this.#firstShape = firstShape;
  }

  /** Goes on behind points that are in the file: `[0, next)`, whose lengths stand beside them if they differ. */
  static resume(
    firstShape: readonly number[],
    next: number,
    extents: readonly number[],
    differ: boolean,
  ): PointLengths {
    const lengths = new PointLengths(firstShape);
    lengths.extents = extents;
    lengths.#differ = differ;
    if (!differ && next > 0) lengths.#remember(0, next);
    return lengths;
  }

  /** Whether points of different lengths came. */
  get differ(): boolean {
    return this.#differ;
  }

  /** @returns the lengths to write: none while all points are alike, then also those of the points before */
  add(first: number, count: number, shape: readonly number[]): LengthChunk[] {
    if (!this.#differ && sameItems(shape, this.#firstShape)) {
      this.#remember(first, count);
      return [];
    }
    this.extents = this.extents.map((extent, axis) => Math.max(extent, shape[axis] ?? 0));
    const before = this.#alike.map((range) => chunkOf(range.first, range.count, this.#firstShape));
    this.#alike = [];
    this.#differ = true;
    return [...before, chunkOf(first, count, shape)];
  }

  #remember(first: number, count: number): void {
    const last = this.#alike.at(-1);
    if (last !== undefined && last.first + last.count === first) last.count += count;
    else this.#alike.push({ first, count });
  }
}

function chunkOf(firstIndex: number, count: number, lengths: readonly number[]): LengthChunk {
  const shape = lengths.length === 1 ? [] : [lengths.length];
  const values = new BigInt64Array(count * elementCount(shape));
  for (let n = 0; n < values.length; n++) values[n] = BigInt(lengths[n % lengths.length] ?? 0);
  return { firstIndex, count, dtype: 'int64', shape, bytes: new Uint8Array(values.buffer) };
}
