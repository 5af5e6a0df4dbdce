import { elementCount, elements, isNumericArray, type NumericArray } from './dtype.js';

/**
 * What the publisher tells about a scan, a device or a channel, as plain data.
 * A Python int is a bigint and a float a number, so that 2 and 2.0 stay different in the file.
 */
export type InfoValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | InfoDateTime
  | NumericArray
  | InfoOpaque
  | readonly InfoValue[]
  | InfoDict;

/** Keys are text; a key that was something else is its Python-like text. The order is the publisher's. */
export type InfoDict = ReadonlyMap<string, InfoValue>;

/** A naive (zone-less) date and time, as Python's `datetime.datetime` without tzinfo. Fields as written: month 1-12. */
export interface InfoDateTime {
  readonly kind: 'datetime';
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
}

/** A value of a class we do not know: its name and whatever plain data it carried. */
export interface InfoOpaque {
  readonly kind: 'opaque';
  readonly className: string;
  readonly content: InfoValue;
}

export function isInfoDict(value: InfoValue | undefined): value is InfoDict {
  return value instanceof Map;
}

export function isInfoList(value: InfoValue | undefined): value is readonly InfoValue[] {
  return Array.isArray(value);
}

export function isInfoDateTime(value: InfoValue | undefined): value is InfoDateTime {
  return hasKind(value) && value.kind === 'datetime';
}

export function isInfoOpaque(value: InfoValue | undefined): value is InfoOpaque {
  return hasKind(value) && value.kind === 'opaque';
}

function hasKind(value: InfoValue | undefined): value is InfoDateTime | InfoOpaque {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

export const EMPTY_INFO: InfoDict = new Map();

/** The readers below never throw: what has another type than asked for counts as absent. */
export function textOf(value: InfoValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function booleanOf(value: InfoValue | undefined): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const number = isNumericArray(value) ? numberOf(value) : undefined;
  return number === undefined ? undefined : number !== 0;
}

/** Any real number, also a numpy scalar (`npoints` of every mesh is one, PROTOCOL 11.4). */
export function numberOf(value: InfoValue | undefined): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (isNumericArray(value) && elementCount(value.shape) === 1) {
    const element = elements(value)[0];
    return element === undefined || Array.isArray(element) ? undefined : Number(element);
  }
  return undefined;
}

export function integerOf(value: InfoValue | undefined): number | undefined {
  const number = numberOf(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

export function dictOf(value: InfoValue | undefined): InfoDict {
  return isInfoDict(value) ? value : EMPTY_INFO;
}

export function textsOf(value: InfoValue | undefined): string[] {
  return isInfoList(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Follows keys through nested dictionaries: `lookUp(info, 'nexuswriter', 'devices')`. */
export function lookUp(info: InfoDict, ...keys: readonly string[]): InfoValue | undefined {
  let value: InfoValue | undefined = info;
  for (const key of keys) {
    if (!isInfoDict(value)) return undefined;
    value = value.get(key);
  }
  return value;
}
