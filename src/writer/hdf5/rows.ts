import { elementCount, hasNaN, type DType } from '../../scan/index.js';

const NAN_32 = new Uint8Array(new Float32Array([NaN]).buffer);
const NAN_64 = new Uint8Array(new Float64Array([NaN]).buffer);

/** Fills with what stands for a missing value: NaN, for complex numbers in both parts, and 0 for integers. */
export function fillWithMissing(bytes: Uint8Array, type: DType): void {
  if (!hasNaN(type)) {
    bytes.fill(0);
    return;
  }
  const nan = type === 'float32' || type === 'complex64' ? NAN_32 : NAN_64;
  if (bytes.length === 0) return;
  bytes.set(nan);
  for (let filled = nan.length; filled < bytes.length; filled *= 2) {
    bytes.copyWithin(filled, 0, Math.min(filled, bytes.length - filled));
  }
}

/**
 * Copies rows of shape `from` into the corner of rows of shape `to`, which has the same rank and is at least as
 * long in each dimension. C order, `size` bytes an element.
 */
export function copyRows(
  source: Uint8Array,
  from: readonly number[],
  target: Uint8Array,
  to: readonly number[],
  rows: number,
  size: number,
): void {
  const lineBytes = (from.at(-1) ?? 1) * size;
  const targetLineBytes = (to.at(-1) ?? 1) * size;
  const lines = from.slice(0, -1);
  const targetLines = to.slice(0, -1);
  const linesOfAll = rows * elementCount(lines);
  for (let line = 0; line < linesOfAll; line++) {
    let rest = line;
    let targetLine = 0;
    let stride = 1;
    for (let dimension = lines.length - 1; dimension >= 0; dimension--) {
      const length = lines[dimension] ?? 1;
      targetLine += (rest % length) * stride;
      rest = Math.floor(rest / length);
      stride *= targetLines[dimension] ?? 1;
    }
    targetLine += rest * stride;
    target.set(source.subarray(line * lineBytes, (line + 1) * lineBytes), targetLine * targetLineBytes);
  }
}
