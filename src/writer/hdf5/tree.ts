import { assertNever, type NumericArray } from '../../scan/index.js';
import type { Attributes, AttributeValue, PointsOperation, TreeOperation } from '../../layout/operation.js';
import { attributesAt } from './attributes.js';
import { namesOn, refusal, type OpenFile } from './calls.js';
import { convertExactly } from './convert.js';
import { PointTypeError } from './errors.js';
import { filterOf } from './filters.js';
import { isLinked, locateA, metadataAt, readNumbersAt } from './reader.js';
import { metadataOf, storedTypeOf, type StoredType } from './storedType.js';
import { layTexts, storedText } from './text.js';

/** Does one step of building a file. */
export function applyOperation(file: OpenFile, operation: Exclude<TreeOperation, { op: 'pad' }>): void {
  const { path } = operation;
  namesOn(path);
  switch (operation.op) {
    case 'group':
      // In creation order, so that readers show what a person expects first.
      file.run('create group', path, (module, id) => module.create_group(id, path, true));
      break;
    case 'attributes':
      break;
    case 'rewriteText':
      rewriteScalarText(file, path, operation.value);
      return;
    case 'text':
      createTexts(file, path, [operation.value], []);
      break;
    case 'texts':
      createTexts(file, path, operation.values, [operation.values.length]);
      break;
    case 'array':
      createArray(file, path, operation.array);
      break;
    case 'copy':
      createArray(file, path, copyOf(file, operation));
      break;
    case 'points':
      createPoints(file, operation);
      break;
    case 'softLink': {
      const { target } = operation;
      file.run('link', path, (module, id) => module.create_soft_link(id, target, path));
      return;
    }
    case 'externalLink': {
      const { file: targetFile, target } = operation;
      file.run('link', path, (module, id) => module.create_external_link(id, targetFile, target, path));
      return;
    }
    default:
      assertNever(operation);
  }
  if (operation.attributes !== undefined) createAttributes(file, path, operation.attributes);
}

/**
 * Does a step that was tried before and may have got anywhere: what is there is completed, and its value written again.
 */
export function repeatOperation(file: OpenFile, operation: Exclude<TreeOperation, { op: 'pad' }>): void {
  const { path } = operation;
  if (!isLinked(file, path)) {
    applyOperation(file, operation);
    return;
  }
  switch (operation.op) {
    case 'softLink':
    case 'externalLink':
      return;
    case 'rewriteText':
      rewriteScalarText(file, path, operation.value);
      return;
    case 'group':
    case 'attributes':
    case 'points':
      break;
    case 'text':
      rewrite(file, path, layTexts(file.calls, [operation.value]));
      break;
    case 'texts':
      rewrite(file, path, layTexts(file.calls, operation.values));
      break;
    case 'array':
      rewrite(file, path, layArray(file, path, operation.array).address);
      break;
    case 'copy':
      rewrite(file, path, layArray(file, path, copyOf(file, operation)).address);
      break;
    default:
      assertNever(operation);
  }
  if (operation.attributes === undefined) return;
  const present = attributesAt(file, path);
  const missing = Object.entries(operation.attributes).filter(([name]) => !present.has(storedText(name)));
  createAttributes(file, path, Object.fromEntries(missing));
}

function rewrite(file: OpenFile, path: string, address: number): void {
  file.run('rewrite', path, (module, id) =>
    module.set_dataset_data(id, path, null, null, null, BigInt(address)),
  );
}

/** Replaces the value of a scalar dataset of text. */
export function rewriteScalarText(file: OpenFile, path: string, value: string): void {
  const located = locateA(file, 'dataset', path);
  const metadata = metadataAt(file, located);
  if (!metadata.vlen || metadata.shape?.length !== 0) {
    throw refusal(file, path, 'is not a single text of variable length');
  }
  rewrite(file, located, layTexts(file.calls, [value]));
}

function createTexts(
  file: OpenFile,
  path: string,
  values: readonly string[],
  shape: readonly number[],
): void {
  const address = layTexts(file.calls, values);
  createDataset(file, path, address, metadataOf('text', shape));
}

function createArray(file: OpenFile, path: string, array: NumericArray): void {
  const { address, type } = layArray(file, path, array);
  createDataset(file, path, address, metadataOf(type, array.shape));
}

/** Puts numbers where the library can take them from, as they are stored. */
function layArray(
  file: OpenFile,
  path: string,
  array: NumericArray,
): { address: number; type: Exclude<StoredType, 'text'> } {
  const type = storedTypeOf(array.dtype);
  const bytes = type === 'text' ? undefined : convertExactly(array, type);
  if (type === 'text' || bytes === undefined) {
    throw new PointTypeError(`${array.dtype} is no type of numbers.`, path);
  }
  const address = file.calls.reserve(bytes.length);
  file.calls.memory(address, bytes.length).set(bytes);
  return { address, type };
}

function copyOf(
  file: OpenFile,
  { source, rows, shape }: Extract<TreeOperation, { op: 'copy' }>,
): NumericArray {
  const { dtype, bytes } = readNumbersAt(file, locateA(file, 'dataset', source), 0, rows);
  return { dtype, bytes, shape };
}

function createPoints(file: OpenFile, operation: PointsOperation): void {
  const { path, meshLines = [], pointShape, chunkRows } = operation;
  const chunks = [...chunkOfMesh(chunkRows, meshLines), ...pointShape.map((length) => Math.max(1, length))];
  const metadata = metadataOf(storedTypeOf(operation.type), [0, ...meshLines, ...pointShape], chunks);
  createDataset(file, path, 0, { ...metadata, ...filterOf(operation.compression) });
}

/** Lengths of a chunk of `points` points along the motors of a mesh, filled from the fast one on. */
function chunkOfMesh(points: number, meshLines: readonly number[]): number[] {
  let left = Math.max(1, points);
  const lengths: number[] = [];
  for (const line of [...meshLines].reverse()) {
    const length = Math.max(1, Math.min(left, line));
    lengths.unshift(length);
    left = Math.max(1, Math.floor(left / length));
  }
  return [left, ...lengths];
}

function createDataset(
  file: OpenFile,
  path: string,
  address: number,
  metadata: ReturnType<typeof metadataOf>,
): void {
  file.run('create dataset', path, (module, id) =>
    module.create_dataset(id, path, BigInt(address), metadata),
  );
}

function createAttributes(file: OpenFile, path: string, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes))
    createAttribute(file, path, storedText(name), value);
}

function createAttribute(file: OpenFile, path: string, name: string, value: AttributeValue): void {
  // HDF5 reports an error for an empty list and has made the attribute all the same.
  if (Array.isArray(value) && value.length === 0) return;
  const [address, metadata] = attributeData(file, value);
  file.run(`create attribute ${name} of`, path, (module, id) =>
    module.create_attribute(id, path, name, BigInt(address), metadata),
  );
}

/** A single value has the shape `()`: PyMca takes no notice of attributes of shape `(1,)` (LAYOUT 0.2). */
function attributeData(file: OpenFile, value: AttributeValue): [number, ReturnType<typeof metadataOf>] {
  const { calls } = file;
  if (typeof value === 'string') return [layTexts(calls, [value]), metadataOf('text', [])];
  if (typeof value !== 'number') return [layTexts(calls, value), metadataOf('text', [value.length])];
  const address = calls.reserve(Float64Array.BYTES_PER_ELEMENT);
  calls.memory(address, Float64Array.BYTES_PER_ELEMENT).set(new Uint8Array(new Float64Array([value]).buffer));
  return [address, metadataOf('float64', [])];
}
