import { UnpickleError } from './errors.js';
import { expectBytes, expectInteger, expectSequence } from './expect.js';
import { NumpyDtype } from './numpyDtype.js';
import { dtypeWithState, expectDtype } from './numpyDtypeState.js';
import { PythonDtype, PythonGlobal, type PythonValue } from './python.js';
import { cStrides, gather } from './reorder.js';
import { checkByteLength, checkItemCount, expectShape } from './shape.js';

const NO_BYTES = new Uint8Array(0);
const PLACEHOLDER = new NumpyDtype({ kind: 'i', itemSize: 1 });

/** A numpy array or scalar as it was pickled: nothing is swapped, reordered or copied. */
export class NdArray {
  /** `numpy.ndarray` or the subclass, such as `numpy.matrix`. */
  readonly className: string;
  /** A numpy scalar (`numpy.float64(2)`) and no array of no dimensions. */
  readonly isScalar: boolean;
  dtype: NumpyDtype;
  shape: readonly number[];
  /** The first index varies fastest in `bytes`; never so for `items`. */
  isFortran = false;
  /** All elements: a view on the pickle where it holds them as bytes. Empty for objects. */
  bytes: Uint8Array = NO_BYTES;
  /** The elements in C order when the dtype is object or a record that holds objects. */
  items: readonly PythonValue[] | undefined = undefined;

  constructor(className: string, isScalar: boolean, dtype: NumpyDtype, shape: readonly number[]) {
    this.className = className;
    this.isScalar = isScalar;
    this.dtype = dtype;
    this.shape = shape;
  }
}

/** `numpy.dtype('f8', False, True)`; each call makes a new object because BUILD changes it. */
export function makeDtype([name]: readonly PythonValue[]): PythonDtype {
  return new PythonDtype(expectDtype(name));
}

export function setDtypeState(dtype: PythonDtype, state: PythonValue): void {
  dtype.type = dtypeWithState(dtype.type, state);
}

/** `_reconstruct(ndarray, (0,), b'b')`: an array that BUILD fills. */
export function reconstructArray([arrayClass]: readonly PythonValue[]): NdArray {
  const className = arrayClass instanceof PythonGlobal ? arrayClass.fullName : 'numpy.ndarray';
  return new NdArray(className, false, PLACEHOLDER, [0]);
}

/**
 * BUILD of an array: `(version, shape, dtype, is Fortran, bytes or list of objects)`.
 * Throws `UnpickleError` (`shape`) when the elements are not as many as the shape says.
 */
export function setArrayState(array: NdArray, state: PythonValue): void {
  const parts = expectSequence(state);
  if (parts.length < 5) throw new UnpickleError('type', 'the state of an array is too short');
  const [, shape, dtype, isFortran, content] = parts;
  array.shape = expectShape(shape);
  array.dtype = expectDtype(dtype);
  array.isFortran = isFortran === true || isFortran === 1n;
  setContent(array, content);
}

function setContent(array: NdArray, content: PythonValue | undefined): void {
  if (array.dtype.holdsObjects) {
    // A copy, because later opcodes could still append to the list.
    array.items = [...expectSequence(content)];
    checkItemCount(array.shape, array.items);
    array.bytes = NO_BYTES;
  } else {
    array.bytes = expectBytes(content);
    checkByteLength(array.dtype, array.shape, array.bytes);
    array.items = undefined;
  }
}

/** `scalar(dtype, bytes)`; of an object dtype `scalar(dtype, object)`. */
export function makeScalar([dtype, content]: readonly PythonValue[]): NdArray {
  const scalar = new NdArray('numpy.generic', true, expectDtype(dtype), []);
  if (scalar.dtype.holdsObjects) {
    scalar.items = [content ?? null];
  } else {
    setContent(scalar, content);
  }
  return scalar;
}

/**
 * `_frombuffer(buffer, dtype, shape, order, axis order)` of protocol 5. Order `K` with an axis order (numpy >= 2.1)
 * means a C array of that shape whose axes are transposed afterwards; it is the one case that is copied here.
 */
export function arrayFromBuffer([buffer, dtype, shape, order, axes]: readonly PythonValue[]): NdArray {
  const array = new NdArray('numpy.ndarray', false, expectDtype(dtype), expectShape(shape));
  array.isFortran = order === 'F';
  setContent(array, buffer);
  if (order === 'K' && axes !== undefined && axes !== null && array.items === undefined) {
    transpose(array, expectSequence(axes).map(expectInteger));
  }
  return array;
}

function transpose(array: NdArray, axes: readonly number[]): void {
  const { shape } = array;
  const isPermutation = axes.length === shape.length && shape.every((_, axis) => axes.includes(axis));
  if (!isPermutation) throw new UnpickleError('shape', 'the axis order of an array is none');
  const strides = cStrides(shape);
  array.shape = axes.map((axis) => shape[axis] ?? 0);
  array.bytes = gather(
    array.bytes,
    array.shape,
    axes.map((axis) => strides[axis] ?? 0),
    array.dtype.itemSize,
  );
}
