import {
  describe,
  isInfoDict,
  isInfoList,
  isNumericArray,
  type InfoDict,
  type InfoValue,
  type NumericArray,
} from '../scan/index.js';
import { UniqueNames } from './names.js';
import type { Attributes, TreeOperation } from './operation.js';

/**
 * The operations that write one published value below a group: numbers and text as datasets, dictionaries as groups.
 * None is skipped (LAYOUT 1.3). `undefined` values need no operation.
 */
export function valueOperations(
  path: string,
  value: InfoValue,
  attributes: Attributes = {},
): TreeOperation[] {
  if (value === null) return [];
  if (isInfoDict(value)) return dictionaryOperations(path, value);
  if (typeof value === 'string') return [{ op: 'text', path, value, attributes }];
  const array = numericArrayOf(value);
  if (array !== undefined) return [{ op: 'array', path, array, attributes }];
  if (isInfoList(value)) return [{ op: 'texts', path, values: value.map(describe), attributes }];
  return [{ op: 'text', path, value: describe(value), attributes }];
}

/** A nested dictionary as a group with one object a key; without a class of its own it is an NXcollection. */
export function dictionaryOperations(path: string, dict: InfoDict): TreeOperation[] {
  const names = pathComponents(dict.keys());
  return [
    { op: 'group', path, attributes: { NX_class: 'NXcollection' } },
    ...[...dict].flatMap(([key, value]) => valueOperations(`${path}/${names.get(key) ?? key}`, value)),
  ];
}

/** Keys of one dictionary as components of paths; two that would become the same (`a/b`, `a_b`) stay two. */
export function pathComponents(keys: Iterable<string>): Map<string, string> {
  const names = new UniqueNames();
  return new Map([...keys].map((key) => [key, names.take(pathComponent(key))]));
}

/** A key as one component of a path: HDF5 splits at `/`, gives `.` a meaning, and stores well-formed text only. */
export function pathComponent(key: string): string {
  const name = key.replace(/[/\0]/g, '_').replace(/\p{Surrogate}/gu, '\ufffd');
  return name === '' || name === '.' || name === '..' ? name.replaceAll('.', '_') || '_' : name;
}

/** A scalar or a list of plain numbers as an array: int64 when all are integers that fit, else float64. */
export function numericArrayOf(value: InfoValue): NumericArray | undefined {
  if (isNumericArray(value)) return value;
  if (typeof value === 'boolean') return { dtype: 'bool', shape: [], bytes: Uint8Array.of(value ? 1 : 0) };
  if (typeof value === 'number') return floatScalar(value);
  if (typeof value === 'bigint') return integerScalar(value);
  if (!isInfoList(value) || value.length === 0) return undefined;
  if (value.every((item) => typeof item === 'bigint' && fitsInt64(item))) {
    return { dtype: 'int64', shape: [value.length], bytes: bytesOf(BigInt64Array.from(value as bigint[])) };
  }
  if (value.every((item) => typeof item === 'number' || typeof item === 'bigint')) {
    const numbers = value.map(Number);
    return { dtype: 'float64', shape: [value.length], bytes: bytesOf(Float64Array.from(numbers)) };
  }
  return undefined;
}

export function floatScalar(value: number): NumericArray {
  return { dtype: 'float64', shape: [], bytes: bytesOf(Float64Array.of(value)) };
}

export function float64List(values: readonly number[]): NumericArray {
  return { dtype: 'float64', shape: [values.length], bytes: bytesOf(Float64Array.from(values)) };
}

export function int64List(values: readonly number[]): NumericArray {
  const bytes = bytesOf(BigInt64Array.from(values, (value) => BigInt(value)));
  return { dtype: 'int64', shape: [values.length], bytes };
}

function integerScalar(value: bigint): NumericArray | undefined {
  if (fitsInt64(value)) return { dtype: 'int64', shape: [], bytes: bytesOf(BigInt64Array.of(value)) };
  if (BigInt.asUintN(64, value) === value) {
    return { dtype: 'uint64', shape: [], bytes: bytesOf(BigUint64Array.of(value)) };
  }
  return undefined;
}

function fitsInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

function bytesOf(array: Float64Array | BigInt64Array | BigUint64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
