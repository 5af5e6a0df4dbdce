import { UnpickleError } from './errors.js';
import { expectInteger, expectSequence, expectText } from './expect.js';
import { NumpyDtype, type NumpyField, type TimeUnit } from './numpyDtype.js';
import { dtypeOfClassName, parseDtype, timeUnit } from './numpyDtypeNames.js';
import { PythonDtype, PythonGlobal, PythonTuple, type PythonValue } from './python.js';
import { expectShape } from './shape.js';

/** The type that a constructor's argument means: a dtype object, a numpy or Python class, or a name. */
export function expectDtype(value: PythonValue | undefined): NumpyDtype {
  if (value instanceof PythonDtype) return value.type;
  if (value instanceof PythonGlobal) {
    const dtype = dtypeOfGlobal(value);
    if (dtype === undefined) throw new UnpickleError('dtype', `${value.fullName} is no dtype`);
    return dtype;
  }
  return parseDtype(expectText(value));
}

/** BLISS describes channels with classes such as `numpy.float64` or `builtins.float` (PROTOCOL 10). */
export function dtypeOfGlobal({ module, name }: PythonGlobal): NumpyDtype | undefined {
  return module === 'numpy' || module === 'builtins' ? dtypeOfClassName(name) : undefined;
}

/**
 * The type after BUILD: `(version, byte order, subarray, names, fields, item size, alignment, flags, metadata)`,
 * as numpy's `arraydescr_reduce` writes it since version 3 (2006). For plain numbers only the byte order matters.
 * Throws `UnpickleError` (`dtype` or `type`).
 */
export function dtypeWithState(dtype: NumpyDtype, state: PythonValue): NumpyDtype {
  const parts = expectSequence(state);
  if (parts.length < 8) throw new UnpickleError('dtype', 'the state of a dtype is too short');
  const [, order, subarray, names, fields, itemSize, , , metadata] = parts;
  const bigEndian = expectText(order) === '>';
  const isTime = dtype.kind === 'M' || dtype.kind === 'm';
  const isFlexible = dtype.kind === 'V' || dtype.kind === 'S' || dtype.kind === 'U';
  const size = isFlexible ? expectInteger(itemSize) : -1;
  const isPlain = !isTime && names === null && subarray === null && (size < 0 || size === dtype.itemSize);
  if (isPlain && bigEndian === dtype.bigEndian) return dtype;
  return new NumpyDtype({
    kind: dtype.kind,
    itemSize: size < 0 ? dtype.itemSize : size,
    bigEndian,
    unit: isTime ? (unitOf(metadata) ?? dtype.unit) : undefined,
    fields: dtype.kind === 'V' ? fieldsOf(names, fields) : undefined,
    subarray: dtype.kind === 'V' ? subarrayOf(subarray) : undefined,
  });
}

function subarrayOf(value: PythonValue | undefined): NumpyDtype['subarray'] {
  if (!(value instanceof PythonTuple)) return undefined;
  const [dtype, shape] = value.items;
  return { dtype: expectDtype(dtype), shape: expectShape(shape) };
}

/** `fields` maps each name to `(dtype, offset)` or `(dtype, offset, title)`, and each title as well. */
function fieldsOf(
  names: PythonValue | undefined,
  fields: PythonValue | undefined,
): readonly NumpyField[] | undefined {
  if (names === null || names === undefined) return undefined;
  if (!(fields instanceof Map)) throw new UnpickleError('dtype', 'the fields of a dtype are no dictionary');
  return expectSequence(names).map((name) => {
    const [dtype, offset] = expectSequence(fields.get(name));
    return { name: expectText(name), dtype: expectDtype(dtype), offset: expectInteger(offset) };
  });
}

/** `(metadata dict, (unit, count, denominator, events))`; the unit is bytes. */
function unitOf(metadata: PythonValue | undefined): TimeUnit | undefined {
  if (!(metadata instanceof PythonTuple)) return undefined;
  const [name, count] = expectSequence(metadata.items[1]);
  const unit = timeUnit(expectText(name), expectInteger(count));
  if (unit === undefined) throw new UnpickleError('dtype', 'a datetime64 has an unknown unit');
  return unit;
}
