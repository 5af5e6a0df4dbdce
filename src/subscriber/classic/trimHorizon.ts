/** What a stream of data was like at one moment, by the ids of its entries: 1 + the index of their first point. */
export interface StreamLook {
  /** Milliseconds. */
  readonly time: number;
  /** Id of the oldest entry; one after the last when there is none. */
  readonly first: number;
  readonly last: number;
  readonly length: number;
}

export interface Distance {
  /** Points from the last entry that was read to the newest one. */
  readonly behind: number;
  readonly entries: number;
  readonly length: number;
  readonly seconds: number | undefined;
  readonly isAtRisk: boolean;
}

const RISK_SECONDS = 60;
const RISK_SHARE = 0.1;
/** Who is at risk has to be so many times further away to be safe again. */
const SAFE_FACTOR = 1.5;
/** Redis drops a hundred entries at once: slow streams are looked at for longer than one look. */
const RATE_MILLISECONDS = 60_000;

/** The end of a stream where Redis drops entries, and how it comes nearer. Pure book-keeping. */
export class TrimHorizon {
  #looks: readonly StreamLook[] = [];
  #isAtRisk = false;

  /** @param position id of the last entry that was read, 0 for none */
  distance(look: StreamLook, position: number): Distance {
    this.#looks = [...this.#looks.filter(({ time }) => look.time - time <= RATE_MILLISECONDS), look];
    const { first, last, length } = look;
    // Events of several points make larger steps.
    const step = length > 1 ? Math.max(1, (last - first) / (length - 1)) : 1;
    const entries = Math.min(length, Math.max(0, Math.floor((position - first) / step) + 1));
    const oldest = this.#looks[0] ?? look;
    const dropped = (first - oldest.first) / step;
    const isTrimmed = dropped > 0;
    const seconds = isTrimmed ? (entries * (look.time - oldest.time)) / dropped / 1000 : undefined;
    const factor = this.#isAtRisk ? SAFE_FACTOR : 1;
    const isNear = entries < length * RISK_SHARE * factor || (seconds ?? Infinity) < RISK_SECONDS * factor;
    this.#isAtRisk = isTrimmed && isNear;
    const behind = Math.max(0, last - position);
    return { behind, entries, length, seconds, isAtRisk: this.#isAtRisk };
  }
}
