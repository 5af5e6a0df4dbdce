import { expectBytes, expectText, latin1Bytes, sequenceOf } from './expect.js';
import { arrayFromBuffer, makeDtype, makeScalar, reconstructArray } from './numpyArray.js';
import {
  PythonComplex,
  PythonDate,
  PythonDateTime,
  PythonGlobal,
  PythonObject,
  PythonTime,
  PythonTimeDelta,
  PythonTimeZone,
  PythonTuple,
  type PythonValue,
} from './python.js';

/** A pure function of the arguments; undefined when it does not model them, which gives a placeholder. */
export type Constructor = (args: readonly PythonValue[]) => PythonValue | undefined;

/**
 * The names that mean something here. Everything else a pickle calls becomes a `PythonObject`.
 * By the names that `normalGlobal` gives.
 */
const CONSTRUCTORS: ReadonlyMap<string, Constructor> = new Map<string, Constructor>([
  ['builtins.set', makeSet],
  ['builtins.frozenset', makeSet],
  ['builtins.bytearray', makeBytes],
  ['builtins.bytes', makeBytes],
  ['builtins.complex', makeComplex],
  ['builtins.dict', emptyDict],
  ['builtins.list', ([...args]) => (args.length === 0 ? [] : undefined)],
  ['builtins.getattr', getAttribute],
  ['_codecs.encode', encodeLatin1],
  ['collections.OrderedDict', orderedDict],
  ['collections.defaultdict', ([, ...entries]) => emptyDict(entries)],
  ['collections.Counter', ([counts]) => (counts === undefined ? new Map() : asDict(counts))],
  ['collections.deque', ([items]) => [...(sequenceOf(items) ?? [])]],
  // Controller parameters of Lima images (PROTOCOL 10).
  ['bliss.scanning.chain.CompletedCtrlParamsDict', emptyDict],
  ['datetime.datetime', makeDateTime],
  ['datetime.date', makeDate],
  ['datetime.time', makeTime],
  ['datetime.timedelta', makeTimeDelta],
  ['datetime.timezone', makeTimeZone],
  ['numpy.dtype', makeDtype],
  ['numpy.core.multiarray._reconstruct', reconstructArray],
  ['numpy.core.multiarray.scalar', makeScalar],
  ['numpy.core.numeric._frombuffer', arrayFromBuffer],
]);

export function constructorOf({ fullName }: PythonGlobal): Constructor | undefined {
  return CONSTRUCTORS.get(fullName);
}

/** Names of Python 2 (protocols 0 to 2) whose meaning has another name in Python 3. */
const PYTHON_2_NAMES: ReadonlyMap<string, string> = new Map([
  ['long', 'int'],
  ['unicode', 'str'],
  ['xrange', 'range'],
]);

/** A name in the one spelling used here: Python 2 (protocols 0 to 2) and numpy 2 have others. */
export function normalGlobal(module: string, name: string): PythonGlobal {
  if (module === '__builtin__') return new PythonGlobal('builtins', PYTHON_2_NAMES.get(name) ?? name);
  if (module === 'exceptions') return new PythonGlobal('builtins', name);
  if (module === 'copy_reg') return new PythonGlobal('copyreg', name);
  return new PythonGlobal(module.replace(/^numpy\._core(?=\.|$)/, 'numpy.core'), name);
}

function makeSet(args: readonly PythonValue[]): PythonValue | undefined {
  const [items] = args;
  if (args.length === 0) return new Set();
  if (items instanceof Set) return new Set(items);
  const elements = sequenceOf(items);
  return elements === undefined ? undefined : new Set(elements);
}

/** `bytes()`, `bytearray(b'..')`, and `bytearray('..', 'latin-1')` of protocols 0 to 2. */
function makeBytes(args: readonly PythonValue[]): PythonValue | undefined {
  const [content] = args;
  if (args.length === 0) return new Uint8Array(0);
  return typeof content === 'string' || content instanceof Uint8Array ? expectBytes(content) : undefined;
}

/** `_codecs.encode('..', 'latin1')`: how protocols 0 to 2 write bytes. */
function encodeLatin1([text, encoding]: readonly PythonValue[]): PythonValue | undefined {
  return typeof text === 'string' && encoding === 'latin1' ? latin1Bytes(text) : undefined;
}

function makeComplex([re, im]: readonly PythonValue[]): PythonValue | undefined {
  return typeof re === 'number' && typeof im === 'number' ? new PythonComplex(re, im) : undefined;
}

function emptyDict(args: readonly PythonValue[]): PythonValue | undefined {
  return args.length === 0 ? new Map() : undefined;
}

function asDict(value: PythonValue): PythonValue | undefined {
  return value instanceof Map ? value : undefined;
}

/** Empty before SETITEMS; from Python 2 a list of pairs. */
function orderedDict(args: readonly PythonValue[]): PythonValue | undefined {
  const pairs = args.length === 0 ? [] : sequenceOf(args[0]);
  const dict = new Map<PythonValue, PythonValue>();
  for (const pair of pairs ?? []) {
    const [key, value] = sequenceOf(pair) ?? [];
    if (typeof key !== 'string' || value === undefined) return undefined;
    dict.set(key, value);
  }
  return pairs === undefined ? undefined : dict;
}

/** An enum member since Python 3.11, or a class in a class: `getattr(Class, 'NAME')`. Nothing is looked up. */
function getAttribute([owner, name]: readonly PythonValue[]): PythonValue | undefined {
  if (typeof name !== 'string') return undefined;
  const className = classNameOf(owner);
  return className === undefined ? undefined : new PythonObject(className, new PythonTuple([name]));
}

/** The class that a value is the name of: a global, or what `getAttribute` made of a class in a class. */
export function classNameOf(value: PythonValue | undefined): string | undefined {
  if (value instanceof PythonGlobal) return value.fullName;
  if (!(value instanceof PythonObject)) return undefined;
  const [name, ...more] = value.args.items;
  return typeof name === 'string' && more.length === 0 ? `${value.className}.${name}` : undefined;
}

/*
 * The bytes of CPython's `datetime` module (`Modules/_datetimemodule.c`, `*_getstate`). Year and microsecond are
 * big-endian. A high bit on the month (date and time) or the hour (time only) is PEP 495's fold.
 */

function makeDate(args: readonly PythonValue[]): PythonValue | undefined {
  const bytes = stateBytes(args[0], 4);
  return bytes && dateOf(bytes);
}

function makeDateTime([state, zone = null]: readonly PythonValue[]): PythonValue | undefined {
  const bytes = stateBytes(state, 10);
  if (bytes === undefined) return undefined;
  return new PythonDateTime(dateOf(bytes), timeOf(bytes.subarray(4), (bytes[2] ?? 0) >> 7, zone));
}

function makeTime([state, zone = null]: readonly PythonValue[]): PythonValue | undefined {
  const bytes = stateBytes(state, 6);
  return bytes && timeOf(bytes, (bytes[0] ?? 0) >> 7, zone);
}

function stateBytes(state: PythonValue | undefined, length: number): Uint8Array | undefined {
  if (typeof state !== 'string' && !(state instanceof Uint8Array)) return undefined;
  return state.length === length ? expectBytes(state) : undefined;
}

function dateOf([high = 0, low = 0, month = 0, day = 0]: Uint8Array): PythonDate {
  return new PythonDate(high * 256 + low, month & 0x7f, day);
}

function timeOf(bytes: Uint8Array, fold: number, zone: PythonValue): PythonTime {
  const [hour = 0, minute = 0, second = 0, high = 0, middle = 0, low = 0] = bytes;
  return new PythonTime([hour & 0x7f, minute, second, (high * 256 + middle) * 256 + low], fold, zone);
}

function makeTimeDelta(args: readonly PythonValue[]): PythonValue | undefined {
  const [days, seconds, microseconds] = args;
  if (typeof days !== 'bigint' || typeof seconds !== 'bigint' || typeof microseconds !== 'bigint')
    return undefined;
  return new PythonTimeDelta(Number(days), Number(seconds), Number(microseconds));
}

function makeTimeZone([offset, name]: readonly PythonValue[]): PythonValue | undefined {
  if (!(offset instanceof PythonTimeDelta)) return undefined;
  return new PythonTimeZone(offset, name === undefined ? undefined : expectText(name));
}
