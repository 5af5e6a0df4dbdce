import type { AttributeContent } from '../writer/index.js';
import { elements, isNumericArray } from '../scan/index.js';
import type { DatasetView } from '../reading/index.js';
import type { Part } from './difference.js';
import type { UnequalValues } from './values/compareValues.js';
import { shown } from './values/texts.js';

/** `point 17 of 101 differs: 1.5 in A, 1.75 in B (3 points differ, by 0.25 at most)` */
export function valuesClause(part: Part, { place, shape, A, B, count, largest }: UnequalValues): string {
  const both = `${A} in A, ${B} in B`;
  if (shape.length === 0) return both;
  const [unit, units] = part === 'image' ? ['pixel', 'pixels'] : nounsOf(shape, part);
  const most = largest > 0 && Number.isFinite(largest) ? `, by ${String(largest)} at most` : '';
  const all = count === 1 ? `1 ${unit} differs` : `${count} ${units} differ${most}`;
  return `${placeWords(part, place, shape)} differs: ${both} (${all})`;
}

function nounsOf(shape: readonly number[], part: Part): [string, string] {
  return shape.length === 1 && isOfPoints(part) ? ['point', 'points'] : ['value', 'values'];
}

function isOfPoints(part: Part): boolean {
  return part === 'counter' || part === 'motor' || part === 'plot';
}

function placeWords(part: Part, place: readonly number[], shape: readonly number[]): string {
  const [index = 0, ...rest] = place;
  const of = `${index} of ${shape[0] ?? 0}`;
  if (part === 'image' && rest.length === 2) return `image ${of}, row ${rest[0]}, column ${rest[1]},`;
  if (part === 'spectrum' && rest.length === 1) return `point ${of}, channel ${rest[0]},`;
  if (shape.length === 1) return `${isOfPoints(part) ? 'point' : 'value'} ${of}`;
  return `value [${place.join(', ')}]`;
}

/** `12 points in A, 10 in B` */
export function shapeClause(part: Part, a: readonly number[] | null, b: readonly number[] | null): string {
  const [inA, inB] = [a, b].map((shape) => shapeWords(part, shape));
  return `${inA} in A, ${inB} in B`;
}

function shapeWords(part: Part, shape: readonly number[] | null): string {
  if (shape === null) return 'no place for a value';
  if (shape.length === 0) return 'a single value';
  if (shape.length > 1) return `shape ${shape.join(' x ')}`;
  const [noun, nouns] = nounsOf(shape, part);
  return `${shape.join()} ${shape[0] === 1 ? noun : nouns}`;
}

export function typeWords({ stored }: DatasetView): string {
  if (stored.kind === 'numbers') return stored.dtype;
  if (stored.kind === 'texts') return 'text';
  return stored.kind === 'bytes'
    ? `records of ${stored.bytes} bytes`
    : 'records of changing length, or references';
}

/** A unit is a word and needs no quotes. */
export function unitWords(content: AttributeContent): string {
  return typeof content === 'string' && content !== '' ? content : attributeWords(content);
}

/** A small attribute as it is shown; undefined is one that is not there. */
export function attributeWords(content: AttributeContent): string {
  if (content === undefined) return 'none';
  if (typeof content === 'string') return shown(content);
  if (typeof content === 'number') return String(content);
  const items = isNumericArray(content) ? elements(content).map(String) : content.map((text) => shown(text));
  return `[${items.slice(0, 10).join(', ')}${items.length > 10 ? ', ...' : ''}]`;
}

/** Whether two attributes say the same, numbers by their values. */
export function isSameAttribute(a: AttributeContent, b: AttributeContent): boolean {
  return comparable(a) === comparable(b);
}

function comparable(content: AttributeContent): string {
  if (isNumericArray(content)) {
    const values = elements(content).map((value) =>
      String(typeof value === 'boolean' ? Number(value) : value),
    );
    return content.shape.length === 0 ? values.join() : `[${values.join()}]`;
  }
  return typeof content === 'number' ? String(content) : JSON.stringify(content);
}
