import { elements, isNumericArray, type NumericArray } from './dtype.js';
import {
  isInfoDateTime,
  isInfoDict,
  isInfoList,
  isInfoOpaque,
  type InfoDateTime,
  type InfoValue,
} from './info.js';

/** Any value as one line of text, for what has no place of its own in a file: mixed lists, objects. */
export function describe(value: InfoValue): string {
  if (value === null) return 'None';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (isInfoDateTime(value)) return isoDateTime(value);
  if (isInfoOpaque(value))
    return `${value.className}(${value.content === null ? '' : describe(value.content)})`;
  if (isNumericArray(value)) return describeArray(value);
  if (isInfoDict(value))
    return `{${[...value].map(([key, item]) => `${key}: ${describe(item)}`).join(', ')}}`;
  if (isInfoList(value)) return `[${value.map(describe).join(', ')}]`;
  return '';
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
