import { expect } from 'vitest';
import { elementCount, elements, itemSize } from '../../../src/scan/index.js';
import type { ScanEvent, ScanEventOf, ScanEventType } from '../../../src/scan/index.js';
import { followScan, type RedisConnection } from '../../../src/subscriber/index.js';

export const NEVER = new AbortController().signal;

/** All events of a scan. */
export async function follow(
  connection: RedisConnection,
  dbName: string,
  { wait = false, signal = NEVER }: { wait?: boolean; signal?: AbortSignal } = {},
): Promise<ScanEvent[]> {
  const events = [];
  for await (const event of followScan(connection, dbName, { wait, signal })) events.push(event);
  return events;
}

export function eventsOf<T extends ScanEventType>(events: readonly ScanEvent[], type: T): ScanEventOf<T>[] {
  return events.filter((event): event is ScanEventOf<T> => event.type === type);
}

export function eventOf<T extends ScanEventType>(events: readonly ScanEvent[], type: T): ScanEventOf<T> {
  const [event, ...more] = eventsOf(events, type);
  if (event === undefined || more.length > 0) throw new Error(`${more.length + 1} events ${type}`);
  return event;
}

export interface LostPoints {
  readonly from: number;
  readonly to: number | undefined;
  readonly cause: string;
}

/** What came of one channel. */
export interface Received {
  readonly name: string;
  readonly devices: readonly string[];
  /** By index: the point's type and bytes, or its text; absent where it is lost. */
  readonly points: Map<number, string>;
  readonly lost: LostPoints[];
  total: number | undefined;
}

/**
 * The points of each channel by its node. Fails where chunks, records, members and gaps do not tile `[0, total)` in order,
 * or where the events of a channel stand outside its life.
 */
export function receivedOf(events: readonly ScanEvent[]): Map<string, Received> {
  const channels = new Map<string, Received>();
  const next = new Map<string, number>();
  for (const event of events) {
    if (!('channel' in event)) continue;
    const { id, name, devices } = event.channel;
    if (event.type === 'channelAdded') {
      expect(channels.has(id), `${id} is added once`).toBe(false);
      channels.set(id, { name, devices, points: new Map(), lost: [], total: undefined });
      next.set(id, 0);
      continue;
    }
    const channel = channels.get(id);
    if (channel === undefined) throw new Error(`${event.type} of ${id} before it was added`);
    expect(channel.total, `${event.type} of ${id} after its end`).toBeUndefined();
    if (event.type === 'images') continue;
    if (event.type === 'channelEnded') {
      if (event.channel.kind !== 'images') expect(event.total, `total of ${id}`).toBe(next.get(id));
      channel.total = event.total;
      continue;
    }
    if (event.type === 'gap') {
      const { from, to, cause } = event;
      if (event.channel.kind !== 'images') expect(from, `gap of ${id}`).toBe(next.get(id));
      if (to !== undefined) expect(to).toBeGreaterThan(from);
      channel.lost.push({ from, to, cause });
      next.set(id, to ?? from);
      continue;
    }
    const first = event.type === 'memberScan' ? event.index : event.firstIndex;
    expect(first, `${event.type} of ${id}`).toBe(next.get(id));
    const points = textPoints(event);
    expect(points.length).toBeGreaterThan(0);
    points.forEach((point, index) => channel.points.set(first + index, point));
    next.set(id, first + points.length);
  }
  return channels;
}

function textPoints(event: ScanEventOf<'chunk' | 'records' | 'memberScan'>): string[] {
  if (event.type === 'memberScan') return [event.member];
  if (event.type === 'records') return [...event.values];
  return slices(event);
}

/** Each point of a block as its type, shape and bytes. */
export function slices(block: Pick<ScanEventOf<'chunk'>, 'count' | 'dtype' | 'shape' | 'bytes'>): string[] {
  const size = elementCount(block.shape) * itemSize(block.dtype);
  expect(block.bytes.byteLength).toBe(size * block.count);
  const buffer = Buffer.from(block.bytes);
  return Array.from({ length: block.count }, (_, i) => {
    const point = buffer.subarray(i * size, (i + 1) * size).toString('hex');
    return `${block.dtype}[${block.shape.join()}] ${point}`;
  });
}

/** The numbers of a channel that publishes doubles. */
export function numbersOf(events: readonly ScanEvent[], name: string): number[] {
  return eventsOf(events, 'chunk')
    .filter(({ channel }) => channel.name === name)
    .flatMap((chunk) => elements(chunk).map(Number));
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Gaps as plain data. */
export function gapsOf(events: readonly ScanEvent[]): (LostPoints & { name: string })[] {
  return eventsOf(events, 'gap').map(({ channel, from, to, cause }) => ({
    name: channel.name,
    from,
    to,
    cause,
  }));
}
