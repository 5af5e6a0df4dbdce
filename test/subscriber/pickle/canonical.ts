import { createHash } from 'node:crypto';
import { elementCount } from '../../../src/scan/index.js';
import { orderedBytes } from '../../../src/subscriber/pickle/arrayBytes.js';
import {
  NdArray,
  PythonComplex,
  PythonDate,
  PythonDateTime,
  PythonDtype,
  PythonGlobal,
  PythonObject,
  PythonTime,
  PythonTimeDelta,
  PythonTimeZone,
  PythonTuple,
  type NumpyDtype,
  type PythonValue,
} from '../../../src/subscriber/pickle/index.js';

/** The canonical form that `corpus.py` gives each value; exact, so that equal forms mean equal values. */
export function canonical(value: PythonValue, above: readonly PythonValue[] = []): unknown {
  const index = above.lastIndexOf(value);
  if (typeof value === 'object' && value !== null && index >= 0) return { recursion: above.length - index };
  const sub = (item: PythonValue): unknown => canonical(item, [...above, value]);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return { int: String(value) };
  if (typeof value === 'number') return { float: float(value) };
  if (typeof value === 'string') return { str: Buffer.from(value, 'utf16le').swap16().toString('hex') };
  if (value instanceof Uint8Array) return { bytes: `${sha1(value)} ${value.length}` };
  if (Array.isArray(value)) return { list: value.map(sub) };
  if (value instanceof PythonTuple) return { tuple: value.items.map(sub) };
  if (value instanceof Map) return { dict: Array.from(value, ([key, item]) => [sub(key), sub(item)]) };
  if (value instanceof Set) return { set: Array.from(value, (item) => JSON.stringify(sub(item))).sort() };
  if (value instanceof NdArray) return canonicalArray(value, sub);
  return canonicalObject(value);
}

function canonicalArray(array: NdArray, sub: (item: PythonValue) => unknown): unknown {
  const { dtype, shape, items } = array;
  if (items !== undefined) return { objects: [shape, items.map(sub)] };
  const bytes = orderedBytes(array);
  if (bytes.length !== elementCount(shape) * dtype.itemSize) throw new Error('wrong size');
  const isLongDouble = /(f16|c32)$/.test(dtype.str);
  return { array: [canonicalDtype(dtype, true), shape, sha1(isLongDouble ? withoutPadding(bytes) : bytes)] };
}

/** The 10 bytes of each 16 that a long double uses; the others are whatever was in memory. */
function withoutPadding(bytes: Uint8Array): Uint8Array {
  return bytes.filter((_, index) => index % 16 < 10);
}

function canonicalDtype(dtype: NumpyDtype, littleEndian = false): unknown {
  if (dtype.subarray !== undefined) return [canonicalDtype(dtype.subarray.dtype), dtype.subarray.shape];
  if (dtype.fields === undefined) return littleEndian ? dtype.str.replace('>', '<') : dtype.str;
  return {
    names: dtype.fields.map((field) => field.name),
    fields: dtype.fields.map((field) => [canonicalDtype(field.dtype), field.offset]),
    size: dtype.itemSize,
  };
}

function canonicalObject(value: PythonValue): unknown {
  if (value instanceof PythonComplex) return { complex: [float(value.re), float(value.im)] };
  if (value instanceof PythonDtype) return { dtype: canonicalDtype(value.type) };
  if (value instanceof PythonGlobal) return { global: value.fullName };
  if (value instanceof PythonObject) return { object: value.className };
  if (value instanceof PythonTimeDelta) {
    return { timedelta: [value.days, value.seconds, value.microseconds] };
  }
  if (value instanceof PythonTime) return { time: timeFields(value) };
  if (value instanceof PythonDate) return { date: dateFields(value) };
  if (value instanceof PythonDateTime) {
    const { zone } = value.time;
    const offset = zone instanceof PythonTimeZone ? zone.offset.totalSeconds : zone;
    return { datetime: [...dateFields(value.date), ...timeFields(value.time), offset] };
  }
  throw new Error('a value without canonical form');
}

function dateFields({ year, month, day }: PythonDate): number[] {
  return [year, month, day];
}

function timeFields({ hour, minute, second, microsecond, fold }: PythonTime): number[] {
  return [hour, minute, second, microsecond, fold];
}

function float(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}

function sha1(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex');
}
