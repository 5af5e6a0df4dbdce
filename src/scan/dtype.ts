/**
 * The element types a channel can have, by their numpy names.
 * Bytes are always little-endian and in C order: the subscriber converts what arrives otherwise.
 */
const ITEM_SIZES = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float16: 2,
  float32: 4,
  float64: 8,
  complex64: 8,
  complex128: 16,
} as const;

export type DType = keyof typeof ITEM_SIZES;

/** Bytes of one element. */
export function itemSize(dtype: DType): number {
  return ITEM_SIZES[dtype];
}

export function isDType(name: string): name is DType {
  return Object.hasOwn(ITEM_SIZES, name);
}

/** True where NaN can stand for a value that is missing. */
export function hasNaN(dtype: DType): boolean {
  return dtype.startsWith('float') || dtype.startsWith('complex');
}

/** Numbers of elements in an array of this shape; 1 for a scalar (`[]`). */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** An n-dimensional array of numbers: little-endian bytes in C order. */
export interface NumericArray {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export function isNumericArray(value: unknown): value is NumericArray {
  return typeof value === 'object' && value !== null && 'dtype' in value && 'bytes' in value;
}

/**
 * The elements of an array or a chunk as JavaScript values: bigint for 64-bit integers, boolean for bool,
 * `[re, im]` for complex numbers, number for everything else.
 */
export function elements(
  array: Pick<NumericArray, 'dtype' | 'bytes'>,
): (number | bigint | boolean | [number, number])[] {
  const { dtype, bytes } = array;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = itemSize(dtype);
  const values = [];
  for (let offset = 0; offset + size <= bytes.byteLength; offset += size) {
    values.push(readElement(view, offset, dtype));
  }
  return values;
}

function readElement(
  view: DataView,
  offset: number,
  dtype: DType,
): number | bigint | boolean | [number, number] {
  switch (dtype) {
    case 'bool':
      return view.getUint8(offset) !== 0;
    case 'int8':
      return view.getInt8(offset);
    case 'uint8':
      return view.getUint8(offset);
    case 'int16':
      return view.getInt16(offset, true);
    case 'uint16':
      return view.getUint16(offset, true);
    case 'int32':
      return view.getInt32(offset, true);
    case 'uint32':
      return view.getUint32(offset, true);
    case 'int64':
      return view.getBigInt64(offset, true);
    case 'uint64':
      return view.getBigUint64(offset, true);
    case 'float16':
      return halfToNumber(view.getUint16(offset, true));
    case 'float32':
      return view.getFloat32(offset, true);
    case 'float64':
      return view.getFloat64(offset, true);
    case 'complex64':
      return [view.getFloat32(offset, true), view.getFloat32(offset + 4, true)];
    case 'complex128':
      return [view.getFloat64(offset, true), view.getFloat64(offset + 8, true)];
  }
}

/** IEEE 754 binary16 to a number (Node 20 has no DataView.getFloat16). */
export function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
