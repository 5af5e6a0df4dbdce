import { elementCount } from '../../scan/index.js';

export interface Slab {
  readonly first: readonly number[];
  readonly count: readonly number[];
}

/**
 * Parts of a shape that lie side by side, of `most` elements each at most; in C order, but for those of a chunked dataset.
 * @param chunk what HDF5 reads in one piece: no part ends within one that is small enough, so that none is read twice
 */
export function* slabsOf(
  shape: readonly number[],
  most: number,
  chunk: readonly number[] | null = null,
): Generator<Slab> {
  if (elementCount(shape) === 0) return;
  const box = boxIn(shape, most, chunk);
  const boxes = shape.map((length, axis) => Math.ceil(length / (box[axis] ?? 1)));
  const count = elementCount(boxes);
  for (let index = 0; index < count; index++) {
    const first = placeOf(index, boxes).map((place, axis) => place * (box[axis] ?? 1));
    yield { first, count: first.map((start, axis) => Math.min(box[axis] ?? 1, (shape[axis] ?? 1) - start)) };
  }
}

/** Whole chunks, as many as fit, along the last axis first. */
function boxIn(shape: readonly number[], most: number, chunk: readonly number[] | null): number[] {
  const clipped = shape.map((length, axis) => Math.min(length, chunk?.[axis] ?? 1));
  const piece = elementCount(clipped) <= most ? clipped : shape.map(() => 1);
  const box = [...piece];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const [length = 1, step = 1] = [shape[axis], piece[axis]];
    const others = elementCount(box) / step;
    box[axis] = Math.min(length, step * Math.floor(most / others / step));
    if (box[axis] !== length) break;
  }
  return box;
}

/** The indices of an element by its number in C order. */
export function placeOf(index: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  let rest = index;
  for (const length of shape.toReversed()) {
    place.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return place;
}

/** Whether the first place comes before the second one in C order. */
export function isBefore(place: readonly number[], other: readonly number[]): boolean {
  const axis = place.findIndex((index, at) => index !== other[at]);
  return axis >= 0 && (place[axis] ?? 0) < (other[axis] ?? 0);
}
