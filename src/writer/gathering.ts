import type { TreeOperation } from '../layout/index.js';
import { sameItems, type Chunk, type DType, type NumericArray, type Records } from '../scan/index.js';
import type { BufferPool } from './bufferPool.js';
import type { PointBlock } from './files/index.js';
import { Part } from './part.js';

interface Run {
  readonly first: number;
  count: number;
  readonly dtype: DType | 'text';
  readonly shape: readonly number[];
  /** Of numbers. */
  parts: Part[];
  readonly texts: string[];
  /** Reserved for the texts. */
  textBytes: number;
}

/** What one flush takes along. */
export interface Gathered {
  readonly operations: readonly TreeOperation[];
  readonly blocks: readonly PointBlock[];
  /** In which the numbers of the blocks are, for a thread to own. */
  readonly buffer: ArrayBuffer;
  /** Bytes that were reserved for it. */
  readonly bytes: number;
}

/** Gathers points between two flushes, so that each channel costs one append a flush whatever its rate. */
export class Gathering {
  #operations: TreeOperation[] = [];
  readonly #runs = new Map<string, Run[]>();
  #bytes = 0;
  /** Reserved for points that were taken one by one, and are given back with the next that are taken. */
  #takenAlone = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#runs.size === 0 && this.#operations.length === 0;
  }

  addOperations(operations: readonly TreeOperation[]): void {
    for (const operation of operations) this.#operations.push(operation);
  }

  addChunk(dataset: string, chunk: Chunk): void {
    this.#add(dataset, chunk, bytesOf(chunk));
  }

  addRecords(dataset: string, records: Records): void {
    const run = this.#runFor(dataset, records.firstIndex, 'text', []);
    run.count += records.values.length;
    for (const value of records.values) run.texts.push(value);
    const reserved = bytesOf(records);
    run.textBytes += reserved;
    this.#bytes += reserved;
  }

  /** Values that are made from points which were gathered: they are not counted again. */
  addDerived(dataset: string, chunk: Omit<Chunk, 'channel'>): void {
    this.#add(dataset, chunk, 0);
  }

  #add(dataset: string, chunk: Omit<Chunk, 'channel'>, reserved: number): void {
    const { firstIndex, dtype, shape, bytes, count } = chunk;
    const run = this.#runFor(dataset, firstIndex, dtype, shape);
    run.count += count;
    const last = run.parts.at(-1);
    if (last?.add(count, bytes, reserved) !== true) run.parts.push(new Part(count, bytes, reserved));
    this.#bytes += reserved;
  }

  /**
   * Takes out the point of a dataset for which just one was gathered, the first of all.
   * @returns undefined, and nothing is taken, when there is another number of points
   */
  takeOnlyPoint(dataset: string): NumericArray | string | undefined {
    const [run, ...others] = this.#runs.get(dataset) ?? [];
    if (run === undefined || others.length > 0 || run.first !== 0 || run.count !== 1) return undefined;
    this.#runs.delete(dataset);
    this.#bytes -= reservedFor(run);
    this.#takenAlone += reservedFor(run);
    if (run.dtype === 'text') return run.texts[0];
    return { dtype: run.dtype, shape: run.shape, bytes: joined(run.parts, new Uint8Array(sizeOf(run))) };
  }

  /**
   * What was gathered first, copied into a buffer of the pool: about `most` bytes, so that a slow disk does not have all of
   * it in memory twice.
   */
  take(pool: BufferPool, most = Infinity): Gathered {
    const taken: [dataset: string, run: Run][] = [];
    let bytes = this.#takenAlone;
    for (const [dataset, runs] of this.#runs) {
      // What is derived from points is never behind them.
      while (runs[0] !== undefined && (bytes < most || reservedFor(runs[0]) === 0)) {
        const run = takeFrom(runs, most - bytes);
        bytes += reservedFor(run);
        taken.push([dataset, run]);
      }
      if (runs.length === 0) this.#runs.delete(dataset);
    }
    const gathered = { operations: this.#operations, ...blocksOf(taken, pool), bytes };
    this.#operations = [];
    this.#bytes -= bytes - this.#takenAlone;
    this.#takenAlone = 0;
    return gathered;
  }

  /** Gives up what was gathered. @returns the bytes that were reserved for it */
  drop(): number {
    const bytes = this.#bytes + this.#takenAlone;
    this.#operations = [];
    this.#runs.clear();
    this.#bytes = 0;
    this.#takenAlone = 0;
    return bytes;
  }

  #runFor(dataset: string, first: number, dtype: DType | 'text', shape: readonly number[]): Run {
    let runs = this.#runs.get(dataset);
    if (runs === undefined) {
      runs = [];
      this.#runs.set(dataset, runs);
    }
    const last = runs.at(-1);
    if (last?.dtype === dtype && last.first + last.count === first && sameItems(last.shape, shape))
      return last;
    const run: Run = { first, count: 0, dtype, shape, parts: [], texts: [], textBytes: 0 };
    runs.push(run);
    return run;
  }
}

/** What a chunk or records cost in memory, for the budget. */
export function bytesOf(points: Chunk | Records): number {
  if ('bytes' in points) return points.bytes.byteLength;
  // Two bytes a character and the string's own head.
  return points.values.reduce((sum, value) => sum + 2 * value.length + 32, 0);
}

/** Takes the first run, or as many of its parts as fit, at least one. */
function takeFrom(runs: Run[], most: number): Run {
  const [run] = runs;
  if (run === undefined) throw new TypeError('there is no run');
  let bytes = 0;
  const end = run.parts.findIndex((part) => (bytes += part.reserved) > most);
  const places = end < 0 ? run.parts.length : Math.max(1, end);
  runs.shift();
  if (places >= run.parts.length) return run;
  const parts = run.parts.slice(0, places);
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const rest = run.parts.slice(places);
  runs.unshift({ ...run, first: run.first + count, count: run.count - count, parts: rest });
  return { ...run, count, parts };
}

function reservedFor({ parts, textBytes }: Run): number {
  return parts.reduce((sum, { reserved }) => sum + reserved, textBytes);
}

/** The parts are views on whole replies of Redis, which would stay in memory with them: they are copied. */
function blocksOf(
  taken: readonly [dataset: string, run: Run][],
  pool: BufferPool,
): Pick<Gathered, 'blocks' | 'buffer'> {
  const buffer = pool.take(taken.reduce((sum, [, run]) => sum + aligned(sizeOf(run)), 0));
  let offset = 0;
  const blocks = taken.map(([dataset, run]): PointBlock => {
    const { first, count, dtype, shape, parts, texts } = run;
    if (dtype === 'text') return { dataset, first, points: texts };
    const bytes = joined(parts, new Uint8Array(buffer, offset, sizeOf(run)));
    offset += aligned(bytes.length);
    return { dataset, first, points: { dtype, shape: [count, ...shape], bytes } };
  });
  return { blocks, buffer };
}

/** Where the next block may begin, so that its elements can be read as such. */
function aligned(length: number): number {
  return Math.ceil(length / 16) * 16;
}

function sizeOf({ parts }: Run): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}

function joined(parts: readonly Part[], target: Uint8Array): Uint8Array {
  let offset = 0;
  for (const { bytes } of parts) {
    target.set(bytes, offset);
    offset += bytes.byteLength;
  }
  return target;
}
