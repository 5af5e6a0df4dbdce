/**
 * Bytes that may be in memory between Redis and disk, shared by all scans (DESIGN, "A chunk's way"). Whoever reads
 * waits here when the disk is slower: Redis then is the buffer. First come, first served.
 */
export class ByteBudget {
  readonly limit: number;
  #used = 0;
  readonly #waiting: { bytes: number; admit: () => void }[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /**
   * Waits until `bytes` fit, and takes them. What is larger than the whole budget is let in alone, so that it cannot
   * wait for ever.
   * @returns false when aborted; nothing is taken then
   */
  async reserve(bytes: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#used += bytes;
      return true;
    }
    return new Promise((resolve) => {
      const waiter = {
        bytes,
        admit: () => {
          signal.removeEventListener('abort', leave);
          this.#used += bytes;
          resolve(true);
        },
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        resolve(false);
        this.#admitWaiting();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiter);
    });
  }

  release(bytes: number): void {
    this.#used -= bytes;
    this.#admitWaiting();
  }

  #fits(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= this.limit;
  }

  #admitWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      next.admit();
    }
  }
}
