import { elementCount, type InfoOpaque, type InfoValue } from '../../scan/index.js';
import { numericArrayOf } from './arrayBytes.js';
import { isoText, offsetText } from './isoText.js';
import { numericScalar } from './numericScalar.js';
import { NdArray } from './numpyArray.js';
import { elementsOf } from './numpyElements.js';
import {
  PythonComplex,
  PythonDateTime,
  PythonDtype,
  PythonGlobal,
  PythonObject,
  PythonTimeDelta,
  PythonTimeZone,
  PythonTuple,
  type PythonDict,
  type PythonValue,
} from './python.js';
import { PythonText } from './pythonText.js';

/**
 * Plain data for metadata. It holds no view on the pickle: keeping it does not keep the reply it came in.
 *
 * - dict and its subclasses: `Map`; a key that is no text is its text as Python's `str` gives it
 * - tuple, list, set and list subclasses: array
 * - numbers of numpy, also scalars: `NumericArray`; complex: the same, 0-D complex128
 * - numpy text, datetime64 and records: text in lists as nested as the shape; object arrays: the objects, so nested.
 *   An array without elements of such a type is `[]`.
 * - datetime without zone: `InfoDateTime`; with zone, date, time: ISO 8601 text; timedelta: seconds
 * - classes, functions: their full name; dtypes: numpy's `dtype.str`, such as `<f8`
 * - everything else: `InfoOpaque` whose content is what it carried: the only part if there is one (the value or name
 *   of an enum member), else a `Map` of the parts (`args`, `kwargs`, `state`, `items`)
 *
 * A value inside itself is an `InfoOpaque` of class `recursion` there. What is shared stays shared.
 */
export function toInfo(value: PythonValue): InfoValue {
  return new InfoConverter().convert(value);
}

const RECURSION: InfoOpaque = { kind: 'opaque', className: 'recursion', content: null };

class InfoConverter {
  readonly #text = new PythonText();
  /**
   * Each shared part is converted once: expanded they can be a million times larger. Until that is done its entry
   * says that the value is inside itself.
   */
  readonly #done = new Map<PythonValue, InfoValue>();

  convert(value: PythonValue): InfoValue {
    if (typeof value !== 'object' || value === null) return value;
    const done = this.#done.get(value);
    if (done !== undefined) return done;
    this.#done.set(value, RECURSION);
    const info = this.#convertObject(value);
    this.#done.set(value, info);
    return info;
  }

  #convertObject(value: Exclude<PythonValue, null | boolean | bigint | number | string>): InfoValue {
    if (value instanceof Uint8Array) return new Uint8Array(value);
    if (Array.isArray(value)) return this.#list(value);
    if (value instanceof PythonTuple) return this.#list(value.items);
    if (value instanceof Set) return this.#list([...value]);
    if (value instanceof Map) return this.#dict(value);
    if (value instanceof NdArray) return this.#array(value);
    if (value instanceof PythonObject) return this.#object(value);
    if (value instanceof PythonComplex) return numericScalar(value) ?? null;
    if (value instanceof PythonTimeDelta) return value.totalSeconds;
    if (value instanceof PythonTimeZone) return value.name ?? `UTC${offsetText(value)}`;
    if (value instanceof PythonGlobal) return value.fullName;
    if (value instanceof PythonDtype) return value.type.str;
    return value instanceof PythonDateTime && value.time.zone === null ? naive(value) : isoText(value);
  }

  #list(values: readonly PythonValue[]): readonly InfoValue[] {
    return values.map((value) => this.convert(value));
  }

  #dict(entries: PythonDict): ReadonlyMap<string, InfoValue> {
    const info = new Map<string, InfoValue>();
    for (const [key, value] of entries) info.set(this.#text.of(key), this.convert(value));
    return info;
  }

  #array(array: NdArray): InfoValue {
    const numbers = numericArrayOf(array);
    if (numbers !== undefined) return { ...numbers, bytes: new Uint8Array(numbers.bytes) };
    const isObjects = array.dtype.kind === 'O';
    const values = elementsOf(array).map((element) =>
      isObjects ? this.convert(element) : this.#text.of(element),
    );
    return nested(values, array.shape);
  }

  #object({ className, args, kwargs, state, items, entries }: PythonObject): InfoValue {
    if (entries !== undefined) return this.#dict(entries);
    const hasParts = args.items.length > 0 || kwargs !== null || state !== null;
    if (items !== undefined && !hasParts) return this.#list(items);
    const parts = new Map<string, PythonValue>();
    if (args.items.length > 0) parts.set('args', args);
    if (kwargs !== null) parts.set('kwargs', kwargs);
    if (state !== null) parts.set('state', state);
    if (items !== undefined) parts.set('items', items);
    const [only] = parts.size === 1 ? parts.values() : [];
    const [onlyArgument] = only === args && args.items.length === 1 ? args.items : [];
    return {
      kind: 'opaque',
      className,
      content: this.convert(onlyArgument ?? only ?? (parts.size === 0 ? null : parts)),
    };
  }
}

function naive({ date, time }: PythonDateTime): InfoValue {
  const { year, month, day } = date;
  const { hour, minute, second, microsecond } = time;
  return { kind: 'datetime', year, month, day, hour, minute, second, microsecond };
}

/** Lists in lists as the shape says; the value itself when there are no dimensions. */
function nested(values: readonly InfoValue[], shape: readonly number[]): InfoValue {
  if (values.length === 0) return [];
  const [length, ...inner] = shape;
  if (length === undefined) return values[0] ?? null;
  if (inner.length === 0) return values;
  const size = elementCount(inner);
  return Array.from({ length }, (_, index) => nested(values.slice(index * size, (index + 1) * size), inner));
}
