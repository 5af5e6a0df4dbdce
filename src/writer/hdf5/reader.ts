import { elementCount, itemSize, type DType, type NumericArray } from '../../scan/index.js';
import { takeTexts } from './attributes.js';
import { BLOCK_BYTES, namesOn, refusal, type OpenFile } from './calls.js';
import type { H5Module } from './module.js';
import { dtypeOf, isSpacePadded, isText } from './storedType.js';
import { fixedTexts, takePointedTexts } from './text.js';

export type Link =
  | { readonly kind: 'hard' }
  | { readonly kind: 'soft'; readonly target: string }
  /** `file` as it is written in the link. */
  | { readonly kind: 'external'; readonly file: string; readonly target: string };

export type ObjectKind = 'group' | 'dataset' | 'datatype' | 'other';

type Metadata = ReturnType<H5Module['get_dataset_metadata']>;

const MAX_SOFT_LINKS = 32;
/** Object kinds of `H5Gget_objinfo`. */
const KINDS: readonly ObjectKind[] = ['group', 'dataset', 'datatype'];

/**
 * The absolute path of hard links that leads to an object, after following soft links; undefined if there is
 * none in this file. Walks level by level, because h5wasm leaks memory when asked for a path that does not exist.
 */
export function locate(file: OpenFile, path: string): string | undefined {
  let names = namesOn(path);
  let here = '';
  let softLinks = 0;
  for (;;) {
    const [name, ...rest] = names;
    if (name === undefined) return here === '' ? '/' : here;
    if (!childNames(file, here).includes(name)) return undefined;
    const next = `${here}/${name}`;
    const link = linkAt(file, next);
    if (link.kind === 'external') return undefined;
    if (link.kind === 'soft') {
      if (++softLinks > MAX_SOFT_LINKS) return undefined;
      const isAbsolute = link.target.startsWith('/');
      names = [...namesOn(isAbsolute ? link.target : `/${link.target}`), ...rest];
      if (isAbsolute) here = '';
    } else {
      if (rest.length > 0 && kindAt(file, next) !== 'group') return undefined;
      names = rest;
      here = next;
    }
  }
}

/** As `locate`, for an object that has to be there and be of this kind. */
export function locateA(file: OpenFile, kind: ObjectKind, path: string): string {
  const located = locate(file, path);
  if (located === undefined || kindAt(file, located) !== kind) throw refusal(file, path, `is not a ${kind}`);
  return located;
}

/** Whether there is a link with this name; what it points to may be missing. */
export function isLinked(file: OpenFile, path: string): boolean {
  const names = namesOn(path);
  const name = names.pop();
  if (name === undefined) return true;
  const parent = locate(file, `/${names.join('/')}`);
  if (parent === undefined || kindAt(file, parent) !== 'group') return false;
  return childNames(file, parent).includes(name);
}

/** Names of a group that exists, in the order of their creation where the file knows it. */
export function childNames(file: OpenFile, group: string): string[] {
  const path = group === '' ? '/' : group;
  return file.run('list', path, (module, id) => module.get_names(id, path, false));
}

/** The link at a path whose last name exists. */
export function linkAt(file: OpenFile, path: string): Link {
  if (path === '/') return { kind: 'hard' };
  const target = file.run('read link', path, (module, id): string | null =>
    module.get_symbolic_link(id, path),
  );
  if (target !== null) return { kind: 'soft', target };
  const external: { filename?: string; obj_path?: string } = file.run('read link', path, (module, id) =>
    module.get_external_link(id, path),
  );
  if (external.filename === undefined) return { kind: 'hard' };
  return { kind: 'external', file: external.filename, target: external.obj_path ?? '' };
}

export function kindAt(file: OpenFile, path: string): ObjectKind {
  const type = file.run('look at', path, (module, id) => module.get_type(id, path));
  return KINDS[type] ?? 'other';
}

export function metadataAt(file: OpenFile, path: string): Metadata {
  return file.run('look at', path, (module, id) => module.get_dataset_metadata(id, path));
}

/** Rows `[first, first + count)` of a dataset of numbers that exists; of a scalar, its value. */
export function readNumbersAt(
  file: OpenFile,
  path: string,
  first = 0,
  count?: number,
  memory?: Uint8Array,
): NumericArray {
  const metadata = metadataAt(file, path);
  const dtype = dtypeOf(metadata);
  if (dtype === undefined) throw refusal(file, path, 'holds no numbers');
  const shape = metadata.shape ?? [0];
  const [rows = 1, ...pointShape] = shape;
  const wanted = count ?? rows - first;
  if (shape.length === 0) {
    const bytes = new Uint8Array(itemSize(dtype));
    readBlock(file, path, null, null, bytes);
    return { dtype, shape, bytes };
  }
  if (first < 0 || wanted < 0 || first + wanted > rows) {
    throw refusal(file, path, `has ${rows} rows, not ${first + wanted}`);
  }
  const bytes = readBoundedRows(file, path, first, wanted, pointShape, dtype, memory);
  return { dtype, shape: [wanted, ...pointShape], bytes };
}

/**
 * Points `[first, first + count)` of a dataset of numbers that exists, also of one in the shape of a mesh or of a single
 * point: shape `[count, ...pointShape]`.
 * @param pointRank dimensions of one point; the others count the points
 */
export function readPointsAt(
  file: OpenFile,
  path: string,
  pointRank: number,
  first: number,
  count: number,
): NumericArray {
  const shape = metadataAt(file, path).shape ?? [0];
  const scanRank = shape.length - pointRank;
  const pointShape = shape.slice(scanRank);
  if (scanRank === 0) {
    const { dtype, bytes } = readNumbersAt(file, path);
    return { dtype, shape: [count, ...pointShape], bytes: count === 0 ? new Uint8Array() : bytes };
  }
  const perRow = elementCount(shape.slice(1, scanRank));
  const row = Math.floor(first / perRow);
  const rows = count === 0 ? 0 : Math.ceil((first + count) / perRow) - row;
  const { dtype, bytes } = readNumbersAt(file, path, Math.min(row, shape[0] ?? 0), rows);
  const pointBytes = elementCount(pointShape) * itemSize(dtype);
  const skipped = (first - row * perRow) * pointBytes;
  const points = rows === 0 ? bytes : bytes.slice(skipped, skipped + count * pointBytes);
  return { dtype, shape: [count, ...pointShape], bytes: points };
}

/** A part of a dataset of numbers that exists, `count` values in each dimension; of a scalar (`[]`), its value. */
export function readSlabAt(
  file: OpenFile,
  path: string,
  first: readonly number[],
  count: readonly number[],
): NumericArray {
  const dtype = dtypeOf(metadataAt(file, path));
  if (dtype === undefined) throw refusal(file, path, 'holds no numbers');
  const bytes = new Uint8Array(elementCount(count) * itemSize(dtype));
  readSlabInto(file, path, first, count, bytes);
  return { dtype, shape: count, bytes };
}

/** As `readSlabAt`, for values of any type that are as many bytes as `target` has. */
export function readSlabInto(
  file: OpenFile,
  path: string,
  first: readonly number[],
  count: readonly number[],
  target: Uint8Array,
): void {
  const isScalar = count.length === 0;
  if (target.length > 0) readBlock(file, path, isScalar ? null : first, isScalar ? null : count, target);
}

/** As `readSlabAt`, for a dataset of texts, in C order. */
export function readTextSlabAt(
  file: OpenFile,
  path: string,
  first: readonly number[],
  count: readonly number[],
): string[] {
  const metadata = metadataAt(file, path);
  if (!isText(metadata)) throw refusal(file, path, 'holds no text');
  const texts = elementCount(count);
  const bytes = new Uint8Array(texts * metadata.size);
  readSlabInto(file, path, first, count, bytes);
  if (!metadata.vlen) return fixedTexts(bytes, metadata.size, isSpacePadded(metadata));
  return takePointedTexts(file.calls, bytes);
}

/** All texts of a dataset that exists, in C order; one for a scalar. */
export function readTextsAt(file: OpenFile, path: string): string[] {
  const metadata = metadataAt(file, path);
  if (!isText(metadata)) throw refusal(file, path, 'holds no text');
  const bytes = metadata.total_size * metadata.size;
  if (bytes === 0 || metadata.shape === null) return [];
  const { calls } = file;
  const address = calls.reserve(bytes);
  file.run('read', path, (module, id) =>
    module.get_dataset_data(id, path, null, null, null, BigInt(address)),
  );
  return takeTexts(file, path, '', metadata, address);
}

function readBoundedRows(
  file: OpenFile,
  path: string,
  first: number,
  rows: number,
  pointShape: readonly number[],
  dtype: DType,
  memory: Uint8Array = new Uint8Array(),
): Uint8Array {
  const rowBytes = elementCount(pointShape) * itemSize(dtype);
  const size = rows * rowBytes;
  const bytes = size <= memory.length ? memory.subarray(0, size) : new Uint8Array(size);
  if (bytes.length === 0) return bytes;
  const step = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    const target = bytes.subarray(row * rowBytes, (row + count) * rowBytes);
    readBlock(file, path, [first + row, ...pointShape.map(() => 0)], [count, ...pointShape], target);
  }
  return bytes;
}

function readBlock(
  file: OpenFile,
  path: string,
  offset: readonly number[] | null,
  count: readonly number[] | null,
  target: Uint8Array,
): void {
  const { calls } = file;
  const address = calls.reserve(target.length);
  const [counts, offsets] = [count, offset].map((each) => each?.map(BigInt) ?? null);
  const strides = count?.map(() => 1n) ?? null;
  file.run('read', path, (module, id) =>
    module.get_dataset_data(id, path, counts ?? null, offsets ?? null, strides, BigInt(address)),
  );
  target.set(calls.memory(address, target.length));
}
