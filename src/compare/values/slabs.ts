import { elementCount } from '../../scan/index.js';

export interface Slab {
  readonly first: readonly number[];
  readonly count: readonly number[];
}

/**
 * Parts of a shape, in C order and side by side, of `most` elements each at most.
 * @param chunk what is best read in one piece: parts end where such pieces do, if one is small enough
 */
export function* slabsOf(
  shape: readonly number[],
  most: number,
  chunk: readonly number[] | null = null,
): Generator<Slab> {
  if (elementCount(shape) === 0) return;
  // The first axis behind which everything fits into one part: that one is divided, those before go one by one.
  let axis = 0;
  while (axis < shape.length && elementCount(shape.slice(axis + 1)) > most) axis++;
  const inner = shape.slice(axis + 1);
  const outer = shape.slice(0, axis);
  const length = shape[axis] ?? 1;
  const step = stepOf(Math.floor(most / elementCount(inner)), chunk?.[axis] ?? 1);
  for (const place of placesIn(outer)) {
    for (let first = 0; first < length; first += step) {
      const count = Math.min(step, length - first);
      yield {
        first: [...place, first, ...inner.map(() => 0)].slice(0, shape.length),
        count: [...outer.map(() => 1), count, ...inner].slice(0, shape.length),
      };
    }
  }
}

function stepOf(most: number, chunk: number): number {
  const step = Math.max(1, most);
  return chunk > 0 && chunk <= step ? step - (step % chunk) : step;
}

function* placesIn(shape: readonly number[]): Generator<number[]> {
  const count = elementCount(shape);
  for (let index = 0; index < count; index++) yield placeOf(index, shape);
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
