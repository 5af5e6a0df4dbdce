/** Chunks of less are copied together: one by one they would take many times their size, and keep the replies they are in. */
const SMALL_BYTES = 4 * 1024;
const FIRST_BYTES = 512;
const MOST_BYTES = 64 * 1024;

/** Points that follow each other: small chunks in one piece of memory, or a large one as it came. */
export class Part {
  readonly #grows: boolean;
  #count: number;
  #reserved: number;
  #memory: Uint8Array;
  #used: number;

  /** @param reserved bytes of the budget */
  constructor(count: number, bytes: Uint8Array, reserved: number) {
    this.#count = count;
    this.#reserved = reserved;
    this.#used = bytes.length;
    this.#grows = bytes.length < SMALL_BYTES;
    this.#memory = this.#grows ? withRoom(bytes, FIRST_BYTES) : bytes;
  }

  get count(): number {
    return this.#count;
  }

  get reserved(): number {
    return this.#reserved;
  }

  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#used);
  }

  get size(): number {
    return this.#used;
  }

  /** Adds a chunk behind it. @returns false when that wants a part of its own */
  add(count: number, bytes: Uint8Array, reserved: number): boolean {
    const end = this.#used + bytes.length;
    if (!this.#grows || bytes.length >= SMALL_BYTES || end > MOST_BYTES) return false;
    if (end > this.#memory.length) this.#memory = withRoom(this.bytes, Math.min(MOST_BYTES, 2 * end));
    this.#memory.set(bytes, this.#used);
    this.#used = end;
    this.#count += count;
    this.#reserved += reserved;
    return true;
  }
}

function withRoom(bytes: Uint8Array, size: number): Uint8Array {
  const memory = new Uint8Array(Math.max(size, bytes.length));
  memory.set(bytes);
  return memory;
}
