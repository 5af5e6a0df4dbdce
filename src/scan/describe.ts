import { elements, isNumericArray, type NumericArray } from './dtype.js';
import {
  isInfoDateTime,
  isInfoDict,
  isInfoList,
  isInfoOpaque,
  type InfoDateTime,
  type InfoValue,
} from './info.js';

/**
 * Any value as one line of text, for what has no place of its own in a file: mixed lists, objects. As Python's `str`
 * writes it where it can, since that is how users know it.
 */
export function describe(value: InfoValue): string {
  if (value === null) return 'None';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return floatText(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (isInfoDateTime(value)) return isoDateTime(value);
  if (isInfoOpaque(value))
    return `${value.className}(${value.content === null ? '' : describeInside(value.content)})`;
  if (isNumericArray(value)) return describeArray(value);
  if (isInfoDict(value))
    return `{${[...value].map(([key, item]) => `${quoted(key)}: ${describeInside(item)}`).join(', ')}}`;
  if (isInfoList(value)) return `[${value.map(describeInside).join(', ')}]`;
  return '';
}

/** Text has quotes inside of lists and dictionaries, so that it can be told from numbers. */
function describeInside(value: InfoValue): string {
  return typeof value === 'string' ? quoted(value) : describe(value);
}

function quoted(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return text.includes("'") && !text.includes('"') ? `"${escaped}"` : `'${escaped.replaceAll("'", "\\'")}'`;
}

/** Python writes a float that is whole with `.0`, and has exponents of two digits at least from 1e16 on. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  if (size >= 1e16 || (size < 1e-4 && size > 0)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return Number.isInteger(value) ? `${Object.is(value, -0) ? '-0' : value}.0` : String(value);
}

function isoDateTime(time: InfoDateTime): string {
  const pad = (n: number, width = 2): string => String(n).padStart(width, '0');
  const day = `${pad(time.year, 4)}-${pad(time.month)}-${pad(time.day)}`;
  return `${day}T${pad(time.hour)}:${pad(time.minute)}:${pad(time.second)}.${pad(time.microsecond, 6)}`;
}

function describeArray(array: NumericArray): string {
  const texts = elements(array).map((element) =>
    Array.isArray(element) ? element.join('+i') : String(element),
  );
  return array.shape.length === 0 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}
