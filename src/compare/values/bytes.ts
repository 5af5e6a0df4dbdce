import type { Unequal } from './numbers.js';

const SHOWN_BYTES = 16;

/** Values of a type without equivalent here, `size` bytes each, in which the same bytes are the same value. */
export function unequalBytes(a: Uint8Array, b: Uint8Array, size: number): Unequal | undefined {
  if (Buffer.compare(a, b) === 0) return undefined;
  let [count, first] = [0, -1];
  for (let start = 0; start < a.length; start += size) {
    if (Buffer.compare(a.subarray(start, start + size), b.subarray(start, start + size)) === 0) continue;
    if (first < 0) first = start;
    count++;
  }
  const [A = '', B = ''] = [a, b].map((bytes) => hex(bytes.subarray(first, first + size)));
  return { count, first: first / size, A, B, largest: 0, scale: 0 };
}

function hex(bytes: Uint8Array): string {
  const all = Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString('hex');
  return `0x${all}${bytes.length > SHOWN_BYTES ? '...' : ''}`;
}
