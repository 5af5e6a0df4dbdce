/** Elements from one to the next along each axis, last axis fastest. */
export function cStrides(shape: readonly number[]): number[] {
  const strides: number[] = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  }
  return strides;
}

/** Elements from one to the next along each axis, first axis fastest. */
export function fortranStrides(shape: readonly number[]): number[] {
  return cStrides([...shape].reverse()).reverse();
}

/** C order from bytes whose element `(i, j, ..)` stands at `i * strides[0] + j * strides[1] + ..` elements. */
export function gather(
  bytes: Uint8Array,
  shape: readonly number[],
  strides: readonly number[],
  itemSize: number,
): Uint8Array {
  const result = new Uint8Array(bytes.byteLength);
  const index = new Array<number>(shape.length).fill(0);
  const rowLength = shape.at(-1) ?? 1;
  const step = (strides.at(-1) ?? 1) * itemSize;
  let to = 0;
  while (to < result.length) {
    let from = index.reduce((sum, position, axis) => sum + position * (strides[axis] ?? 0), 0) * itemSize;
    for (let column = 0; column < rowLength; column++) {
      for (let byte = 0; byte < itemSize; byte++) result[to++] = bytes[from + byte] ?? 0;
      from += step;
    }
    nextRow(index, shape);
  }
  return result;
}

/** Counts `index` up in C order, without its last axis. */
function nextRow(index: number[], shape: readonly number[]): void {
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    const next = (index[axis] ?? 0) + 1;
    if (next < (shape[axis] ?? 0)) {
      index[axis] = next;
      return;
    }
    index[axis] = 0;
  }
}
