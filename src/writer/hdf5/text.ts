import { BLOCK_BYTES, type Hdf5Calls } from './calls.js';

/** Bytes of a pointer in the library's memory, and of a variable-length text there. */
export const POINTER_BYTES = 4;

/**
 * A text as it is stored: well-formed UTF-8 in which a lone surrogate is U+FFFD and NUL, which would end the
 * text in HDF5, its symbol U+2400.
 */
export function storedText(value: string): string {
  if (!/[\0\ud800-\udfff]/.test(value)) return value;
  return Buffer.from(value.replaceAll('\0', '\u2400')).toString();
}

/** Splits texts so that each part has a bounded size in the library's memory. */
export function* textBlocks(values: readonly string[]): Generator<{ first: number; values: string[] }> {
  let first = 0;
  let block: string[] = [];
  let bytes = 0;
  for (const value of values) {
    const bytesAtMost = POINTER_BYTES + 3 * value.length + 1;
    if (block.length > 0 && bytes + bytesAtMost > BLOCK_BYTES) {
      yield { first, values: block };
      first += block.length;
      block = [];
      bytes = 0;
    }
    block.push(value);
    bytes += bytesAtMost;
  }
  if (block.length > 0) yield { first, values: block };
}

/** Puts texts into the library's memory as an array of pointers, and behind it what they point to. */
export function layTexts(calls: Hdf5Calls, values: readonly string[]): number {
  const encoded = values.map((value) => Buffer.from(storedText(value)));
  const textBytes = encoded.reduce((sum, bytes) => sum + bytes.length + 1, 0);
  const pointersBytes = POINTER_BYTES * values.length;
  const address = calls.reserve(pointersBytes + textBytes);
  const memory = calls.memory(address, pointersBytes + textBytes);
  const pointers = new DataView(memory.buffer, memory.byteOffset, pointersBytes);
  let offset = pointersBytes;
  encoded.forEach((bytes, index) => {
    pointers.setUint32(POINTER_BYTES * index, address + offset, true);
    memory.set(bytes, offset);
    memory[offset + bytes.length] = 0;
    offset += bytes.length + 1;
  });
  return address;
}

/** The texts that an array of pointers in the library's memory points to; a null pointer is ''. */
export function textsAt(calls: Hdf5Calls, address: number, count: number): string[] {
  const heap = calls.module.HEAPU8;
  const pointers = new DataView(heap.buffer, heap.byteOffset + address, POINTER_BYTES * count);
  return Array.from({ length: count }, (_, index) => {
    const start = pointers.getUint32(POINTER_BYTES * index, true);
    return start === 0 ? '' : decodeText(heap.subarray(start, heap.indexOf(0, start)));
  });
}

/**
 * The texts that pointers lead to, which are given back to the library one by one: it would do that for a whole dataset
 * only.
 */
export function takePointedTexts(calls: Hdf5Calls, pointers: Uint8Array): string[] {
  const heap = calls.module.HEAPU8;
  const view = new DataView(pointers.buffer, pointers.byteOffset, pointers.byteLength);
  return Array.from({ length: pointers.byteLength / POINTER_BYTES }, (_, index) => {
    const start = view.getUint32(POINTER_BYTES * index, true);
    if (start === 0) return '';
    const text = decodeText(heap.subarray(start, heap.indexOf(0, start)));
    calls.module._free(start);
    return text;
  });
}

/** Texts of fixed length, padded with NUL or spaces. */
export function fixedTexts(bytes: Uint8Array, size: number, isSpacePadded: boolean): string[] {
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => {
    const text = bytes.subarray(index * size, (index + 1) * size);
    const end = text.indexOf(0);
    const decoded = decodeText(end < 0 ? text : text.subarray(0, end));
    return isSpacePadded ? decoded.replace(/ +$/, '') : decoded;
  });
}

const decoder = new TextDecoder();

function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
