import type { DType, NumericArray } from '../../scan/index.js';
import { numericArrayOf } from './arrayBytes.js';
import { UnpickleError } from './errors.js';
import { NdArray } from './numpyArray.js';
import type { NumpyDtype } from './numpyDtype.js';
import { parseDtype } from './numpyDtypeNames.js';
import { dtypeOfGlobal } from './numpyDtypeState.js';
import { elementsOf } from './numpyElements.js';
import { numericScalar } from './numericScalar.js';
import { PythonComplex, PythonDtype, PythonGlobal, type PythonValue } from './python.js';
import { PythonText } from './pythonText.js';

/** What a channel event carries; `shape` is that of the whole array, `[]` for a scalar. */
export type PointData =
  | { readonly kind: 'numbers'; readonly array: NumericArray }
  | { readonly kind: 'texts'; readonly shape: readonly number[]; readonly values: string[] };

/**
 * The data of a channel event (PROTOCOL 5.1), undefined when it is neither numbers nor text (a dict, a list, None).
 *
 * - numpy numbers: little-endian in C order, a view on the pickle unless they must be swapped or reordered.
 *   float128 (x86 80-bit) becomes float64, complex256 complex128.
 * - Python bool, int, float, complex: 0-D bool, int64 (uint64 beyond it, undefined beyond that), float64, complex128.
 * - str and numpy text: the text, without the NULs at the end of numpy's; bytes: UTF-8, else Latin-1.
 * - datetime64: ISO 8601 as numpy prints it; timedelta64: integer and unit (`5 ns`).
 * - object arrays and records: each element as Python's `str` gives it.
 */
export function toPointData(value: PythonValue): PointData | undefined {
  if (value instanceof NdArray) {
    const array = numericArrayOf(value);
    if (array !== undefined) return { kind: 'numbers', array };
    return { kind: 'texts', shape: value.shape, values: textsOf(value) };
  }
  if (typeof value === 'string' || value instanceof Uint8Array) {
    return { kind: 'texts', shape: [], values: [new PythonText().of(value)] };
  }
  if (value === null || (typeof value === 'object' && !(value instanceof PythonComplex))) return undefined;
  const array = numericScalar(value);
  return array && { kind: 'numbers', array };
}

/** The elements in C order as text. */
export function textsOf(array: NdArray): string[] {
  const text = new PythonText();
  return elementsOf(array).map((element) => text.of(element));
}

/**
 * The element type that a `dtype` field means (PROTOCOL 3.2): a dtype object, a numpy or builtins class, or a name
 * such as `float64` or `<f8`. `text` for str, bytes, U, S and object; undefined for anything else, also datetime64
 * and records.
 */
export function toPointType(value: PythonValue): DType | 'text' | undefined {
  const dtype = namedDtype(value);
  if (dtype === undefined) return undefined;
  return dtype.numeric ?? ('USO'.includes(dtype.kind) ? 'text' : undefined);
}

function namedDtype(value: PythonValue): NumpyDtype | undefined {
  if (value instanceof PythonDtype) return value.type;
  if (value instanceof PythonGlobal) return dtypeOfGlobal(value);
  if (typeof value !== 'string') return undefined;
  try {
    return parseDtype(value);
  } catch (error) {
    if (error instanceof UnpickleError) return undefined;
    throw error;
  }
}
