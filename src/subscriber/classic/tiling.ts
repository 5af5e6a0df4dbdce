/**
 * Keeps the order of a channel's points: events come with the index of their first point, and together with the gaps
 * they must tile `[0, total)` (DESIGN decision 2). Pure book-keeping.
 */
export class Tiling {
  #next = 0;
  /** Points that were announced by an entry which could not be used; the next entry tells how many they really were. */
  #unusable: { cause: string; claimed: number | undefined } | undefined;

  /** Index of the next point that is expected. */
  get next(): number {
    return this.#next;
  }

  /**
   * Places points `[first, first + count)`.
   * @returns how many of them at the front were there before, and the gap in front of them, if any
   */
  place(first: number, count: number): { skip: number; gap: TilingGap | undefined } {
    const gap = first > this.#next ? { from: this.#next, to: first, cause: this.#gapCause() } : undefined;
    this.#unusable = undefined;
    const skip = Math.min(count, Math.max(0, this.#next - first));
    this.#next = Math.max(this.#next, first + count);
    return { skip, gap };
  }

  /** An entry at `first` that cannot be used. Its claimed number of points is believed only when nothing follows. */
  markUnusable(first: number, claimed: number | undefined, cause: string): void {
    if (first < this.#next) return;
    this.#unusable ??= { cause, claimed: claimed === undefined ? undefined : first + claimed };
  }

  /**
   * Closes the channel.
   * @param lastStart index of the first point of the last entry that was ever added, -1 when none, undefined when unknown
   * @returns the points at the end that are lost
   */
  close(lastStart: number | undefined): TilingGap | undefined {
    const from = this.#next;
    if (lastStart === undefined) return { from, to: undefined, cause: GONE };
    const to = Math.max(this.#unusable?.claimed ?? 0, lastStart + 1);
    if (to <= from) return undefined;
    const cause = this.#gapCause();
    this.#next = to;
    return { from, to, cause };
  }

  #gapCause(): string {
    return this.#unusable?.cause ?? TRIMMED;
  }
}

export interface TilingGap {
  readonly from: number;
  readonly to: number | undefined;
  readonly cause: string;
}

const TRIMMED = 'trimmed from Redis before it was read';
const GONE = 'the stream is gone from Redis';
