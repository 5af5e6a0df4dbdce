import type { NumericArray } from '../../scan/index.js';
import { PythonComplex } from './python.js';

/** A number of Python as a 0-D array: int64 (uint64 beyond it), float64, bool, complex128; undefined for larger ints. */
export function numericScalar(value: boolean | bigint | number | PythonComplex): NumericArray | undefined {
  const bytes = Buffer.alloc(value instanceof PythonComplex ? 16 : typeof value === 'boolean' ? 1 : 8);
  if (value instanceof PythonComplex) {
    bytes.writeDoubleLE(value.re);
    bytes.writeDoubleLE(value.im, 8);
    return { dtype: 'complex128', shape: [], bytes };
  }
  if (typeof value === 'boolean') {
    bytes.writeUInt8(value ? 1 : 0);
    return { dtype: 'bool', shape: [], bytes };
  }
  if (typeof value === 'number') {
    bytes.writeDoubleLE(value);
    return { dtype: 'float64', shape: [], bytes };
  }
  if (BigInt.asIntN(64, value) === value) {
    bytes.writeBigInt64LE(value);
    return { dtype: 'int64', shape: [], bytes };
  }
  if (BigInt.asUintN(64, value) !== value) return undefined;
  bytes.writeBigUInt64LE(value);
  return { dtype: 'uint64', shape: [], bytes };
}
