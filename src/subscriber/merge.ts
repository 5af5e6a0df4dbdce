interface Offer<T> {
  readonly value: T;
  readonly taken: () => void;
}

/**
 * One stream of the values of many sources, to which sources can be added while it is read. A source is asked for its
 * next value only when the last one was taken, so that a slow reader slows all of them.
 */
export class Merge<T> implements AsyncIterableIterator<T> {
  readonly #offers: Offer<T>[] = [];
  #sources = 0;
  #failure: { error: unknown } | undefined;
  #isClosed = false;
  #wake: (() => void) | undefined;

  /** Adds a source; the merge ends when all its sources have ended, or throws what one of them throws. */
  add(source: AsyncIterable<T>): void {
    this.#sources++;
    this.#pump(source)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#sources--;
        this.#wake?.();
      });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      const offer = this.#offers.shift();
      if (offer !== undefined) {
        offer.taken();
        return { done: false, value: offer.value };
      }
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#sources === 0 || this.#isClosed) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Stops reading; sources that wait to be read go on and end. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#isClosed = true;
    for (const { taken } of this.#offers.splice(0)) taken();
    this.#wake?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  async #pump(source: AsyncIterable<T>): Promise<void> {
    for await (const value of source) {
      if (this.#isClosed) return;
      await new Promise<void>((resolve) => {
        this.#offers.push({ value, taken: resolve });
        this.#wake?.();
      });
    }
  }
}
