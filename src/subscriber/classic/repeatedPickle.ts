import type { NumericArray } from '../../scan/index.js';

/** A longer frame of a pickle is nothing that BLISS sends. */
const LONGEST_FRAME_BYTES = 4096;

/**
 * Knows again a pickle of numbers that differs from one before in nothing but the numbers: one channel's events nearly all
 * do. The bytes around the numbers say all else, so that they need no decoding when they are the same.
 */
export class RepeatedPickle {
  #head: Buffer | undefined;
  #tail = Buffer.alloc(0);
  #bytes = 0;
  #like: Omit<NumericArray, 'bytes'> | undefined;

  /** The numbers of a pickle that is known but for them. */
  numbersIn(pickle: Buffer): NumericArray | undefined {
    const head = this.#head;
    const tail = this.#tail;
    if (head === undefined || this.#like === undefined || pickle.length !== this.#bytes) return undefined;
    const from = head.length;
    const to = pickle.length - tail.length;
    if (head.compare(pickle, 0, from) !== 0 || tail.compare(pickle, to) !== 0) return undefined;
    const { dtype, shape } = this.#like;
    return { dtype, shape, bytes: new Uint8Array(pickle.buffer, pickle.byteOffset + from, to - from) };
  }

  /** Remembers a pickle and the numbers that were found in it, if they stand there as they are. */
  learn(pickle: Buffer, { bytes, dtype, shape }: NumericArray): void {
    const from = bytes.byteOffset - pickle.byteOffset;
    const to = from + bytes.length;
    const isView = bytes.buffer === pickle.buffer && from >= 0 && to <= pickle.length && bytes.length > 0;
    if (!isView || pickle.length - bytes.length > LONGEST_FRAME_BYTES) return;
    this.#head = Buffer.from(pickle.subarray(0, from));
    this.#tail = Buffer.from(pickle.subarray(to));
    this.#bytes = pickle.length;
    this.#like = { dtype, shape };
  }
}
