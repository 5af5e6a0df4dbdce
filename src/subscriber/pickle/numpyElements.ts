import { elementCount, elements, type NumericArray } from '../../scan/index.js';
import { littleEndianNumbers, orderedBytes, toLittleEndian } from './arrayBytes.js';
import { datetime64Text, timedelta64Text } from './datetime64.js';
import { asBuffer } from './expect.js';
import type { NdArray } from './numpyArray.js';
import type { NumpyDtype } from './numpyDtype.js';
import { PythonComplex, PythonTuple, type PythonValue } from './python.js';

/**
 * All elements of an array in C order as numpy's `tolist` gives them, except that datetime64 and timedelta64 are text.
 * Meant for what is no number: numbers are quicker as bytes.
 */
export function elementsOf(array: NdArray): readonly PythonValue[] {
  if (array.items !== undefined) return array.items;
  const { dtype, shape } = array;
  const bytes = orderedBytes(array);
  // `orderedBytes` has swapped simple types, but not the fields of records.
  return Array.from({ length: elementCount(shape) }, (_, index) =>
    littleEndianElement(dtype, bytes.subarray(index * dtype.itemSize, (index + 1) * dtype.itemSize)),
  );
}

/** One element that may be big-endian. */
function element(dtype: NumpyDtype, bytes: Uint8Array): PythonValue {
  return littleEndianElement(dtype, toLittleEndian(dtype, bytes));
}

function littleEndianElement(dtype: NumpyDtype, bytes: Uint8Array): PythonValue {
  const { kind, fields, subarray, unit = { name: 'generic', count: 1 } } = dtype;
  switch (kind) {
    case 'U':
      return ucs4Text(bytes);
    case 'S':
      return withoutTrailingNuls(bytes);
    case 'M':
      return datetime64Text(asBuffer(bytes).readBigInt64LE(), unit);
    case 'm':
      return timedelta64Text(asBuffer(bytes).readBigInt64LE(), unit);
    case 'V':
      if (fields !== undefined) {
        const values = fields.map((field) =>
          element(field.dtype, fieldBytes(bytes, field.dtype, field.offset)),
        );
        return new PythonTuple(values);
      }
      return subarray === undefined ? bytes : listOf(subarray.dtype, elementCount(subarray.shape), bytes);
    case 'O':
      return null;
    default:
      return numberOf(littleEndianNumbers(dtype, [], bytes));
  }
}

function fieldBytes(record: Uint8Array, { itemSize }: NumpyDtype, offset: number): Uint8Array {
  return record.subarray(offset, offset + itemSize);
}

function listOf(dtype: NumpyDtype, count: number, bytes: Uint8Array): PythonValue[] {
  return Array.from({ length: count }, (_, index) =>
    element(dtype, fieldBytes(bytes, dtype, index * dtype.itemSize)),
  );
}

/** An int is a bigint, as everywhere in Python values. */
export function numberOf(array: NumericArray | undefined): PythonValue {
  const value = array === undefined ? undefined : elements(array)[0];
  if (array === undefined || value === undefined) return null;
  if (Array.isArray(value)) return new PythonComplex(...value);
  return typeof value === 'number' && /^u?int/.test(array.dtype) ? BigInt(value) : value;
}

/** numpy pads text with NULs and so cannot tell them from its end. */
function ucs4Text(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.byteLength;
  while (end > 0 && view.getUint32(end - 4, true) === 0) end -= 4;
  let text = '';
  for (let offset = 0; offset < end; offset += 4) {
    const codePoint = view.getUint32(offset, true);
    text += codePoint > 0x10ffff ? '\ufffd' : String.fromCodePoint(codePoint);
  }
  return text;
}

function withoutTrailingNuls(bytes: Uint8Array): Uint8Array {
  let end = bytes.byteLength;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}
