/**
 * Memory that a searching thread shares with the one that watches it: what it is at can be seen also when it never
 * comes back.
 */
export interface SharedBoard {
  readonly numbers: SharedArrayBuffer;
  readonly bytes: SharedArrayBuffer;
}

/** Longer than any recorded pickle with the ends of four others. */
const MOST_BYTES = 4 * 1024 * 1024;
const [RUNS, DECODED, BATCH, LENGTH] = [0, 1, 2, 3] as const;
/** Length of the pickle while there is none. */
const NONE = -1n;

export class ProgressBoard {
  readonly shared: SharedBoard;
  readonly #numbers: BigInt64Array;
  readonly #bytes: Uint8Array;

  constructor(shared?: SharedBoard) {
    this.shared = shared ?? {
      numbers: new SharedArrayBuffer(4 * BigInt64Array.BYTES_PER_ELEMENT),
      bytes: new SharedArrayBuffer(MOST_BYTES),
    };
    this.#numbers = new BigInt64Array(this.shared.numbers);
    this.#bytes = new Uint8Array(this.shared.bytes);
    if (shared === undefined) Atomics.store(this.#numbers, LENGTH, NONE);
  }

  /** Called before a pickle is decoded. */
  begin(batch: number, pickle: Uint8Array): void {
    this.#bytes.set(pickle);
    Atomics.store(this.#numbers, BATCH, BigInt(batch));
    Atomics.store(this.#numbers, LENGTH, BigInt(pickle.byteLength));
  }

  /** Called when it was decoded, or refused on purpose. */
  end(isDecoded: boolean): void {
    Atomics.store(this.#numbers, LENGTH, NONE);
    if (isDecoded) Atomics.add(this.#numbers, DECODED, 1n);
    Atomics.add(this.#numbers, RUNS, 1n);
  }

  /** Pickles that were tried. */
  get runs(): number {
    return Number(Atomics.load(this.#numbers, RUNS));
  }

  /** Pickles that had a value in spite of their mistakes. */
  get decoded(): number {
    return Number(Atomics.load(this.#numbers, DECODED));
  }

  get batch(): number {
    return Number(Atomics.load(this.#numbers, BATCH));
  }

  /** The pickle that is being decoded; undefined between two. */
  get pickle(): Buffer | undefined {
    const length = Number(Atomics.load(this.#numbers, LENGTH));
    return length < 0 ? undefined : Buffer.from(this.#bytes.slice(0, length));
  }
}
