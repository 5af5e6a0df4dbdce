import { elementCount, itemSize } from '../../scan/index.js';
import { boxesOf, type Box } from './boxes.js';
import { BLOCK_BYTES, type OpenFile } from './calls.js';
import { fillWithMissing } from './rows.js';
import type { StoredType } from './storedType.js';

export type StoredNumber = Exclude<StoredType, 'text'>;
/** Puts points `[first, first + count)` of what is to be written into the library's memory. */
export type Produce = (memory: Uint8Array, first: number, count: number) => void;

/** Points `[first, end)`; none when `end` is not behind `first`. */
export interface PointRange {
  readonly first: number;
  readonly end: number;
}

/** NaN, or 0 for integers. */
export function missing(type: StoredNumber): Produce {
  return (memory) => {
    fillWithMissing(memory, type);
  };
}

/** Writes points of a dataset whose present shape is `shape`. */
export function writePoints(
  file: OpenFile,
  path: string,
  type: StoredNumber,
  { first, end }: PointRange,
  shape: readonly number[],
  scanRank: number,
  produce: Produce,
): void {
  const extents = shape.slice(scanRank);
  let done = 0;
  for (const { offset, count } of boxesOf(first, end - first, shape.slice(1, scanRank))) {
    const from = done;
    const box = { offset: [...offset, ...extents.map(() => 0)], count: [...count, ...extents] };
    writeBox(file, path, type, box, scanRank, (memory, point, points) => {
      produce(memory, from + point, points);
    });
    done += elementCount(count);
  }
}

/** Writes a box of a dataset in blocks along its first dimension of points that is longer than one. */
export function writeBox(
  file: OpenFile,
  path: string,
  type: StoredNumber,
  { offset, count }: Box,
  scanRank: number,
  produce: Produce,
): void {
  const long = count.findIndex((length, dimension) => length !== 1 || dimension === scanRank - 1);
  const steps = count[long] ?? 0;
  const pointsPerStep = elementCount(count.slice(long + 1, scanRank));
  const stepBytes = elementCount(count.slice(long + 1)) * itemSize(type);
  if (stepBytes === 0) return;
  const blockSteps = Math.max(1, Math.floor(BLOCK_BYTES / stepBytes));
  for (let step = 0; step < steps; step += blockSteps) {
    const block = Math.min(blockSteps, steps - step);
    const address = file.calls.reserve(block * stepBytes);
    produce(file.calls.memory(address, block * stepBytes), step * pointsPerStep, block * pointsPerStep);
    const [from, size] = [[...offset], [...count]];
    from[long] = (offset[long] ?? 0) + step;
    size[long] = block;
    writeBlock(file, path, from, size, address);
  }
}

/** Writes one box from the library's memory. */
export function writeBlock(
  file: OpenFile,
  path: string,
  offset: readonly number[],
  count: readonly number[],
  address: number,
): void {
  const strides = count.map(() => 1n);
  file.run('append to', path, (module, id) =>
    module.set_dataset_data(id, path, count.map(BigInt), offset.map(BigInt), strides, BigInt(address)),
  );
}
