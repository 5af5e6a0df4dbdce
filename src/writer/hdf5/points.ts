import { elementCount, hasNaN, itemSize, ScanWriterError, type NumericArray } from '../../scan/index.js';
import { BLOCK_BYTES, type OpenFile } from './calls.js';
import { convertExactly } from './convert.js';
import { PointTypeError } from './errors.js';
import { copyRows, fillWithMissing } from './rows.js';
import type { StoredType } from './storedType.js';
import { layTexts, textBlocks } from './text.js';

/** More rows than any scan has: an index beyond is not an index. */
const MAX_ROWS = 2 ** 40;
/** Most bytes of fill for one append; a gap that needs more comes from a wrong index. */
const MAX_FILL_BYTES = 8 * 2 ** 30;
/** A stored variable-length text: its length and where it is. */
const TEXT_BYTES = 16;
const TEXT_FILL_ROWS = 64 * 1024;

/** A dataset of points: its type and its present shape, of which the first dimension counts the points. */
export interface PointsDataset {
  readonly type: StoredType;
  /** What was written successfully; after a failed append the file may hold more. */
  shape: readonly number[];
  /** An append failed, so that what the file holds beyond `shape` is not to be trusted. */
  isTorn?: boolean;
}

type StoredNumber = Exclude<StoredType, 'text'>;
/** Puts rows `[first, first + count)` of what is to be written into the library's memory. */
type Produce = (memory: Uint8Array, first: number, count: number) => void;

/** Writes `points` (shape `[count, ...pointShape]`) at row `first`, see `Hdf5File.append`. */
export function appendPoints(
  file: OpenFile,
  path: string,
  dataset: PointsDataset,
  first: number,
  points: NumericArray,
): void {
  const { type } = dataset;
  const { shape } = points;
  const name = file.nameOf(path);
  if (type === 'text') throw new PointTypeError(`${name} holds text, the points are numbers.`, name);
  if (shape.length !== dataset.shape.length) {
    const [stored, got] = [dataset.shape, shape].map((each) => `[${each.slice(1).join(', ')}]`);
    throw new PointTypeError(`${name} holds points of shape ${stored ?? ''}, not ${got ?? ''}.`, name);
  }
  if (points.bytes.length !== elementCount(shape) * itemSize(points.dtype)) {
    throw new PointTypeError(`${points.bytes.length} bytes are not a ${points.dtype} array.`, name);
  }
  const [count = 0, ...pointShape] = shape;
  if (count === 0) return;
  const newShape = grownShape(dataset.shape, first + count, pointShape);
  refuseHostileSize(name, dataset, first, newShape);
  const bytes = convertExactly(points, type);
  if (bytes === undefined) {
    throw new PointTypeError(
      `${name} is ${type} and cannot hold these ${points.dtype} values exactly.`,
      name,
    );
  }

  const extents = newShape.slice(1);
  const rowBytes = elementCount(pointShape) * itemSize(type);
  const isWhole = pointShape.every((length, dimension) => length === extents[dimension]);
  const produce: Produce = (memory, row, rows) => {
    const source = bytes.subarray(row * rowBytes, (row + rows) * rowBytes);
    if (isWhole) {
      memory.set(source);
    } else {
      fillWithMissing(memory, type);
      copyRows(source, pointShape, memory, extents, rows, itemSize(type));
    }
  };
  change(file, path, dataset, newShape, () => {
    fillNewPlaces(file, path, dataset, first, newShape, type);
    writeBox(file, path, type, [first, ...extents.map(() => 0)], [count, ...extents], produce);
  });
}

/** Writes texts at row `first` of a dataset of scalar texts, see `Hdf5File.appendTexts`. */
export function appendTextPoints(
  file: OpenFile,
  path: string,
  dataset: PointsDataset,
  first: number,
  values: readonly string[],
): void {
  const name = file.nameOf(path);
  if (dataset.type !== 'text' || dataset.shape.length !== 1) {
    throw new PointTypeError(`${name} is ${dataset.type} and cannot hold text.`, name);
  }
  if (values.length === 0) return;
  const [rows = 0] = dataset.shape;
  const newShape = grownShape(dataset.shape, first + values.length, []);
  refuseHostileSize(name, dataset, first, newShape);
  change(file, path, dataset, newShape, () => {
    for (let row = rows; row < first; row += TEXT_FILL_ROWS) {
      writeTexts(file, path, row, new Array<string>(Math.min(TEXT_FILL_ROWS, first - row)).fill(''));
    }
    for (const block of textBlocks(values)) writeTexts(file, path, first + block.first, block.values);
  });
}

/** Cuts a dataset to its first `rows` points; shorter ones stay as they are. */
export function cutPoints(file: OpenFile, path: string, dataset: PointsDataset, rows: number): void {
  const [present = 0, ...extents] = dataset.shape;
  if (rows >= present) return;
  change(file, path, dataset, [rows, ...extents], () => undefined);
}

/** Resizes a dataset, writes to it, and remembers whether all of that succeeded. */
function change(
  file: OpenFile,
  path: string,
  dataset: PointsDataset,
  newShape: readonly number[],
  write: () => void,
): void {
  // What a failed append left beyond the trusted shape has to become fill again.
  if (dataset.isTorn === true) resize(file, path, dataset.shape);
  dataset.isTorn = true;
  if (newShape.some((length, dimension) => length !== dataset.shape[dimension])) {
    resize(file, path, newShape);
  }
  write();
  dataset.shape = newShape;
  dataset.isTorn = false;
}

function resize(file: OpenFile, path: string, shape: readonly number[]): void {
  file.run('resize', path, (module, id) => module.resize_dataset(id, path, shape.map(BigInt)));
}

function grownShape(shape: readonly number[], end: number, pointShape: readonly number[]): number[] {
  const [rows = 0, ...extents] = shape;
  return [
    Math.max(rows, end),
    ...extents.map((extent, dimension) => Math.max(extent, pointShape[dimension] ?? 0)),
  ];
}

function refuseHostileSize(
  name: string,
  dataset: PointsDataset,
  first: number,
  newShape: readonly number[],
): void {
  const [rows = 0, ...extents] = dataset.shape;
  const [end = 0, ...newExtents] = newShape;
  if (!Number.isSafeInteger(first) || first < 0 || end > MAX_ROWS) {
    throw new ScanWriterError('undecodable', `${first} is not an index of a point of ${name}.`, {
      subject: name,
    });
  }
  const { type } = dataset;
  if (type !== 'text' && !hasNaN(type)) return;
  const size = type === 'text' ? TEXT_BYTES : itemSize(type);
  const gap = Math.max(0, first - rows) * elementCount(newExtents);
  const columns = rows * (elementCount(newExtents) - elementCount(extents));
  if ((gap + columns) * size > MAX_FILL_BYTES) {
    throw new ScanWriterError(
      'undecodable',
      `A point at index ${first} of ${name} would need ${(gap + columns) * size} bytes of fill.`,
      { subject: name },
    );
  }
}

/**
 * Writes NaN where the dataset grew and no point is written: to the new columns of earlier rows, and to the
 * rows between them and `first`. For integers HDF5's own fill, 0, is what is wanted.
 */
function fillNewPlaces(
  file: OpenFile,
  path: string,
  dataset: PointsDataset,
  first: number,
  newShape: readonly number[],
  type: StoredNumber,
): void {
  if (!hasNaN(type)) return;
  const { shape } = dataset;
  const produce: Produce = (memory) => {
    fillWithMissing(memory, type);
  };
  const [rows = 0] = shape;
  // What is new around a grown box, cut into boxes: one for each dimension that grew.
  for (let grown = 1; grown < shape.length; grown++) {
    const offset = shape.map((length, dimension) => (dimension === grown ? length : 0));
    const count = newShape.map((length, dimension) => {
      if (dimension < grown) return shape[dimension] ?? 0;
      return dimension === grown ? length - (shape[dimension] ?? 0) : length;
    });
    writeBox(file, path, type, offset, count, produce);
  }
  const gap = Math.max(0, first - rows);
  const extents = newShape.slice(1);
  writeBox(file, path, type, [rows, ...extents.map(() => 0)], [gap, ...extents], produce);
}

/** Writes a box of a dataset in blocks of rows. */
function writeBox(
  file: OpenFile,
  path: string,
  type: StoredNumber,
  offset: readonly number[],
  count: readonly number[],
  produce: Produce,
): void {
  const [first = 0, ...columns] = offset;
  const [rows = 0, ...extents] = count;
  const rowBytes = elementCount(extents) * itemSize(type);
  if (rowBytes === 0) return;
  const step = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
  for (let row = 0; row < rows; row += step) {
    const block = Math.min(step, rows - row);
    const address = file.calls.reserve(block * rowBytes);
    produce(file.calls.memory(address, block * rowBytes), row, block);
    writeBlock(file, path, [first + row, ...columns], [block, ...extents], address);
  }
}

function writeTexts(file: OpenFile, path: string, first: number, values: readonly string[]): void {
  writeBlock(file, path, [first], [values.length], layTexts(file.calls, values));
}

function writeBlock(
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
