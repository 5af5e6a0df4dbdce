import { halfToNumber, type DType, type NumericArray } from '../../scan/index.js';

/** Values that are not equal, among those of two arrays of as many elements. */
export interface Unequal {
  readonly count: number;
  /** The first of them, by its number in C order. */
  readonly first: number;
  readonly A: string;
  readonly B: string;
  /** The largest difference between two of them, 0 of texts; infinite where one is NaN or infinite. */
  readonly largest: number;
  /** The largest of the values that differ, by size. */
  readonly scale: number;
}

type Numbers =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** By value, whatever the types: NaN equals NaN, and 0 equals -0. */
export function unequalNumbers(a: NumericArray, b: NumericArray): Unequal | undefined {
  // What is the same in every byte needs no look at each value.
  if (a.dtype === b.dtype && Buffer.compare(a.bytes, b.bytes) === 0) return undefined;
  const parts = Math.max(partsOf(a.dtype), partsOf(b.dtype));
  const [left, right] = [numbersOf(a, parts), numbersOf(b, parts)];
  let [count, first, largest, scale] = [0, -1, 0, 0];
  for (let element = 0; element < left.length; element += parts) {
    let isEqual = true;
    for (let part = 0; part < parts; part++) {
      const [x, y] = [left[element + part] ?? NaN, right[element + part] ?? NaN];
      if (isSame(x, y)) continue;
      isEqual = false;
      const difference = distance(x, y);
      if (difference > largest) largest = difference;
      const size = Math.max(Math.abs(Number(x)), Math.abs(Number(y)));
      if (size > scale) scale = size;
    }
    if (isEqual) continue;
    if (first < 0) first = element;
    count++;
  }
  if (count === 0) return undefined;
  const texts = [left, right].map((values) => [...values.slice(first, first + parts)].map(String));
  const [A = '', B = ''] = texts.map(([real = '', imaginary]) =>
    imaginary === undefined ? real : `${real} + ${imaginary}i`,
  );
  return { count, first: first / parts, A, B, largest, scale };
}

function isSame(x: number | bigint, y: number | bigint): boolean {
  if (typeof x === typeof y) return x === y || (x !== x && y !== y);
  const [integer, other] = typeof x === 'bigint' ? [x, y] : [y, x];
  return Number.isInteger(other) && BigInt(other) === integer;
}

/** Infinite where one is no number. */
function distance(x: number | bigint, y: number | bigint): number {
  const difference = typeof x === 'bigint' && typeof y === 'bigint' ? Number(x - y) : Number(x) - Number(y);
  return Number.isNaN(difference) ? Infinity : Math.abs(difference);
}

function partsOf(dtype: DType): 1 | 2 {
  return dtype.startsWith('complex') ? 2 : 1;
}

/** @param parts numbers an element: what is real has an imaginary part of 0 beside a complex one */
function numbersOf({ dtype, bytes }: NumericArray, parts: number): Numbers {
  const numbers = typed(dtype, bytes);
  if (parts === partsOf(dtype)) return numbers;
  return Float64Array.from({ length: parts * numbers.length }, (_, index) =>
    index % parts === 0 ? Number(numbers[index / parts]) : 0,
  );
}

function typed(dtype: DType, bytes: Uint8Array): Numbers {
  const { buffer, byteOffset, byteLength } = bytes;
  switch (dtype) {
    case 'bool':
    case 'uint8':
      return new Uint8Array(buffer, byteOffset, byteLength);
    case 'int8':
      return new Int8Array(buffer, byteOffset, byteLength);
    case 'int16':
      return new Int16Array(buffer, byteOffset, byteLength / 2);
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, byteLength / 2);
    case 'float16':
      return Float32Array.from(new Uint16Array(buffer, byteOffset, byteLength / 2), halfToNumber);
    case 'int32':
      return new Int32Array(buffer, byteOffset, byteLength / 4);
    case 'uint32':
      return new Uint32Array(buffer, byteOffset, byteLength / 4);
    case 'float32':
    case 'complex64':
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    case 'int64':
      return new BigInt64Array(buffer, byteOffset, byteLength / 8);
    case 'uint64':
      return new BigUint64Array(buffer, byteOffset, byteLength / 8);
    case 'float64':
    case 'complex128':
      return new Float64Array(buffer, byteOffset, byteLength / 8);
  }
}
