/** Bytes of a long double as numpy stores it on x86-64: 10 that count and 6 of padding. */
const LONG_DOUBLE_SIZE = 16;
const EXPONENT_BIAS = 16_383;
const FRACTION_BITS = 63;

/**
 * x86 80-bit floats, little-endian, as doubles. float128 is this format on x86-64; on other processors it is another
 * one that the dtype does not tell from it, but BLISS runs on x86-64.
 */
export function longDoublesToDoubles(bytes: Uint8Array): Uint8Array {
  const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const doubles = new Uint8Array(bytes.byteLength / 2);
  const to = new DataView(doubles.buffer);
  for (let offset = 0; offset + LONG_DOUBLE_SIZE <= bytes.byteLength; offset += LONG_DOUBLE_SIZE) {
    to.setFloat64(offset / 2, readLongDouble(from, offset), true);
  }
  return doubles;
}

/** Sign and 15 bits of exponent above 64 bits of fraction whose first bit is explicit (IEEE 754 "double extended"). */
function readLongDouble(view: DataView, offset: number): number {
  const signAndExponent = view.getUint16(offset + 8, true);
  const sign = signAndExponent & 0x8000 ? -1 : 1;
  const exponent = signAndExponent & 0x7fff;
  const high = view.getUint32(offset + 4, true);
  const low = view.getUint32(offset, true);
  if (exponent === 0x7fff) return (high & 0x7fffffff) === 0 && low === 0 ? sign * Infinity : NaN;
  const fraction = high * 2 ** 32 + low;
  // In two steps because a power of two alone would under- or overflow before the product does.
  const power = Math.max(exponent, 1) - EXPONENT_BIAS - FRACTION_BITS;
  const half = Math.trunc(power / 2);
  return sign * (fraction * 2 ** half * 2 ** (power - half));
}
