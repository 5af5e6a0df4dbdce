/** Buffers are multiples of this, so that one is large enough for most flushes like that for which it was made. */
const STEP_BYTES = 64 * 1024;

/**
 * Buffers that go to a thread with points and come back empty: memory that the system has to find first costs several
 * times as much to fill.
 */
export class BufferPool {
  /** Most bytes that are kept. */
  readonly #limit: number;
  /** The smallest first. */
  readonly #free: ArrayBuffer[] = [];
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** At least `bytes` long, with anything in it. */
  take(bytes: number): ArrayBuffer {
    const fitting = this.#free.find((buffer) => buffer.byteLength >= bytes);
    if (fitting === undefined) return new ArrayBuffer(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES);
    this.#free.splice(this.#free.indexOf(fitting), 1);
    this.#bytes -= fitting.byteLength;
    return fitting;
  }

  /** Nobody uses it any more. The smallest are let go when it is too many. */
  giveBack(buffer: ArrayBuffer): void {
    if (buffer.byteLength === 0 || buffer.byteLength > this.#limit) return;
    this.#free.push(buffer);
    this.#free.sort((a, b) => a.byteLength - b.byteLength);
    this.#bytes += buffer.byteLength;
    while (this.#bytes > this.#limit) this.#bytes -= this.#free.shift()?.byteLength ?? 0;
  }
}
