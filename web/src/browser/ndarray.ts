/**
 * What h5web uses of the package `ndarray`, in its place: that one compiles code as it runs, which the page's content
 * security policy forbids.
 */
export type NdData<T> = T[] | (ArrayLike<T> & { [index: number]: T });

export class NdArray<T> {
  readonly data: NdData<T>;
  readonly shape: number[];
  readonly stride: number[];
  readonly offset: number;

  constructor(data: NdData<T>, shape: number[], stride: number[], offset: number) {
    this.data = data;
    this.shape = shape;
    this.stride = stride;
    this.offset = offset;
  }

  get dimension(): number {
    return this.shape.length;
  }

  get size(): number {
    return this.shape.reduce((product, length) => product * length, 1);
  }

  get dtype(): string {
    return Array.isArray(this.data) ? 'array' : this.data.constructor.name.replace('Array', '').toLowerCase();
  }

  index(...indices: number[]): number {
    return indices.reduce((sum, index, axis) => sum + index * (this.stride[axis] ?? 0), this.offset);
  }

  get(...indices: number[]): T | undefined {
    return this.data[this.index(...indices)];
  }

  /** Last comes the value. */
  set(...indicesAndValue: [...number[], T]): void {
    const indices = indicesAndValue.slice(0, -1) as number[];
    this.data[this.index(...indices)] = indicesAndValue.at(-1) as T;
  }

  /** Without the axes of which an index is given. */
  pick(...indices: (number | null | undefined)[]): NdArray<T> {
    const isPicked = (axis: number): boolean => typeof indices[axis] === 'number' && indices[axis] >= 0;
    const offset = this.shape.reduce((sum, _, axis) => {
      return isPicked(axis) ? sum + (indices[axis] ?? 0) * (this.stride[axis] ?? 0) : sum;
    }, this.offset);
    const left = (values: number[]): number[] => values.filter((_, axis) => !isPicked(axis));
    return new NdArray(this.data, left(this.shape), left(this.stride), offset);
  }

  transpose(...axes: number[]): NdArray<T> {
    const arrange = (values: number[]): number[] => axes.map((axis) => values[axis] ?? 0);
    return new NdArray(this.data, arrange(this.shape), arrange(this.stride), this.offset);
  }
}

/** A view of flat data in C order. */
export default function ndarray<T>(data: NdData<T>, shape: number[] = [data.length]): NdArray<T> {
  const stride = shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, length) => product * length, 1),
  );
  return new NdArray(data, shape, stride, 0);
}

/** Of the package `ndarray-ops`: copies values between arrays of one shape. */
export function assign<T>(target: NdArray<T>, source: NdArray<T>): void {
  const { shape } = source;
  const indices = shape.map(() => 0);
  for (let left = source.size; left > 0; left--) {
    target.data[target.index(...indices)] = source.data[source.index(...indices)] as T;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (indices[axis] ?? 0) + 1;
      indices[axis] = next < (shape[axis] ?? 0) ? next : 0;
      if (indices[axis] !== 0) break;
    }
  }
}
