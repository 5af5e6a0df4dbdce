import { elements, elementCount, itemSize, type DType, type NumericArray } from '../../scan/index.js';
import type { StoredType } from './storedType.js';

type StoredNumber = Exclude<StoredType, 'text'>;
type Element = number | bigint | boolean | [number, number];

/** Elements at a time, since as JavaScript values they take many times their size. */
const BLOCK_ELEMENTS = 8192;

/** The bytes of the same values in another type, or undefined if any value would not be exactly the same. */
export function convertExactly(array: NumericArray, type: StoredNumber): Uint8Array | undefined {
  if (array.dtype === type || (array.dtype === 'bool' && type === 'uint8')) return array.bytes;
  const size = itemSize(type);
  const sourceSize = itemSize(array.dtype);
  const count = elementCount(array.shape);
  const bytes = new Uint8Array(count * size);
  const view = new DataView(bytes.buffer);
  const put = PUT[type];
  for (let first = 0; first < count; first += BLOCK_ELEMENTS) {
    const last = Math.min(first + BLOCK_ELEMENTS, count);
    const block = { ...array, bytes: array.bytes.subarray(first * sourceSize, last * sourceSize) };
    let offset = first * size;
    for (const element of elements(block)) {
      if (!put(view, offset, element)) return undefined;
      offset += size;
    }
  }
  return bytes;
}

/** Writes one element and says whether it is still the same. */
type Put = (view: DataView, offset: number, element: Element) => boolean;

const PUT: Readonly<Record<StoredNumber, Put>> = {
  int8: integer('int8', (view, offset, value) => {
    view.setInt8(offset, Number(value));
  }),
  uint8: integer('uint8', (view, offset, value) => {
    view.setUint8(offset, Number(value));
  }),
  int16: integer('int16', (view, offset, value) => {
    view.setInt16(offset, Number(value), true);
  }),
  uint16: integer('uint16', (view, offset, value) => {
    view.setUint16(offset, Number(value), true);
  }),
  int32: integer('int32', (view, offset, value) => {
    view.setInt32(offset, Number(value), true);
  }),
  uint32: integer('uint32', (view, offset, value) => {
    view.setUint32(offset, Number(value), true);
  }),
  int64: integer('int64', (view, offset, value) => {
    view.setBigInt64(offset, value, true);
  }),
  uint64: integer('uint64', (view, offset, value) => {
    view.setBigUint64(offset, value, true);
  }),
  float32: (view, offset, element) => putFloat32(view, offset, realPart(element)),
  float64: (view, offset, element) => putFloat64(view, offset, realPart(element)),
  complex64: (view, offset, element) => {
    const [real, imaginary] = Array.isArray(element) ? element : [element, 0];
    return putFloat32(view, offset, plain(real)) && putFloat32(view, offset + 4, imaginary);
  },
  complex128: (view, offset, element) => {
    const [real, imaginary] = Array.isArray(element) ? element : [element, 0];
    return putFloat64(view, offset, plain(real)) && putFloat64(view, offset + 8, imaginary);
  },
};

function integer(dtype: DType, set: (view: DataView, offset: number, value: bigint) => void): Put {
  const bits = BigInt(8 * itemSize(dtype));
  const isSigned = dtype.startsWith('int');
  const lowest = isSigned ? -(1n << (bits - 1n)) : 0n;
  const highest = (1n << (isSigned ? bits - 1n : bits)) - 1n;
  return (view, offset, element) => {
    const real = realPart(element);
    if (typeof real === 'number' && !Number.isInteger(real)) return false;
    if (real === undefined) return false;
    const value = BigInt(real);
    if (value < lowest || value > highest) return false;
    set(view, offset, value);
    return true;
  };
}

function putFloat32(view: DataView, offset: number, value: number | bigint | undefined): boolean {
  if (value === undefined) return false;
  view.setFloat32(offset, Number(value), true);
  return isSame(view.getFloat32(offset, true), value);
}

function putFloat64(view: DataView, offset: number, value: number | bigint | undefined): boolean {
  if (value === undefined) return false;
  view.setFloat64(offset, Number(value), true);
  return isSame(view.getFloat64(offset, true), value);
}

function isSame(stored: number, value: number | bigint): boolean {
  return typeof value === 'bigint' ? BigInt(stored) === value : Object.is(stored, value);
}

/** The element as a real number, undefined if it is none. */
function realPart(element: Element): number | bigint | undefined {
  if (!Array.isArray(element)) return plain(element);
  return element[1] === 0 ? element[0] : undefined;
}

function plain(element: number | bigint | boolean): number | bigint {
  return typeof element === 'boolean' ? Number(element) : element;
}
