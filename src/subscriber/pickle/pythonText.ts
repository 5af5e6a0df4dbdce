import { isUtf8 } from 'node:buffer';
import { elementCount } from '../../scan/index.js';
import { asBuffer, latin1Text } from './expect.js';
import { isoText, offsetText } from './isoText.js';
import { NdArray } from './numpyArray.js';
import { elementsOf } from './numpyElements.js';
import type { PythonDate, PythonDateTime, PythonTime } from './python.js';
import {
  PythonComplex,
  PythonDtype,
  PythonGlobal,
  PythonObject,
  PythonTimeDelta,
  PythonTimeZone,
  PythonTuple,
  type PythonValue,
} from './python.js';

/** Characters of containers that are written before the rest becomes dots: parts can be shared a million times. */
const MAX_CHARACTERS = 2 ** 24;
const DOTS = '...';

/** Bytes as text: UTF-8, else Latin-1. */
export function decodeBytes(bytes: Uint8Array): string {
  return asBuffer(bytes).toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

/** A float as Python prints it: `2.0`, `1e+16`, `1e-05`, `nan`. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  const text = power < 0 ? value.toFixed(mantissa.replace(/[-.]/g, '').length - 1 - power) : String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** Writes values as Python's `str` does, for dictionary keys and the elements of object arrays. */
export class PythonText {
  #charactersLeft = MAX_CHARACTERS;
  /** What is being written, to stop at a value that holds itself. */
  readonly #open = new Set<PythonValue>();
  /** Bytes and arrays can be large and shared: each is read once. */
  readonly #contents = new Map<Uint8Array | NdArray, PythonValue | undefined>();

  /** As `str(value)`, but bytes are decoded. Parts over a limit are `...`, as is a value inside itself. */
  of(value: PythonValue): string {
    if (typeof value === 'string') return value;
    if (value instanceof Uint8Array) return this.#decode(value);
    const only = value instanceof NdArray && value.items === undefined ? this.#onlyElement(value) : undefined;
    if (typeof only === 'string') return only;
    if (only instanceof Uint8Array) return this.#decode(only);
    return this.#repr(value);
  }

  #decode(bytes: Uint8Array): string {
    const known = this.#contents.get(bytes);
    if (typeof known === 'string') return known;
    const text = decodeBytes(bytes);
    this.#contents.set(bytes, text);
    return text;
  }

  /** The element of an array that has one, as of every scalar. */
  #onlyElement(array: NdArray): PythonValue | undefined {
    if (elementCount(array.shape) !== 1) return undefined;
    const only = this.#contents.get(array) ?? elementsOf(array)[0];
    this.#contents.set(array, only);
    return only;
  }

  #repr(value: PythonValue): string {
    if (typeof value !== 'object' || value === null) return this.#spend(value);
    if (value instanceof Uint8Array) {
      return value.length > this.#charactersLeft ? DOTS : this.#spendText(`b${quoted(latin1Text(value))}`);
    }
    if (this.#open.has(value)) return DOTS;
    this.#open.add(value);
    const text = this.#reprOfObject(value);
    this.#open.delete(value);
    return text;
  }

  #spend(value: null | boolean | bigint | number | string): string {
    if (typeof value === 'string') {
      return value.length > this.#charactersLeft ? DOTS : this.#spendText(quoted(value));
    }
    if (value === null) return this.#spendText('None');
    if (typeof value === 'boolean') return this.#spendText(value ? 'True' : 'False');
    return this.#spendText(typeof value === 'number' ? floatText(value) : String(value));
  }

  #spendText(text: string): string {
    if (text.length > this.#charactersLeft) return DOTS;
    this.#charactersLeft -= text.length;
    return text;
  }

  #reprOfObject(value: Exclude<PythonValue, null | boolean | bigint | number | string | Uint8Array>): string {
    if (Array.isArray(value)) return `[${this.#list(value)}]`;
    if (value instanceof PythonTuple)
      return `(${this.#list(value.items)}${value.items.length === 1 ? ',' : ''})`;
    if (value instanceof Set) return value.size === 0 ? 'set()' : `{${this.#list([...value])}}`;
    if (value instanceof Map) {
      return `{${Array.from(value, ([key, item]) => `${this.#repr(key)}: ${this.#repr(item)}`).join(', ')}}`;
    }
    if (value instanceof PythonObject) return `${value.className}(${this.#list(value.args.items)})`;
    if (value instanceof NdArray) return this.#reprOfArray(value);
    return this.#spendText(plainText(value));
  }

  #list(values: readonly PythonValue[]): string {
    return values.map((value) => this.#repr(value)).join(', ');
  }

  /** One element is written as it is, of more only what they are. */
  #reprOfArray(array: NdArray): string {
    const only = this.#onlyElement(array);
    if (only !== undefined) return this.#repr(only);
    const { dtype, shape } = array;
    return this.#spendText(`array(shape=(${shape.join(', ')}), dtype=${dtype.str})`);
  }
}

function plainText(
  value:
    | PythonComplex
    | PythonDate
    | PythonDateTime
    | PythonDtype
    | PythonGlobal
    | PythonTime
    | PythonTimeDelta
    | PythonTimeZone,
): string {
  if (value instanceof PythonComplex) return complexText(value);
  if (value instanceof PythonDtype) return value.type.str;
  if (value instanceof PythonGlobal) return value.fullName;
  if (value instanceof PythonTimeDelta) return floatText(value.totalSeconds);
  if (value instanceof PythonTimeZone) return value.name ?? `UTC${offsetText(value)}`;
  return isoText(value);
}

function complexText({ re, im }: PythonComplex): string {
  const imaginary = `${withoutPoint(im)}j`;
  if (Object.is(re, 0)) return imaginary;
  return `(${withoutPoint(re)}${imaginary.startsWith('-') ? '' : '+'}${imaginary})`;
}

function withoutPoint(part: number): string {
  return floatText(part).replace(/\.0$/, '');
}

const ESCAPES: Readonly<Partial<Record<string, string>>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A Python literal. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\\u0000-\u001f\u007f-\u00a0]/g, (character) => {
    if (character === '\\') return '\\\\';
    return ESCAPES[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}
