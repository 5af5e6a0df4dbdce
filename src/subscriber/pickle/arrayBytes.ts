import type { NumericArray } from '../../scan/index.js';
import { longDoublesToDoubles } from './longDouble.js';
import type { NdArray } from './numpyArray.js';
import { isLongDouble, type NumpyDtype } from './numpyDtype.js';
import { fortranStrides, gather } from './reorder.js';

/** All elements in C order and little-endian; a view on the array's own bytes when they are so already. */
export function orderedBytes({ bytes, dtype, shape, isFortran }: NdArray): Uint8Array {
  const longAxes = shape.filter((length) => length > 1).length;
  const inOrder =
    isFortran && longAxes > 1 ? gather(bytes, shape, fortranStrides(shape), dtype.itemSize) : bytes;
  return toLittleEndian(dtype, inOrder);
}

/** The array for our files; undefined when its elements are no numbers. float128 becomes float64, complex256 complex128. */
export function numericArrayOf(array: NdArray): NumericArray | undefined {
  return littleEndianNumbers(array.dtype, array.shape, array.dtype.numeric && orderedBytes(array));
}

/** The same for bytes that are little-endian and in C order already. */
export function littleEndianNumbers(
  dtype: NumpyDtype,
  shape: readonly number[],
  bytes: Uint8Array | undefined,
): NumericArray | undefined {
  if (dtype.numeric === undefined || bytes === undefined) return undefined;
  return { dtype: dtype.numeric, shape, bytes: isLongDouble(dtype) ? longDoublesToDoubles(bytes) : bytes };
}

/** The same elements little-endian: the same memory, or a swapped copy. */
export function toLittleEndian({ bigEndian, kind, itemSize }: NumpyDtype, bytes: Uint8Array): Uint8Array {
  if (!bigEndian) return bytes;
  const swapped = Buffer.alloc(bytes.byteLength);
  swapped.set(bytes);
  return swapInPlace(swapped, kind === 'c' ? itemSize / 2 : kind === 'U' ? 4 : itemSize);
}

function swapInPlace(buffer: Buffer, size: number): Buffer {
  switch (size) {
    case 2:
      return buffer.swap16();
    case 4:
      return buffer.swap32();
    case 8:
      return buffer.swap64();
    default:
      for (let start = 0; start < buffer.length; start += size)
        buffer.subarray(start, start + size).reverse();
      return buffer;
  }
}
