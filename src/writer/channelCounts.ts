import type { Channel } from '../scan/index.js';

export interface Missing {
  readonly channel: Channel;
  readonly first: number;
  /** -1 when nobody knows how many. */
  count: number;
  readonly reason: string;
}

/** What of each channel is in the file, flushed, and what never will be. */
export class ChannelCounts {
  readonly received = new Map<Channel, number>();
  /** Points that came to the writer: those in the file and those on their way there. */
  readonly came = new Map<Channel, number>();
  /** Rows of each dataset: index of the last point + 1. */
  readonly rows = new Map<Channel, number>();
  readonly missing: Missing[] = [];
  /** Index up to which every point of a channel was seen, in a chunk or in a gap. */
  readonly #seen = new Map<Channel, number>();

  add(channel: Channel): void {
    if (!this.received.has(channel)) this.received.set(channel, 0);
  }

  /** Goes on where a writer before has stopped. */
  restore(
    channel: Channel,
    next: number,
    received: number,
    missing: readonly { readonly first: number; readonly count: number; readonly reason: string }[],
  ): void {
    this.received.set(channel, received);
    this.came.set(channel, received);
    this.rows.set(channel, next);
    this.#seen.set(channel, next);
    for (const { first, count, reason } of missing) {
      if (first < next)
        this.addMissing(channel, first, count < 0 ? next - first : Math.min(count, next - first), reason);
    }
  }

  /** Points that came; a hole before them that no gap event explained is missing all the same. */
  see(channel: Channel, first: number, count: number): void {
    this.add(channel);
    this.came.set(channel, (this.came.get(channel) ?? 0) + count);
    const seen = this.#seen.get(channel) ?? 0;
    if (first > seen) this.addMissing(channel, seen, first - seen, 'never came');
    this.#seen.set(channel, Math.max(seen, first + count));
  }

  addGap(channel: Channel, first: number, count: number, reason: string): void {
    this.addMissing(channel, first, count, reason);
    this.#seen.set(channel, Math.max(this.#seen.get(channel) ?? 0, first + Math.max(0, count)));
  }

  /** Points that are in the file now. */
  addPoints(channel: Channel, first: number, count: number): void {
    this.received.set(channel, (this.received.get(channel) ?? 0) + count);
    this.rows.set(channel, Math.max(this.rows.get(channel) ?? 0, first + count));
  }

  /** Points that the file could not take after all. */
  refuse(channel: Channel, first: number, count: number, reason: string): void {
    this.received.set(channel, (this.received.get(channel) ?? 0) - count);
    this.addMissing(channel, first, count, reason);
  }

  addMissing(channel: Channel, first: number, count: number, reason: string): void {
    this.add(channel);
    const last = this.missing.at(-1);
    const continues =
      last?.channel === channel && last.reason === reason && last.first + last.count === first;
    if (continues && last.count >= 0 && count >= 0) last.count += count;
    else this.missing.push({ channel, first, count, reason });
  }

  /** Points that were missing and are in the file after all. */
  fill(channel: Channel, first: number, count: number): void {
    const end = first + count;
    const holes = this.missing.splice(0);
    for (const hole of holes) {
      const holeEnd = hole.count < 0 ? Infinity : hole.first + hole.count;
      if (hole.channel !== channel || hole.first >= end || holeEnd <= first) {
        this.missing.push(hole);
        continue;
      }
      if (hole.first < first) this.missing.push({ ...hole, count: first - hole.first });
      if (hole.count < 0) this.missing.push({ ...hole, first: end });
      else if (holeEnd > end) this.missing.push({ ...hole, first: end, count: holeEnd - end });
    }
    this.addPoints(channel, first, count);
  }

  /** Which points of a range are missing. */
  missingIn(channel: Channel, first: number, count: number): { first: number; count: number }[] {
    return this.missing.flatMap((hole) => {
      if (hole.channel !== channel) return [];
      const from = Math.max(first, hole.first);
      const end = Math.min(first + count, hole.count < 0 ? Infinity : hole.first + hole.count);
      return end > from ? [{ first: from, count: end - from }] : [];
    });
  }

  get points(): number {
    return [...this.received.values()].reduce((sum, count) => sum + count, 0);
  }

  get longest(): number {
    return [...this.rows.values()].reduce((longest, rows) => Math.max(longest, rows), 0);
  }
}
