import { elementCount, type DType } from '../../scan/index.js';
import { UnpickleError } from './errors.js';

/** numpy's `dtype.kind`: bool, int, unsigned, float, complex, bytes, text, void or record, object, datetime64, timedelta64. */
export type NumpyKind = 'b' | 'i' | 'u' | 'f' | 'c' | 'S' | 'U' | 'V' | 'O' | 'M' | 'm';

export interface NumpyField {
  readonly name: string;
  readonly dtype: NumpyDtype;
  /** Bytes from the start of the record; fields may overlap and have gaps. */
  readonly offset: number;
}

/** The unit of datetime64 and timedelta64, such as 25 `s`; `generic` when there is none. */
export interface TimeUnit {
  readonly name: string;
  readonly count: number;
}

export interface DtypeParts {
  readonly kind: NumpyKind;
  readonly itemSize: number;
  readonly bigEndian?: boolean;
  readonly unit?: TimeUnit | undefined;
  readonly fields?: readonly NumpyField[] | undefined;
  readonly subarray?: { readonly dtype: NumpyDtype; readonly shape: readonly number[] } | undefined;
}

/** As large as numpy's own (a C int). */
const MAX_ITEM_SIZE = 2 ** 31 - 1;
const MAX_DEPTH = 16;

/** An immutable numpy element type. Throws `UnpickleError` (`dtype`) when the parts contradict each other. */
export class NumpyDtype implements DtypeParts {
  readonly kind: NumpyKind;
  readonly itemSize: number;
  readonly bigEndian: boolean;
  readonly unit: TimeUnit | undefined;
  readonly fields: readonly NumpyField[] | undefined;
  readonly subarray: { readonly dtype: NumpyDtype; readonly shape: readonly number[] } | undefined;
  /** The elements are Python objects or hold some, so that there are no bytes. */
  readonly holdsObjects: boolean;
  /** The type its elements have in our files, undefined when they are no numbers. */
  readonly numeric: DType | undefined;
  /** Elements that are no records. */
  readonly #leaves: number;
  readonly #depth: number;

  constructor(parts: DtypeParts) {
    this.kind = parts.kind;
    this.itemSize = parts.itemSize;
    this.bigEndian = (parts.bigEndian ?? false) && hasByteOrder(parts.kind, parts.itemSize);
    this.unit = parts.unit;
    this.fields = parts.fields;
    this.subarray = parts.subarray;
    const types = [
      ...(parts.fields ?? []).map((field) => field.dtype),
      ...(parts.subarray === undefined ? [] : [parts.subarray.dtype]),
    ];
    this.holdsObjects = parts.kind === 'O' || types.some((type) => type.holdsObjects);
    this.numeric = types.length === 0 ? numericType(parts.kind, parts.itemSize) : undefined;
    this.#depth = 1 + Math.max(0, ...types.map((type) => type.#depth));
    const inOneItem = types.reduce((sum, type) => sum + type.#leaves, 0);
    this.#leaves = Math.max(1, inOneItem * elementCount(parts.subarray?.shape ?? []));
    this.#check();
  }

  #check(): void {
    const { itemSize, kind, fields, subarray } = this;
    if (!Number.isSafeInteger(itemSize) || itemSize < 0 || itemSize > MAX_ITEM_SIZE) {
      throw new UnpickleError('dtype', 'the item size of a dtype is out of range');
    }
    if (kind === 'U' && itemSize % 4 !== 0)
      throw new UnpickleError('dtype', 'a text dtype has a broken size');
    // Types can share their fields, and so be exponentially larger than the pickle that describes them.
    if (this.#depth > MAX_DEPTH || this.#leaves > 16 + itemSize) {
      throw new UnpickleError('dtype', 'a dtype has more fields than bytes');
    }
    for (const { dtype, offset } of fields ?? []) {
      if (offset < 0 || offset + dtype.itemSize > itemSize) {
        throw new UnpickleError('dtype', 'a field of a dtype lies outside its record');
      }
    }
    if (subarray !== undefined && elementCount(subarray.shape) * subarray.dtype.itemSize !== itemSize) {
      throw new UnpickleError('dtype', 'the size of a subarray dtype does not fit its shape');
    }
  }

  /** numpy's `dtype.str`, such as `<f8`, `|S5`, `<M8[25s]`; `|V16` for records. */
  get str(): string {
    const { kind, itemSize, unit } = this;
    if (kind === 'O') return '|O';
    const order = this.bigEndian ? '>' : hasByteOrder(kind, itemSize) ? '<' : '|';
    const length = kind === 'U' ? itemSize / 4 : itemSize;
    return `${order}${kind}${length}${unit === undefined ? '' : unitText(unit)}`;
  }
}

function hasByteOrder(kind: NumpyKind, itemSize: number): boolean {
  return kind === 'U' || (itemSize > 1 && !'SVO'.includes(kind));
}

function unitText({ name, count }: TimeUnit): string {
  if (name === 'generic') return '';
  return `[${count === 1 ? '' : count}${name}]`;
}

const NUMERIC_TYPES: Readonly<Record<string, DType>> = {
  b1: 'bool',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  f16: 'float64',
  c8: 'complex64',
  c16: 'complex128',
  c32: 'complex128',
};

function numericType(kind: NumpyKind, itemSize: number): DType | undefined {
  return NUMERIC_TYPES[`${kind}${itemSize}`];
}

/** True for float128 and complex256, which are converted to the half. */
export function isLongDouble({ kind, itemSize }: NumpyDtype): boolean {
  return (kind === 'f' && itemSize === 16) || (kind === 'c' && itemSize === 32);
}
