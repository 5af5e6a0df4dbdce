import { RepliedEntry, type StreamEntry } from '../redis/index.js';
import type { NumberPoints } from './points.js';

/** More than this around the numbers is nothing that BLISS sends. */
const LONGEST_FRAME_BYTES = 4096;

/**
 * Knows again an event that differs from one before in nothing but its id and its numbers: one channel's events nearly
 * all do. The bytes around the numbers say all else, so that they need no decoding when they are the same.
 */
export class RepeatedEvent {
  #head: Buffer | undefined;
  #tail = Buffer.alloc(0);
  #size = 0;
  #like: Omit<NumberPoints, 'bytes'> | undefined;

  /** The points of an event that is known but for its numbers. */
  pointsIn(entry: StreamEntry): NumberPoints | undefined {
    const head = this.#head;
    const tail = this.#tail;
    if (!(entry instanceof RepliedEntry) || head === undefined || this.#like === undefined) return undefined;
    const { bytes, from, to } = entry;
    if (to - from !== this.#size) return undefined;
    const start = from + head.length;
    const end = to - tail.length;
    if (head.compare(bytes, from, start) !== 0 || tail.compare(bytes, end, to) !== 0) return undefined;
    const { kind, count, dtype, shape } = this.#like;
    return {
      kind,
      count,
      dtype,
      shape,
      bytes: new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start),
    };
  }

  /** Remembers an event and the points that were found in it, if their numbers stand there as they are. */
  learn(entry: StreamEntry, { kind, count, dtype, shape, bytes: numbers }: NumberPoints): void {
    if (!(entry instanceof RepliedEntry) || numbers.length === 0) return;
    const { bytes, from, to } = entry;
    const start = numbers.byteOffset - bytes.byteOffset;
    const end = start + numbers.length;
    if (numbers.buffer !== bytes.buffer || start < from || end > to) return;
    if (to - from - numbers.length > LONGEST_FRAME_BYTES) return;
    this.#head = Buffer.from(bytes.subarray(from, start));
    this.#tail = Buffer.from(bytes.subarray(end, to));
    this.#size = to - from;
    this.#like = { kind, count, dtype, shape };
  }
}
