import type { TreeOperation } from '../layout/index.js';
import { sameItems, type Chunk, type DType, type NumericArray, type Records } from '../scan/index.js';
import type { PointBlock } from './files/index.js';

interface Run {
  readonly first: number;
  count: number;
  readonly dtype: DType | 'text';
  readonly shape: readonly number[];
  readonly parts: Uint8Array[];
  readonly texts: string[];
}

/** What one flush takes along. */
export interface Gathered {
  readonly operations: readonly TreeOperation[];
  readonly blocks: readonly PointBlock[];
  /** Bytes that were reserved for it. */
  readonly bytes: number;
}

/** Gathers points between two flushes, so that each channel costs one append a flush whatever its rate. */
export class Gathering {
  #operations: TreeOperation[] = [];
  #runs = new Map<string, Run[]>();
  #bytes = 0;

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
    this.addDerived(dataset, chunk);
    this.#bytes += bytesOf(chunk);
  }

  addRecords(dataset: string, records: Records): void {
    const run = this.#runFor(dataset, records.firstIndex, 'text', []);
    run.count += records.values.length;
    for (const value of records.values) run.texts.push(value);
    this.#bytes += bytesOf(records);
  }

  /** Values that are made from points which were gathered: they are not counted again. */
  addDerived(dataset: string, chunk: Omit<Chunk, 'channel'>): void {
    const { firstIndex, dtype, shape, bytes, count } = chunk;
    const run = this.#runFor(dataset, firstIndex, dtype, shape);
    run.count += count;
    run.parts.push(bytes);
  }

  /**
   * Takes out the point of a dataset for which just one was gathered, the first of all.
   * @returns undefined, and nothing is taken, when there is another number of points
   */
  takeOnlyPoint(dataset: string): NumericArray | string | undefined {
    const [run, ...others] = this.#runs.get(dataset) ?? [];
    if (run === undefined || others.length > 0 || run.first !== 0 || run.count !== 1) return undefined;
    this.#runs.delete(dataset);
    const { points } = blockOf(dataset, run);
    if (!('dtype' in points)) return points[0];
    return { ...points, shape: run.shape };
  }

  /** Everything gathered so far, in buffers of its own that can be given to a thread. */
  take(): Gathered {
    const blocks = [...this.#runs].flatMap(([dataset, runs]) => runs.map((run) => blockOf(dataset, run)));
    const gathered = { operations: this.#operations, blocks, bytes: this.#bytes };
    this.#operations = [];
    this.#runs = new Map();
    this.#bytes = 0;
    return gathered;
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
    const run: Run = { first, count: 0, dtype, shape, parts: [], texts: [] };
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

function blockOf(dataset: string, run: Run): PointBlock {
  const { first, count, dtype, shape, parts, texts } = run;
  if (dtype === 'text') return { dataset, first, points: texts };
  const points: NumericArray = { dtype, shape: [count, ...shape], bytes: joined(parts) };
  return { dataset, first, points };
}

/** Always a copy: the parts are views on whole replies of Redis, which would otherwise stay in memory with them. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return bytes;
}
