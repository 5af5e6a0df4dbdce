/**
 * Further than this behind the points before it no point can be: at a million points a second it is half an hour that
 * nobody read. Such an index is a mistake, and who believed it would make room for all the points in between.
 */
const MOST_LOST = 2 ** 31;

/**
 * Keeps the order of a channel's points: events come with the index of their first point, and together with the gaps
 * they must tile `[0, total)` (DESIGN decision 2). Pure book-keeping.
 */
export class Tiling {
  #next: number;
  /** The first entry that could not be used since the last one that could. */
  #unusable: { cause: string; to: number | undefined } | undefined;

  /** @param next index of the first point that is wanted: those before are not missed */
  constructor(next = 0) {
    this.#next = next;
  }

  /** Index of the next point that is expected. */
  get next(): number {
    return this.#next;
  }

  /**
   * Places points `[first, first + count)`. Those with an implausible index are to be skipped, and named in the gap at
   * the channel's end.
   * @returns how many of them at the front were there before, and the gap in front of them, if any
   */
  place(first: number, count: number): { skip: number; gap: TilingGap | undefined } {
    if (!this.#isPlausible(first, count)) {
      this.markUnusable(first, undefined, IMPLAUSIBLE(first));
      return { skip: count, gap: undefined };
    }
    const gap = first > this.#next ? { from: this.#next, to: first, cause: this.#gapCause() } : undefined;
    const skip = Math.min(count, Math.max(0, this.#next - first));
    // What was there before says nothing about an entry that could not be used.
    if (skip < count) this.#unusable = undefined;
    this.#next = Math.max(this.#next, first + count);
    return { skip, gap };
  }

  /**
   * An entry that cannot be used. Its claimed number of points is believed only when nothing follows.
   * @param first undefined when its id is no index
   */
  markUnusable(first: number | undefined, claimed: number | undefined, cause: string): void {
    if (first !== undefined && first < this.#next) return;
    const isKnown = first !== undefined && this.#isPlausible(first, 1);
    const count = isKnown && claimed !== undefined && this.#isPlausible(first, claimed) ? claimed : 1;
    const to = isKnown ? first + count : undefined;
    if (this.#unusable === undefined) this.#unusable = { cause, to };
    else if (to !== undefined) this.#unusable.to = Math.max(to, this.#unusable.to ?? 0);
  }

  /**
   * Closes the channel.
   * @param lastStart index of the first point of the last entry that was ever added: -1 when there was none, NaN when its id
   *   is no index, undefined when the stream is gone
   * @returns the points at the end that are lost
   */
  close(lastStart: number | undefined): TilingGap | undefined {
    const from = this.#next;
    if (lastStart === undefined) return { from, to: undefined, cause: this.#unusable?.cause ?? GONE };
    const isKnown = lastStart < from || this.#isPlausible(lastStart, 1);
    const to = Math.max(this.#unusable?.to ?? 0, isKnown ? lastStart + 1 : 0);
    if (to <= from) {
      if (isKnown && this.#unusable === undefined) return undefined;
      return { from, to: undefined, cause: this.#unusable?.cause ?? NO_INDEX };
    }
    const cause = this.#gapCause();
    this.#next = to;
    return { from, to, cause };
  }

  #isPlausible(first: number, count: number): boolean {
    return first - this.#next <= MOST_LOST && count <= MOST_LOST && Number.isSafeInteger(first + count);
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
const NO_INDEX = 'the last event has an id that is no index of a point';
const IMPLAUSIBLE = (first: number): string => `an event at index ${first}, where no point can be`;
