import {
  elementCount,
  hasNaN,
  itemSize,
  sameItems,
  ScanWriterError,
  type NumericArray,
} from '../../scan/index.js';
import type { OpenFile } from './calls.js';
import { convertExactly } from './convert.js';
import { PointTypeError } from './errors.js';
import {
  missing,
  writeBlock,
  writeBox,
  writePoints,
  type PointRange,
  type Produce,
  type StoredNumber,
} from './placing.js';
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

/** A dataset of points: its type and its present shape, of which the first dimensions count the points. */
export interface PointsDataset {
  readonly type: StoredType;
  /** What was written successfully; after a failed append the file may hold more. */
  shape: readonly number[];
  /** How many dimensions count the points: 1, or in a mesh one for each motor. The others are those of one point. */
  readonly scanRank: number;
  /** An append failed, so that what the file holds beyond `shape` is not to be trusted. */
  isTorn?: boolean;
}

/** Writes `points` (shape `[count, ...pointShape]`) from point `first` on, see `Hdf5File.append`. */
export function appendPoints(
  file: OpenFile,
  path: string,
  dataset: PointsDataset,
  first: number,
  points: NumericArray,
): Uint8Array | undefined {
  const { type, scanRank } = dataset;
  const { shape } = points;
  const name = file.nameOf(path);
  if (type === 'text') throw new PointTypeError(`${name} holds text, the points are numbers.`, name);
  const [count = 0, ...pointShape] = shape;
  const storedShape = dataset.shape.slice(scanRank);
  if (shape.length !== storedShape.length + 1) {
    const [stored, got] = [storedShape, pointShape].map((each) => `[${each.join(', ')}]`);
    throw new PointTypeError(`${name} holds points of shape ${stored ?? ''}, not ${got ?? ''}.`, name);
  }
  if (points.bytes.length !== elementCount(shape) * itemSize(points.dtype)) {
    throw new PointTypeError(`${points.bytes.length} bytes are not a ${points.dtype} array.`, name);
  }
  if (count === 0) return undefined;
  const newShape = grownShape(dataset, first + count, pointShape);
  refuseHostileSize(name, dataset, first, newShape);
  const bytes = convertExactly(points, type);
  if (bytes === undefined) {
    throw new PointTypeError(
      `${name} is ${type} and cannot hold these ${points.dtype} values exactly.`,
      name,
    );
  }

  const extents = newShape.slice(scanRank);
  const pointBytes = elementCount(pointShape) * itemSize(type);
  const isWhole = sameItems(pointShape, extents);
  const areRows = isWhole && scanRank === 1 && sameItems(storedShape, extents);
  const produce: Produce = (memory, from, rows) => {
    const source = bytes.subarray(from * pointBytes, (from + rows) * pointBytes);
    if (isWhole) {
      memory.set(source);
    } else {
      fillWithMissing(memory, type);
      copyRows(source, pointShape, memory, extents, rows, itemSize(type));
    }
  };
  change(file, path, dataset, newShape, () => {
    fillNewPlaces(file, path, dataset, { first, end: first + count }, newShape, type);
    writePoints(file, path, type, { first, end: first + count }, newShape, scanRank, produce);
  });
  return areRows ? bytes : undefined;
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
  const newShape = grownShape(dataset, first + values.length, []);
  refuseHostileSize(name, dataset, first, newShape);
  change(file, path, dataset, newShape, () => {
    for (let row = rows; row < first; row += TEXT_FILL_ROWS) {
      writeTexts(file, path, row, new Array<string>(Math.min(TEXT_FILL_ROWS, first - row)).fill(''));
    }
    for (const block of textBlocks(values)) writeTexts(file, path, first + block.first, block.values);
  });
}

/** Cuts a dataset to its first `points` points; the rest of a mesh's last line becomes NaN or 0. */
export function cutPoints(file: OpenFile, path: string, dataset: PointsDataset, points: number): void {
  const [present = 0, ...extents] = dataset.shape;
  const perRow = pointsPerRow(dataset);
  const rows = Math.ceil(points / perRow);
  if (rows > present || points >= present * perRow) return;
  const { type, scanRank } = dataset;
  change(file, path, dataset, [rows, ...extents], () => {
    if (type !== 'text') {
      const rest = { first: points, end: rows * perRow };
      writePoints(file, path, type, rest, [rows, ...extents], scanRank, missing(type));
    }
  });
}

/** Makes a dataset of numbers `rows` long in its first dimension, with NaN or 0 in what is new. */
export function padPoints(file: OpenFile, path: string, dataset: PointsDataset, rows: number): void {
  const [present = 0, ...extents] = dataset.shape;
  const { type } = dataset;
  if (rows <= present || type === 'text') return;
  const end = rows * pointsPerRow(dataset);
  const newShape = [rows, ...extents];
  refuseHostileSize(file.nameOf(path), dataset, end, newShape);
  change(file, path, dataset, newShape, () => {
    fillNewPlaces(file, path, dataset, { first: end, end }, newShape, type);
  });
}

/** Points that one step along the first dimension holds: 1 unless the dataset has the shape of a mesh. */
function pointsPerRow({ shape, scanRank }: PointsDataset): number {
  return elementCount(shape.slice(1, scanRank));
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

function grownShape(dataset: PointsDataset, end: number, pointShape: readonly number[]): number[] {
  const { shape, scanRank } = dataset;
  const extents = shape.slice(scanRank);
  return [
    Math.max(shape[0] ?? 0, Math.ceil(end / pointsPerRow(dataset))),
    ...shape.slice(1, scanRank),
    ...extents.map((extent, dimension) => Math.max(extent, pointShape[dimension] ?? 0)),
  ];
}

function refuseHostileSize(
  name: string,
  dataset: PointsDataset,
  first: number,
  newShape: readonly number[],
): void {
  const { type, shape, scanRank } = dataset;
  const [extents, newExtents] = [shape, newShape].map((each) => elementCount(each.slice(scanRank)));
  const [end = 0] = newShape;
  if (!Number.isSafeInteger(first) || first < 0 || end > MAX_ROWS) {
    throw new ScanWriterError('undecodable', `${first} is not an index of a point of ${name}.`, {
      subject: name,
    });
  }
  if (type !== 'text' && !hasNaN(type)) return;
  const size = type === 'text' ? TEXT_BYTES : itemSize(type);
  const points = (shape[0] ?? 0) * pointsPerRow(dataset);
  const gap = Math.max(0, first - points) * (newExtents ?? 1);
  const columns = points * ((newExtents ?? 1) - (extents ?? 1));
  if ((gap + columns) * size > MAX_FILL_BYTES) {
    throw new ScanWriterError(
      'undecodable',
      `A point at index ${first} of ${name} would need ${(gap + columns) * size} bytes of fill.`,
      { subject: name },
    );
  }
}

/**
 * Writes NaN where the dataset grew and no point is written: to the new columns of earlier points, and around the
 * points `[first, end)`. For integers HDF5's own fill, 0, is what is wanted.
 */
function fillNewPlaces(
  file: OpenFile,
  path: string,
  dataset: PointsDataset,
  { first, end }: PointRange,
  newShape: readonly number[],
  type: StoredNumber,
): void {
  if (!hasNaN(type)) return;
  const { shape, scanRank } = dataset;
  const produce = missing(type);
  // What is new around a grown box, cut into boxes: one for each dimension of a point that grew.
  for (let grown = scanRank; grown < shape.length; grown++) {
    const offset = shape.map((length, dimension) => (dimension === grown ? length : 0));
    const count = newShape.map((length, dimension) => {
      if (dimension < grown) return shape[dimension] ?? 0;
      return dimension === grown ? length - (shape[dimension] ?? 0) : length;
    });
    writeBox(file, path, type, { offset, count }, scanRank, produce);
  }
  const perRow = pointsPerRow(dataset);
  const [had, has] = [shape, newShape].map(([rows = 0]) => rows * perRow) as [number, number];
  writePoints(file, path, type, { first: had, end: first }, newShape, scanRank, produce);
  writePoints(file, path, type, { first: Math.max(end, had), end: has }, newShape, scanRank, produce);
}

function writeTexts(file: OpenFile, path: string, first: number, values: readonly string[]): void {
  writeBlock(file, path, [first], [values.length], layTexts(file.calls, values));
}
