import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { messageOf } from '../../scan/index.js';
import { BLOCK_MILLISECONDS } from './connection.js';
import { sizeOf, streamsOf, type StreamEntries } from './entries.js';
import { StreamReader } from './streamReader.js';

/** Streams are read by a reader of their own, or where little is to be read by any client. */
export type StreamSource = Redis | StreamReader;

const MAX_ENTRIES = 2048;
/** Larger replies are slower a byte and hold more memory (HDF5_AND_SPEED 0 and 7.1). */
const REPLY_BYTES = 1024 * 1024;
const USUAL_ENTRY_BYTES = 8 * 1024;
/** Also when nothing is in it. */
const LEAST_ENTRY_BYTES = 64;
/** What is read at once of a stream that has more: one or two entries of each of a thousand streams cost several times as much. */
const FEW_ENTRIES = 32;
const FEWEST_STREAMS = 8;

/** A set of streams that are read together, each from its last id on. */
export class StreamSet {
  readonly #lastIds = new Map<string, string>();
  /** Of an entry of each stream, as expected and then as it was. */
  readonly #entryBytes = new Map<string, number>();
  /** The stream that was read last, when they are read some at a time. */
  #turn: string | undefined;
  #caughtUpAt = performance.now();

  /**
   * A stream that is already in keeps its place.
   * @param afterId entries behind this id are read; `0` for all
   * @param entryBytes what an entry is expected to have
   */
  add(key: string, afterId = '0', entryBytes = USUAL_ENTRY_BYTES): void {
    if (this.#lastIds.has(key)) return;
    this.#lastIds.set(key, afterId);
    this.#entryBytes.set(key, entryBytes);
  }

  /** The stream is read no more; added again it begins anew. */
  remove(key: string): void {
    this.#lastIds.delete(key);
    this.#entryBytes.delete(key);
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
  async read(redis: StreamSource, wait: boolean, only?: (key: string) => boolean): Promise<StreamEntries[]> {
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
    const average = this.#bytesOfOneEach(keys) / keys.length;
    const most = Math.max(FEWEST_STREAMS, Math.floor(REPLY_BYTES / (average * FEW_ENTRIES)));
    if (keys.length <= most) return [[...keys]];
    const next = this.#turn === undefined ? 0 : keys.indexOf(this.#turn) + 1;
    const turned = [...keys.slice(next), ...keys.slice(0, next)];
    const parts: string[][] = [];
    for (let first = 0; first < turned.length; first += most) parts.push(turned.slice(first, first + most));
    return parts;
  }

  #take({ count, reply }: { count: number; reply: StreamEntries[] }, isAll: boolean): StreamEntries[] {
    if (isAll && reply.every(({ entries }) => entries.length < count)) this.#caughtUpAt = performance.now();
    for (const { key, entries } of reply) {
      const last = entries.at(-1);
      if (last !== undefined) this.#lastIds.set(key, last.id);
    }
    this.#learn(reply);
    return reply;
  }

  async #xread(
    source: StreamSource,
    wanted: readonly string[],
    wait: boolean,
  ): Promise<{ count: number; reply: StreamEntries[] }> {
    for (;;) {
      const keys = wanted.filter((key) => this.#lastIds.has(key));
      const count = this.#countOf(keys);
      if (keys.length === 0) return { count, reply: [] };
      const block = wait ? ['BLOCK', BLOCK_MILLISECONDS] : [];
      const ids = keys.map((key) => this.lastIdOf(key));
      try {
        return { count, reply: await xread(source, ['COUNT', count, ...block, 'STREAMS', ...keys, ...ids]) };
      } catch (error) {
        if (!messageOf(error).startsWith('WRONGTYPE')) throw error;
        if (!(await this.#dropOtherTypes(clientOf(source)))) throw error;
      }
    }
  }

  /** One key of another type makes Redis refuse the whole read: such keys are read no more. */
  async #dropOtherTypes(redis: Redis): Promise<boolean> {
    const keys = [...this.#lastIds.keys()];
    const types = await Promise.all(keys.map((key) => redis.type(key)));
    const others = keys.filter((_, index) => types[index] !== 'stream' && types[index] !== 'none');
    for (const key of others) this.remove(key);
    return others.length > 0;
  }

  /** Entries a stream for one read of several, so that a reply stays near the size that Redis sends fastest. */
  #countOf(keys: readonly string[]): number {
    const fitting = REPLY_BYTES / Math.max(LEAST_ENTRY_BYTES, this.#bytesOfOneEach(keys));
    return Math.max(1, Math.min(MAX_ENTRIES, Math.floor(fitting)));
  }

  #bytesOfOneEach(keys: readonly string[]): number {
    return keys.reduce((sum, key) => sum + (this.#entryBytes.get(key) ?? USUAL_ENTRY_BYTES), 0);
  }

  #learn(reply: readonly StreamEntries[]): void {
    for (const { key, entries } of reply) {
      if (entries.length === 0) continue;
      const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
      this.#entryBytes.set(key, Math.max(LEAST_ENTRY_BYTES, bytes / entries.length));
    }
  }
}

async function xread(source: StreamSource, command: (string | number)[]): Promise<StreamEntries[]> {
  if (source instanceof StreamReader) return source.xread(...command);
  return streamsOf(await source.callBuffer('XREAD', ...command));
}

function clientOf(source: StreamSource): Redis {
  return source instanceof StreamReader ? source.redis : source;
}
