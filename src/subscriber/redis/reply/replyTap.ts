import type { StreamEntries } from '../entries.js';
import { ReplyScanner } from './replyScanner.js';
import { streamsIn } from './streamsReply.js';

const ARRAY = 42; // *
const SMALLEST_BYTES = 64 * 1024;
/** Of one read; less would cost more reads than it saves memory. */
const LEAST_ROOM_BYTES = 16 * 1024;
/** What is made before it is known how long the next reply is. */
const MOST_AHEAD_BYTES = 16 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * Takes the entries of streams out of what Redis sends on a socket. In place of such a reply the client gets a number
 * for the entries; all else it gets as it is.
 *
 * The client would make a buffer of each name and each value. Here they cost nothing until somebody asks for them.
 */
export class ReplyTap {
  readonly #keep: (streams: StreamEntries[]) => number;
  readonly #passOn: (bytes: Buffer) => void;
  readonly #scanner = new ReplyScanner();
  #bytes = Buffer.allocUnsafeSlow(SMALLEST_BYTES);
  /** Where the value begins that is not whole yet, and the end of what has come. */
  #begin = 0;
  #end = 0;
  /** Entries that were given away stand in these bytes, which must not change any more. */
  #isShared = false;
  #nextBytes = SMALLEST_BYTES;
  #isNoRedis = false;

  /**
   * @param keep gives the number that the client gets for entries
   * @param passOn is given what the client is to read; nothing, when something has come that is not whole yet
   */
  constructor(keep: (streams: StreamEntries[]) => number, passOn: (bytes: Buffer) => void) {
    this.#keep = keep;
    this.#passOn = passOn;
  }

  /** Where the next bytes of the socket are to be put. */
  room(): Buffer {
    const rest = this.#end - this.#begin;
    const needed = Math.max(rest + LEAST_ROOM_BYTES, this.#scanner.wanted - this.#begin);
    const isEmpty = rest === 0 && this.#begin > 0;
    if (isEmpty || this.#begin + needed > this.#bytes.length) this.#move(rest, needed);
    return this.#bytes.subarray(this.#end);
  }

  /** Takes bytes that were put where {@link room} said. */
  took(count: number): void {
    this.#end += count;
    while (!this.#isNoRedis && this.#begin < this.#end && this.#isWhole()) this.#takeValue();
    if (this.#begin === this.#end) return;
    if (this.#isNoRedis) this.#passOnUpTo(this.#end);
    // Whoever waits for an answer sees that it comes.
    else this.#passOn(NOTHING);
  }

  #isWhole(): boolean {
    try {
      return this.#scanner.scan(this.#bytes, this.#end);
    } catch {
      // The client says what is wrong with it.
      this.#isNoRedis = true;
      return false;
    }
  }

  #takeValue(): void {
    const { position: next } = this.#scanner;
    const streams = this.#bytes[this.#begin] === ARRAY ? streamsIn(this.#bytes, this.#scanner) : undefined;
    this.#nextBytes = Math.max(
      SMALLEST_BYTES,
      Math.min(MOST_AHEAD_BYTES, Math.ceil(1.125 * (next - this.#begin))),
    );
    if (streams === undefined) {
      this.#passOnUpTo(next);
    } else {
      this.#isShared = true;
      this.#begin = next;
      this.#passOn(Buffer.from(`:${this.#keep(streams)}\r\n`));
    }
    this.#scanner.begin(this.#begin);
  }

  #passOnUpTo(next: number): void {
    const bytes = Buffer.from(this.#bytes.subarray(this.#begin, next));
    this.#begin = next;
    this.#passOn(bytes);
  }

  /** To the front of bytes that nobody else has. */
  #move(rest: number, needed: number): void {
    const size = Math.max(this.#nextBytes, needed, rest > 0 ? 2 * rest : 0);
    const bytes = this.#isShared || size !== this.#bytes.length ? Buffer.allocUnsafeSlow(size) : this.#bytes;
    this.#bytes.copy(bytes, 0, this.#begin, this.#end);
    this.#bytes = bytes;
    this.#begin = 0;
    this.#end = rest;
    this.#isShared = false;
    this.#scanner.begin(0);
  }
}
