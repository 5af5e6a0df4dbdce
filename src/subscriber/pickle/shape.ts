import { elementCount } from '../../scan/index.js';
import { UnpickleError } from './errors.js';
import { expectInteger, sequenceOf } from './expect.js';
import type { NumpyDtype } from './numpyDtype.js';
import type { PythonValue } from './python.js';

/** As many as numpy 2 allows. */
const MAX_DIMENSIONS = 64;
/** Elements without bytes cost nothing in the pickle, so their number has a limit of its own. */
const MAX_EMPTY_ELEMENTS = 2 ** 16;

/** A shape from a tuple or a single length. Throws `UnpickleError` (`shape`) when no array can have it. */
export function expectShape(value: PythonValue | undefined): readonly number[] {
  const lengths = sequenceOf(value) ?? [value];
  if (lengths.length > MAX_DIMENSIONS) throw new UnpickleError('shape', 'an array has too many dimensions');
  const shape = lengths.map(expectInteger);
  if (shape.some((length) => length < 0)) throw new UnpickleError('shape', 'an array has a negative length');
  if (!Number.isSafeInteger(elementCount(shape.filter((length) => length > 0)))) {
    throw new UnpickleError('shape', 'an array is too large');
  }
  return shape;
}

/** Throws `UnpickleError` (`shape`) unless `bytes` are exactly the elements of such an array. */
export function checkByteLength(dtype: NumpyDtype, shape: readonly number[], bytes: Uint8Array): void {
  const count = elementCount(shape);
  if (bytes.byteLength !== count * dtype.itemSize) {
    throw new UnpickleError(
      'shape',
      `an array of ${count} elements of ${dtype.itemSize} bytes holds ${bytes.byteLength} bytes`,
    );
  }
  if (dtype.itemSize === 0 && count > MAX_EMPTY_ELEMENTS) {
    throw new UnpickleError('shape', 'an array has too many elements without bytes');
  }
}

/** Throws `UnpickleError` (`shape`) unless `items` are exactly the elements of such an array. */
export function checkItemCount(shape: readonly number[], items: readonly PythonValue[]): void {
  if (items.length !== elementCount(shape)) {
    throw new UnpickleError('shape', `an array of ${elementCount(shape)} objects holds ${items.length}`);
  }
}
