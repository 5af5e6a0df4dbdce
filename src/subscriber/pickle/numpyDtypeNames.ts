import { UnpickleError } from './errors.js';
import { NumpyDtype, type NumpyKind, type TimeUnit } from './numpyDtype.js';

/** numpy's one-letter codes (`dtype.char`), as on 64-bit Linux. */
const CODES: Readonly<Record<string, string>> = {
  '?': 'b1',
  b: 'i1',
  B: 'u1',
  h: 'i2',
  H: 'u2',
  i: 'i4',
  I: 'u4',
  l: 'i8',
  L: 'u8',
  q: 'i8',
  Q: 'u8',
  e: 'f2',
  f: 'f4',
  d: 'f8',
  g: 'f16',
  F: 'c8',
  D: 'c16',
  G: 'c32',
  O: 'O8',
  S: 'S0',
  U: 'U0',
  V: 'V0',
  M: 'M8',
  m: 'm8',
};

/** Names that numpy and Python have for the same types, as on 64-bit Linux. */
const NAMES: Readonly<Record<string, string>> = {
  bool: 'b1',
  bool_: 'b1',
  int8: 'i1',
  byte: 'i1',
  int16: 'i2',
  short: 'i2',
  int32: 'i4',
  intc: 'i4',
  int64: 'i8',
  int: 'i8',
  int_: 'i8',
  intp: 'i8',
  long: 'i8',
  longlong: 'i8',
  uint8: 'u1',
  ubyte: 'u1',
  uint16: 'u2',
  ushort: 'u2',
  uint32: 'u4',
  uintc: 'u4',
  uint64: 'u8',
  uint: 'u8',
  uintp: 'u8',
  ulong: 'u8',
  ulonglong: 'u8',
  float16: 'f2',
  half: 'f2',
  float32: 'f4',
  single: 'f4',
  float64: 'f8',
  float: 'f8',
  float_: 'f8',
  double: 'f8',
  float128: 'f16',
  longdouble: 'f16',
  complex64: 'c8',
  csingle: 'c8',
  complex128: 'c16',
  complex: 'c16',
  complex_: 'c16',
  cdouble: 'c16',
  complex256: 'c32',
  clongdouble: 'c32',
  str: 'U0',
  str_: 'U0',
  bytes: 'S0',
  bytes_: 'S0',
  object: 'O8',
  object_: 'O8',
  void: 'V0',
  record: 'V0',
  datetime64: 'M8',
  timedelta64: 'm8',
};

const SIZES: Readonly<Partial<Record<string, readonly number[]>>> = {
  b: [1],
  i: [1, 2, 4, 8],
  u: [1, 2, 4, 8],
  f: [2, 4, 8, 16],
  c: [8, 16, 32],
  O: [8, 4],
  M: [8],
  m: [8],
};

const TIME_UNITS = ['Y', 'M', 'W', 'D', 'h', 'm', 's', 'ms', 'us', 'ns', 'ps', 'fs', 'as', 'generic'];

/** Types are immutable, so each is made once; few are enough since a beamline uses few. */
const cache = new Map<string, NumpyDtype>();
const MAX_CACHED = 256;

/**
 * The type that a name such as `f8`, `<f8`, `|S5`, `?`, `M8[ns]` or `float64` means to numpy.
 * Throws `UnpickleError` (`dtype`) when it means none.
 */
export function parseDtype(name: string): NumpyDtype {
  const known = cache.get(name);
  if (known !== undefined) return known;
  const dtype = parseUncached(name);
  if (cache.size < MAX_CACHED) cache.set(name, dtype);
  return dtype;
}

/** The type that a class of numpy or of Python means, such as `float64` or `int`; undefined when it means none. */
export function dtypeOfClassName(name: string): NumpyDtype | undefined {
  return Object.hasOwn(NAMES, name) ? parseDtype(name) : undefined;
}

function parseUncached(name: string): NumpyDtype {
  const canonical = Object.hasOwn(NAMES, name) ? NAMES[name] : name;
  const match = /^([<>=|]?)([?a-zA-Z])(\d{0,10})(\[.{1,16}\])?$/.exec(canonical ?? '');
  if (match === null) throw unknownDtype(name);
  const [, order, letter = '', digits = '', unit] = match;
  if (digits === '') {
    const code = CODES[letter];
    if (code === undefined) throw unknownDtype(name);
    return parseSized(name, code.charAt(0), Number(code.slice(1)), order, unit);
  }
  return parseSized(name, letter === 'a' ? 'S' : letter, Number(digits), order, unit);
}

function parseSized(
  name: string,
  kind: string,
  size: number,
  order: string | undefined,
  unit: string | undefined,
): NumpyDtype {
  const bigEndian = order === '>';
  if (kind === 'S' || kind === 'V') return new NumpyDtype({ kind, itemSize: size });
  if (kind === 'U') return new NumpyDtype({ kind, itemSize: size * 4, bigEndian });
  if (SIZES[kind]?.includes(size) !== true) throw unknownDtype(name);
  const isTime = kind === 'M' || kind === 'm';
  if (unit !== undefined && !isTime) throw unknownDtype(name);
  return new NumpyDtype({
    kind: kind as NumpyKind, // SIZES has no other keys
    itemSize: size,
    bigEndian,
    unit: isTime ? parseUnit(name, unit) : undefined,
  });
}

function parseUnit(name: string, text: string | undefined): TimeUnit {
  if (text === undefined) return { name: 'generic', count: 1 };
  const [, digits = '', unit = ''] = /^\[(\d{0,9})(\D+)\]$/.exec(text) ?? [];
  return timeUnit(unit, digits === '' ? 1 : Number(digits)) ?? fail(unknownDtype(name));
}

/** undefined when numpy has no such unit. */
export function timeUnit(name: string, count: number): TimeUnit | undefined {
  return TIME_UNITS.includes(name) && count > 0 ? { name, count } : undefined;
}

function unknownDtype(name: string): UnpickleError {
  return new UnpickleError('dtype', `there is no dtype ${JSON.stringify(name.slice(0, 32))}`);
}

function fail(error: UnpickleError): never {
  throw error;
}
