import { UnpickleError } from './errors.js';
import { asBuffer } from './expect.js';
import { decodeUtf8 } from './text.js';

const NEWLINE = 10;
/** Python's ints are bigints here, and most of them are small. */
const SMALL_INTEGERS: readonly bigint[] = Array.from({ length: 256 }, (_, integer) => BigInt(integer));

/** Reads the arguments of opcodes. Every length is checked against what is left before it is used. */
export class ByteReader {
  readonly #buffer: Buffer;
  /** Reads doubles quicker than Buffer does, but most pickles have none. */
  #view: DataView | undefined;
  offset = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = asBuffer(bytes);
  }

  /** Moves over `length` bytes that must be there, and returns where they start. */
  #take(length: number): number {
    const start = this.offset;
    if (length > this.#buffer.length - start) {
      throw new UnpickleError('truncated', 'it ends in the middle of a value', start);
    }
    this.offset = start + length;
    return start;
  }

  uint8(): number {
    const start = this.#take(1);
    return this.#buffer[start] ?? 0;
  }

  uint16(): number {
    return this.#buffer.readUInt16LE(this.#take(2));
  }

  int32(): number {
    return this.#buffer.readInt32LE(this.#take(4));
  }

  uint32(): number {
    return this.#buffer.readUInt32LE(this.#take(4));
  }

  /** A length of 4 bytes that is signed (BINSTRING, LONG4). */
  signedLength(): number {
    const length = this.int32();
    if (length < 0) throw new UnpickleError('number', 'a length is negative', this.offset - 4);
    return length;
  }

  /** A length of 8 bytes. What is over 2^53 loses digits, and is refused as beyond the end all the same. */
  length8(): number {
    const low = this.uint32();
    return this.uint32() * 2 ** 32 + low;
  }

  /** Protocols 1 and later write doubles big-endian. */
  float64(): number {
    this.#view ??= new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.byteLength);
    return this.#view.getFloat64(this.#take(8));
  }

  /** A view, no copy. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#buffer.subarray(start, start + length);
  }

  utf8(length: number): string {
    const start = this.#take(length);
    return decodeUtf8(this.#buffer, start, start + length);
  }

  latin1(length: number): string {
    const start = this.#take(length);
    return this.#buffer.toString('latin1', start, start + length);
  }

  /** Skips a frame's header; frames only help who reads from a file. */
  frame(): void {
    const length = this.length8();
    this.#take(length);
    this.offset -= length;
  }

  /** Up to the next newline, without it. */
  line(): string {
    const start = this.offset;
    const end = this.#buffer.indexOf(NEWLINE, start);
    if (end < 0) throw new UnpickleError('truncated', 'a line has no end', start);
    this.offset = end + 1;
    return this.#buffer.toString('latin1', start, end);
  }

  /** Two's complement, little-endian. */
  integer(length: number, maxBytes: number): bigint {
    if (length > maxBytes) throw new UnpickleError('limit', `an integer has ${length} bytes`, this.offset);
    const start = this.#take(length);
    if (length === 0) return 0n;
    if (length <= 6) return BigInt(this.#buffer.readIntLE(start, length));
    if (length === 8) return this.#buffer.readBigInt64LE(start);
    const digits = Buffer.from(this.#buffer.subarray(start, start + length))
      .reverse()
      .toString('hex');
    return BigInt.asIntN(8 * length, BigInt(`0x${digits}`));
  }
}

export function toBigInt(integer: number): bigint {
  return SMALL_INTEGERS[integer] ?? BigInt(integer);
}
