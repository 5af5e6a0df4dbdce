const ARRAY = 42; // *
const BULK_STRING = 36; // $
const SIMPLE_STRING = 43; // +
const INTEGER = 58; // :
const ERROR = 45; // -
const MINUS = 45;
const CR = 13;
const LF = 10;
const DIGIT_ZERO = 48;

/** Redis itself sends no string that is longer (`proto-max-bulk-len`). */
const LONGEST_STRING = 512 * 1024 * 1024;
/** More are not in any reply: whoever claims them is no Redis. */
const MOST_ITEMS = 2 ** 26;
const FIRST_TOKENS = 1024;

/** In place of the end of a string: the token is an array, and its other number says how many items it has. */
const IS_ARRAY = -1;
/** The token is a line, or an array or string that is null. */
const IS_OTHER = -2;

/**
 * Finds where a value of RESP2 ends, and where its strings stand, while it comes in pieces. Strings are jumped over:
 * what a value costs does not depend on how long they are.
 */
export class ReplyScanner {
  /** Two numbers a token: start and end of a string, or what {@link IS_ARRAY} and {@link IS_OTHER} say. */
  #tokens = new Int32Array(2 * FIRST_TOKENS);
  #count = 0;
  #position = 0;
  /** Values that are still to come. */
  #pending = 1;
  #wanted = 0;

  /** Begins with the value that stands at a position. */
  begin(position: number): void {
    this.#position = position;
    this.#count = 0;
    this.#pending = 1;
    this.#wanted = 0;
  }

  /** Behind what is known of the value. */
  get position(): number {
    return this.#position;
  }

  /** Up to where the next piece has to go at least, when a string has told its length. */
  get wanted(): number {
    return this.#wanted;
  }

  get tokens(): number {
    return this.#count;
  }

  /** Items of the array that a token is; undefined when it is none. */
  itemsOf(token: number): number | undefined {
    return token < this.#count && this.#tokens[2 * token + 1] === IS_ARRAY
      ? this.#tokens[2 * token]
      : undefined;
  }

  /** Where the string begins that a token is; -1 when it is none. */
  startOf(token: number): number {
    return this.isString(token) ? (this.#tokens[2 * token] ?? -1) : -1;
  }

  endOf(token: number): number {
    return this.isString(token) ? (this.#tokens[2 * token + 1] ?? -1) : -1;
  }

  isString(token: number): boolean {
    return token < this.#count && (this.#tokens[2 * token + 1] ?? -1) >= 0;
  }

  /**
   * Goes on as far as there are bytes.
   * @returns whether the value is whole
   * @throws RangeError when this is no RESP2
   */
  scan(bytes: Uint8Array, end: number): boolean {
    while (this.#pending > 0) {
      const lineEnd = lineEndOf(bytes, this.#position + 1, end);
      if (lineEnd < 0) return false;
      switch (bytes[this.#position]) {
        case BULK_STRING:
          if (!this.#takeString(bytes, lineEnd, end)) return false;
          break;
        case ARRAY:
          this.#takeArray(lengthIn(bytes, this.#position + 1, lineEnd, MOST_ITEMS), lineEnd);
          break;
        case SIMPLE_STRING:
        case INTEGER:
        case ERROR:
          this.#push(0, IS_OTHER);
          this.#position = lineEnd + 2;
          break;
        default:
          throw new RangeError('no value of RESP2');
      }
      this.#pending--;
    }
    return true;
  }

  #takeArray(items: number, lineEnd: number): void {
    const known = Math.max(0, items);
    this.#push(known, items < 0 ? IS_OTHER : IS_ARRAY);
    this.#pending += known;
    this.#position = lineEnd + 2;
  }

  #takeString(bytes: Uint8Array, lineEnd: number, end: number): boolean {
    const length = lengthIn(bytes, this.#position + 1, lineEnd, LONGEST_STRING);
    const start = lineEnd + 2;
    if (length < 0) {
      this.#push(0, IS_OTHER);
      this.#position = start;
      return true;
    }
    const next = start + length + 2;
    if (next > end) {
      this.#wanted = next;
      return false;
    }
    if (bytes[next - 2] !== CR || bytes[next - 1] !== LF) throw new RangeError('a string without an end');
    this.#push(start, start + length);
    this.#position = next;
    return true;
  }

  #push(a: number, b: number): void {
    if (2 * this.#count === this.#tokens.length) {
      const larger = new Int32Array(2 * this.#tokens.length);
      larger.set(this.#tokens);
      this.#tokens = larger;
    }
    this.#tokens[2 * this.#count] = a;
    this.#tokens[2 * this.#count + 1] = b;
    this.#count++;
  }
}

/** Where a line ends; -1 when that has not come. */
function lineEndOf(bytes: Uint8Array, from: number, end: number): number {
  // A loop: lines are a few bytes, and a call into Node costs more than that.
  for (let i = from; i + 1 < end; i++) {
    if (bytes[i] !== CR) continue;
    if (bytes[i + 1] !== LF) throw new RangeError('a line without an end');
    return i;
  }
  return -1;
}

/** The length that a line says; -1 for null. */
function lengthIn(bytes: Uint8Array, from: number, to: number, most: number): number {
  if (bytes[from] === MINUS) return -1;
  let length = 0;
  for (let i = from; i < to; i++) {
    const digit = (bytes[i] ?? 0) - DIGIT_ZERO;
    if (digit < 0 || digit > 9) throw new RangeError('a length that is no number');
    length = 10 * length + digit;
    if (length > most) throw new RangeError('a length that nothing has');
  }
  if (from === to) throw new RangeError('a value without a length');
  return length;
}
