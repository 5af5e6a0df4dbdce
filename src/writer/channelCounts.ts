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
  /** Rows of each dataset: index of the last point + 1. */
  readonly rows = new Map<Channel, number>();
  readonly missing: Missing[] = [];
  /** Index up to which every point of a channel was seen, in a chunk or in a gap. */
  readonly #seen = new Map<Channel, number>();

  add(channel: Channel): void {
    if (!this.received.has(channel)) this.received.set(channel, 0);
  }

  /** Points that came; a hole before them that no gap event explained is missing all the same. */
  see(channel: Channel, first: number, count: number): void {
    this.add(channel);
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

  get points(): number {
    return [...this.received.values()].reduce((sum, count) => sum + count, 0);
  }

  get longest(): number {
    return [...this.rows.values()].reduce((longest, rows) => Math.max(longest, rows), 0);
  }
}
