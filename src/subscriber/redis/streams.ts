import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { messageOf } from '../../scan/index.js';
import { BLOCK_MILLISECONDS } from './connection.js';

export interface StreamEntry {
  readonly id: string;
  /** Field names and values, alternating. */
  readonly fields: readonly Buffer[];
}

export interface StreamEntries {
  readonly key: string;
  readonly entries: readonly StreamEntry[];
}

const MAX_ENTRIES = 2048;
/** Larger replies are slower a byte and hold more memory (HDF5_AND_SPEED 0 and 7.1). */
const REPLY_BYTES = 1024 * 1024;
const FIRST_COUNT = 128;
/** What is read at once of a stream that has more: one or two entries of each of a thousand streams cost several times as much. */
const FEW_ENTRIES = 32;
const FEWEST_STREAMS = 8;

/** A set of streams that are read together, each from its last id on. */
export class StreamSet {
  readonly #lastIds = new Map<string, string>();
  #averageBytes = REPLY_BYTES / FIRST_COUNT;
  /** The stream that was read last, when they are read some at a time. */
  #turn: string | undefined;
  #caughtUpAt = performance.now();

  /** @param afterId entries behind this id are read; `0` for all. A stream that is already in keeps its place. */
  add(key: string, afterId = '0'): void {
    if (!this.#lastIds.has(key)) this.#lastIds.set(key, afterId);
  }

  /** The stream is read no more; added again it begins anew. */
  remove(key: string): void {
    this.#lastIds.delete(key);
  }

  has(key: string): boolean {
    return this.#lastIds.has(key);
  }

  /** The id behind which a stream is read next. */
  lastIdOf(key: string): string {
    return this.#lastIds.get(key) ?? '0';
  }

  /** When a read of all streams came to the end of each, by `performance.now()`; at first, when the set was made. */
  get caughtUpAt(): number {
    return this.#caughtUpAt;
  }

  /**
   * The next entries of the streams; an empty list when there are none.
   * Reading goes by id: what is asked for again after a lost connection comes once.
   * @param wait for entries of any stream; otherwise, where streams are many, some are read at a time, in turn
   * @param only these streams; all when absent
   */
  async read(redis: Redis, wait: boolean, only?: (key: string) => boolean): Promise<StreamEntries[]> {
    const keys = [...this.#lastIds.keys()].filter((key) => only?.(key) ?? true);
    if (keys.length === 0) {
      if (wait) await sleep(BLOCK_MILLISECONDS);
      return [];
    }
    const isAll = only === undefined;
    if (wait) return this.#take(await this.#xread(redis, keys, true), isAll);
    for (const some of this.#inTurn(keys)) {
      const reply = this.#take(await this.#xread(redis, some, false), isAll && some.length === keys.length);
      this.#turn = some.at(-1);
      if (reply.length > 0) return reply;
    }
    if (isAll) this.#caughtUpAt = performance.now();
    return [];
  }

  /** The streams in parts, from the one behind the last that was read. */
  #inTurn(keys: readonly string[]): string[][] {
    const most = Math.max(FEWEST_STREAMS, Math.floor(REPLY_BYTES / (this.#averageBytes * FEW_ENTRIES)));
    if (keys.length <= most) return [[...keys]];
    const next = this.#turn === undefined ? 0 : keys.indexOf(this.#turn) + 1;
    const turned = [...keys.slice(next), ...keys.slice(0, next)];
    const parts: string[][] = [];
    for (let first = 0; first < turned.length; first += most) parts.push(turned.slice(first, first + most));
    return parts;
  }

  #take({ count, reply }: { count: number; reply: unknown }, isAll: boolean): StreamEntries[] {
    const result = streamsOf(reply);
    if (isAll && result.every(({ entries }) => entries.length < count)) this.#caughtUpAt = performance.now();
    for (const { key, entries } of result) {
      const last = entries.at(-1);
      if (last !== undefined) this.#lastIds.set(key, last.id);
    }
    this.#learn(result);
    return result;
  }

  async #xread(
    redis: Redis,
    wanted: readonly string[],
    wait: boolean,
  ): Promise<{ count: number; reply: unknown }> {
    for (;;) {
      const keys = wanted.filter((key) => this.#lastIds.has(key));
      const count = this.#countOf(keys.length);
      if (keys.length === 0) return { count, reply: null };
      const streams = [...keys, ...keys.map((key) => this.lastIdOf(key))];
      try {
        const reply: unknown = wait
          ? await redis.xreadBuffer('COUNT', count, 'BLOCK', BLOCK_MILLISECONDS, 'STREAMS', ...streams)
          : await redis.xreadBuffer('COUNT', count, 'STREAMS', ...streams);
        return { count, reply };
      } catch (error) {
        if (!messageOf(error).startsWith('WRONGTYPE')) throw error;
        if (!(await this.#dropOtherTypes(redis))) throw error;
      }
    }
  }

  /** One key of another type makes Redis refuse the whole read: such keys are read no more. */
  async #dropOtherTypes(redis: Redis): Promise<boolean> {
    const keys = [...this.#lastIds.keys()];
    const types = await Promise.all(keys.map((key) => redis.type(key)));
    const others = keys.filter((_, index) => types[index] !== 'stream' && types[index] !== 'none');
    for (const key of others) this.#lastIds.delete(key);
    return others.length > 0;
  }

  /** Entries a stream for one read of several, so that a reply stays near the size that Redis sends fastest. */
  #countOf(streams: number): number {
    const fitting = REPLY_BYTES / (this.#averageBytes * Math.max(1, streams));
    return Math.max(1, Math.min(MAX_ENTRIES, Math.floor(fitting)));
  }

  #learn(reply: readonly StreamEntries[]): void {
    let bytes = 0;
    let count = 0;
    for (const { entries } of reply) {
      for (const { fields } of entries) {
        count++;
        for (const field of fields) bytes += field.byteLength;
      }
    }
    if (count > 0) this.#averageBytes = Math.max(64, (this.#averageBytes + bytes / count) / 2);
  }
}

/**
 * With `protocol: 2` XREAD answers `[key, [id, fields][]][]`. A blocked read is also woken, without entries, by a stream
 * that is made by adding and deleting an entry in one transaction: that is no news.
 */
function streamsOf(reply: unknown): StreamEntries[] {
  if (!Array.isArray(reply)) return [];
  return (reply as [Buffer, unknown][])
    .map(([key, entries]) => ({ key: key.toString('utf8'), entries: streamEntriesOf(entries) }))
    .filter(({ entries }) => entries.length > 0);
}

/** The reply of XRANGE and XREVRANGE, `[id, fields][]`. */
export function streamEntriesOf(reply: unknown): StreamEntry[] {
  if (!Array.isArray(reply)) return [];
  return (reply as [Buffer, Buffer[]][]).map(([id, fields]) => ({ id: id.toString('latin1'), fields }));
}

/** The value of a field, undefined when the entry has none. */
export function fieldOf({ fields }: StreamEntry, name: string): Buffer | undefined {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const field = fields[i];
    // Most names differ in length: that costs nothing to see.
    if (field?.length === name.length && field.toString('latin1') === name) return fields[i + 1];
  }
  return undefined;
}
