import {
  describe,
  elementCount,
  isInfoDict,
  isInfoList,
  itemSize,
  messageOf,
  sameItems,
  type DType,
} from '../../scan/index.js';
import { toInfo, toPointData, unpickle, type PointData, type PythonValue } from '../pickle/index.js';
import { fieldOf, type StreamEntry } from '../redis/index.js';
import { decodeInfo } from './nodes.js';

/** The points of one CHANNELDATA event (PROTOCOL 5.1). */
export type Points =
  | NumberPoints
  | { readonly kind: 'texts'; readonly count: number; readonly values: readonly string[] }
  | { readonly kind: 'unusable'; readonly claimed: number | undefined; readonly cause: string };

export interface NumberPoints {
  readonly kind: 'numbers';
  readonly count: number;
  readonly dtype: DType;
  /** Of one point. */
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const CHANNEL_DATA = Buffer.from('CHANNELDATA');

/** Streams are made by adding and deleting this entry (PROTOCOL 4.1). */
const CREATION = '0-1';
const SEQUENCE = '-0';
const DIGIT_ZERO = 48;

export function isCreation(id: string): boolean {
  return id === CREATION;
}

/** Ids of data streams are 1 + the index of the first point, sequence 0 (PROTOCOL 4.2); undefined for any other id. */
export function firstIndexOf(id: string): number | undefined {
  if (!id.endsWith(SEQUENCE)) return undefined;
  // By hand: a regular expression would take a twentieth of all the time that reading single points takes.
  let position = 0;
  for (let i = 0; i < id.length - SEQUENCE.length; i++) {
    const digit = id.charCodeAt(i) - DIGIT_ZERO;
    if (digit < 0 || digit > 9) return undefined;
    position = 10 * position + digit;
  }
  // Beyond 2^53 the number would be rounded to that of another point.
  return Number.isSafeInteger(position) && position > 0 ? position - 1 : undefined;
}

/** @param dimensions of one point, as {@link PointDimensions} gives them; undefined when the event does not say */
export function decodePoints(entry: StreamEntry, dimensions?: number): Points {
  const claimed = claimedPoints(entry);
  const event = fieldOf(entry, '__EVENT__');
  if (event?.equals(CHANNEL_DATA) !== true) {
    const type = JSON.stringify(event?.toString('latin1') ?? '');
    return unusable(claimed, `an event of unknown type ${type}`);
  }
  if (claimed === undefined) return unusable(claimed, 'an event without a valid number of points');
  const pickle = fieldOf(entry, '__DATA__');
  if (pickle === undefined) return unusable(claimed, 'an event without data');
  try {
    const value = unpickle(pickle);
    const data = toPointData(value);
    return data === undefined ? objectPoints(value, claimed) : pointsOf(data, claimed, dimensions);
  } catch (error) {
    return unusable(claimed, `an event that cannot be decoded: ${messageOf(error)}`);
  }
}

function pointsOf(data: PointData, count: number, dimensions: number | undefined): Points {
  const shape = data.kind === 'numbers' ? data.array.shape : data.shape;
  // A single point comes without a leading dimension.
  const pointShape = count === 1 ? shape : shape.slice(1);
  if ((count > 1 && shape[0] !== count) || (dimensions ?? pointShape.length) !== pointShape.length) {
    const points = `${count} ${count === 1 ? 'point' : 'points'}`;
    return unusable(count, `an event of ${points} whose data have shape (${shape.join(', ')})`);
  }
  if (data.kind === 'numbers') {
    const { dtype, bytes } = data.array;
    return { kind: 'numbers', count, dtype, shape: pointShape, bytes };
  }
  return { kind: 'texts', count, values: textPoints(data.values, count, elementCount(pointShape)) };
}

/** Objects that are neither numbers nor text (a dictionary an event) are kept as text (DESIGN decision 11). */
function objectPoints(value: PythonValue, count: number): Points {
  const info = toInfo(value);
  const objects = count === 1 ? [info] : info;
  if (!isInfoList(objects) || objects.length !== count)
    return unusable(count, 'an event whose data are no points');
  return { kind: 'texts', count, values: objects.map(describe) };
}

/** A point that is itself a list of texts is kept as one JSON list. */
function textPoints(values: readonly string[], count: number, each: number): string[] {
  if (each === 1) return [...values];
  return Array.from({ length: count }, (_, i) => JSON.stringify(values.slice(i * each, (i + 1) * each)));
}

/** Dimensions of a point by the event's own description, which is the same text of bytes in nearly all of a channel's events. */
export class PointDimensions {
  #pickle: Buffer | undefined;
  #dimensions: number | undefined;

  /** Undefined when the event does not say: then its data are taken as they are. */
  of(entry: StreamEntry): number | undefined {
    const pickle = fieldOf(entry, '__DESC__');
    if (pickle === undefined) return undefined;
    if (this.#pickle?.equals(pickle) !== true) {
      const description = decodeInfo(pickle);
      const shape = isInfoDict(description) ? description.get('shape') : undefined;
      this.#dimensions = isInfoList(shape) ? shape.length : undefined;
      this.#pickle = Buffer.from(pickle);
    }
    return this.#dimensions;
  }
}

function claimedPoints(entry: StreamEntry): number | undefined {
  const text = fieldOf(entry, '__NPOINTS__')?.toString('latin1') ?? '';
  const count = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  return count > 0 ? count : undefined;
}

function unusable(claimed: number | undefined, cause: string): Points {
  return { kind: 'unusable', claimed, cause };
}

/** Points without their first `skip`, which were there before. */
export function withoutFirst(points: Exclude<Points, { kind: 'unusable' }>, skip: number): typeof points {
  if (skip === 0) return points;
  const count = points.count - skip;
  if (points.kind === 'texts') return { ...points, count, values: points.values.slice(skip) };
  const pointBytes = elementCount(points.shape) * itemSize(points.dtype);
  return { ...points, count, bytes: points.bytes.subarray(skip * pointBytes) };
}

/** Joining copies: from this size on that costs more than handing on one more event. */
const LARGE_BYTES = 16 * 1024;

/** Whether the second block continues the first with points of the same kind, and it is worth while to make one of them. */
export function canJoin(a: Points, b: Points): boolean {
  if (a.kind === 'texts') return b.kind === 'texts';
  if (a.kind !== 'numbers' || b.kind !== 'numbers') return false;
  if (a.bytes.length >= LARGE_BYTES) return false;
  return a.dtype === b.dtype && sameItems(a.shape, b.shape);
}

/** One block of several that {@link canJoin}. */
export function joinPoints(blocks: readonly Points[]): Points {
  const [first] = blocks;
  if (blocks.length === 1 && first) return first.kind === 'numbers' ? withOwnBytes(first) : first;
  const numbers = blocks.filter((block): block is NumberPoints => block.kind === 'numbers');
  const head = numbers[0];
  if (head === undefined) {
    const values = blocks.flatMap((block) => (block.kind === 'texts' ? block.values : []));
    return { kind: 'texts', count: values.length, values };
  }
  const bytes = new Uint8Array(numbers.reduce((sum, block) => sum + block.bytes.byteLength, 0));
  let offset = 0;
  let count = 0;
  for (const block of numbers) {
    bytes.set(block.bytes, offset);
    offset += block.bytes.byteLength;
    count += block.count;
  }
  return { ...head, count, bytes };
}

/** Few bytes of a reply would keep all of it in memory. */
function withOwnBytes(points: NumberPoints): NumberPoints {
  return points.bytes.length < LARGE_BYTES ? { ...points, bytes: new Uint8Array(points.bytes) } : points;
}
