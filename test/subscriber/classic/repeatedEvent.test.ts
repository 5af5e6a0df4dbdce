import { describe, expect, it } from 'vitest';
import { decodePoints, type NumberPoints } from '../../../src/subscriber/classic/points.js';
import { RepeatedEvent } from '../../../src/subscriber/classic/repeatedEvent.js';
import type { StreamEntry } from '../../../src/subscriber/redis/index.js';
import { RepliedEntry } from '../../../src/subscriber/redis/reply/index.js';
import { picklesOf } from '../pickle/recordedPickles.js';

/** An event as Redis sends it, somewhere in a reply. */
function eventOf(index: number, pickle: Buffer, points = 1, description = 'desc'): RepliedEntry {
  const fields = [
    '__EVENT__',
    'CHANNELDATA',
    '__NPOINTS__',
    String(points),
    '__DESC__',
    description,
    '__DATA__',
  ];
  const bulk = (value: Buffer): Buffer[] => [Buffer.from(`$${value.length}\r\n`), value, Buffer.from('\r\n')];
  const before = Buffer.from(`*1\r\n*2\r\n$1\r\nk\r\n*1\r\n*2\r\n$${`${index + 1}-0`.length}\r\n`);
  const id = Buffer.from(`${index + 1}-0`);
  const parts = [
    before,
    id,
    Buffer.from('\r\n*8\r\n'),
    ...fields.flatMap((field) => bulk(Buffer.from(field))),
  ];
  const bytes = Buffer.concat([...parts, ...bulk(pickle)]);
  return new RepliedEntry(bytes, before.length, before.length + id.length, bytes.length - 2);
}

/** Pickles of the points of a recording, by the key of their stream. */
function pointPickles(recording: string): Map<unknown, Buffer[]> {
  const points = [...picklesOf(recording)].filter(({ field }) => field === '__DATA__');
  return new Map(
    points.map(({ key }) => [key, points.filter((other) => other.key === key).map(({ pickle }) => pickle)]),
  );
}

function numbersOf(entry: StreamEntry): NumberPoints | undefined {
  const points = decodePoints(entry);
  return points.kind === 'numbers' ? points : undefined;
}

/** A single float64, and where its eight bytes stand. */
function singlePoint(): { pickle: Buffer; event: RepliedEntry; points: NumberPoints; start: number } {
  for (const pickle of [...pointPickles('ascan').values()].flat()) {
    const event = eventOf(0, pickle);
    const points = numbersOf(event);
    if (points?.bytes.length !== 8) continue;
    return { pickle, event, points, start: points.bytes.byteOffset - event.bytes.byteOffset };
  }
  throw new Error('the recording has no single number');
}

describe('an event that differs from one before in its numbers only', () => {
  it.each(['ascan', 'mca', 'loopscan_protocol4', 'dtypes_plain', 'amesh'])(
    'gives what decoding gives, in %s',
    (name) => {
      let known = 0;
      for (const pickles of pointPickles(name).values()) {
        const repeated = new RepeatedEvent();
        for (const [index, pickle] of pickles.entries()) {
          const event = eventOf(7 * index, pickle);
          const expected = numbersOf(event);
          const found = repeated.pointsIn(event);
          if (found !== undefined) {
            known++;
            const { count, dtype, shape } = found;
            expect(expected).toMatchObject({ count, dtype, shape });
            expect(Buffer.compare(found.bytes, expected?.bytes ?? new Uint8Array())).toBe(0);
          } else if (expected !== undefined) repeated.learn(event, expected);
        }
      }
      expect(known).toBeGreaterThan(10);
    },
  );

  it('is not known when any other byte behind its id differs, or its length', () => {
    const { pickle, event, points, start } = singlePoint();
    const repeated = new RepeatedEvent();
    repeated.learn(event, points);
    for (let place = event.from; place < event.to; place++) {
      const bytes = Buffer.from(event.bytes);
      bytes[place] = (bytes[place] ?? 0) ^ 1;
      const changed = new RepliedEntry(bytes, event.from - 3, event.from, event.to);
      const isNumber = place >= start && place < start + 8;
      expect(repeated.pointsIn(changed) !== undefined, String(place)).toBe(isNumber);
    }
    expect(repeated.pointsIn(eventOf(12_345, pickle))).toMatchObject({ count: 1, dtype: 'float64' });
    expect(repeated.pointsIn(eventOf(0, pickle.subarray(1)))).toBeUndefined();
    expect(repeated.pointsIn(eventOf(0, pickle, 2))).toBeUndefined();
    expect(repeated.pointsIn(eventOf(0, pickle, 1, 'Desc'))).toBeUndefined();
  });

  it('is not remembered when its numbers do not stand in it as they are', () => {
    const { event, points } = singlePoint();
    const elsewhere = new Uint8Array(event.bytes.buffer, event.bytes.byteOffset, 8);
    // As far into bytes of their own as the numbers are into those of the reply.
    const { byteOffset } = points.bytes;
    const copied = new Uint8Array(new ArrayBuffer(byteOffset + 8), byteOffset, 8);
    const empty = new Uint8Array(event.bytes.buffer, byteOffset, 0);
    for (const bytes of [copied, empty, elsewhere]) {
      const repeated = new RepeatedEvent();
      repeated.learn(event, { ...points, bytes });
      expect(repeated.pointsIn(event)).toBeUndefined();
    }
  });

  it('is not known where ioredis has taken the reply apart', () => {
    const { event, points } = singlePoint();
    const repeated = new RepeatedEvent();
    const plain = { id: event.id, fields: event.fields };
    repeated.learn(plain, points);
    expect(repeated.pointsIn(event)).toBeUndefined();
    repeated.learn(event, points);
    expect(repeated.pointsIn(plain)).toBeUndefined();
  });
});
