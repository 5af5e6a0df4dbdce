import { fieldOf, type StreamEntry } from '../../subscriber/index.js';
import { streamCreation, type NewCommand } from '../recordedCommand.js';

/** What a stream's ids count (PROTOCOL 4.2): `points` by their index, `events` one by one, or they are times. */
export type Counting = 'points' | 'events' | 'time';

/** What XINFO STREAM says of a stream at one moment. */
export interface StreamFacts {
  readonly length: number;
  /** Of the last entry that was ever added. */
  readonly lastId: string;
}

/** Ids that were gone from Redis before they could be recorded. */
export interface LostIds {
  readonly key: string;
  /** The first that is lost. */
  readonly first: number;
  /** How many, in one or more places. */
  readonly count: number;
}

/** The entry that creates a stream (PROTOCOL 4.1). */
const CREATION = '0-1';

/** What a recording holds of a stream. */
export class RecordedStream {
  readonly key: string;
  readonly #counting: Counting;
  #lastId = CREATION;
  /** Entries that a replay has so far. */
  #length = 0;
  /** The next id when none is lost. */
  #next = 1;
  #lost: LostIds | undefined;
  #cut: StreamFacts | undefined;

  constructor(key: string, counting: Counting) {
    this.key = key;
    this.#counting = counting;
  }

  get length(): number {
    return this.#length;
  }

  get lost(): LostIds | undefined {
    return this.#lost;
  }

  create(): NewCommand[] {
    return streamCreation(this.key);
  }

  /** Entries with their ids; where Redis had dropped entries in front when it held this one, the replay does too. */
  add(entries: readonly StreamEntry[]): NewCommand[] {
    return entries.flatMap((entry): NewCommand[] => {
      // No publisher's: it could not be added after the stream was created.
      if (entry.id.startsWith('0-')) return [];
      this.#count(entry);
      this.#lastId = entry.id;
      this.#length += 1;
      return [{ cmd: ['XADD', this.key, entry.id, ...entry.fields] }, ...this.#trim()];
    });
  }

  /** What Redis holds: the same is left in the replay once it is as far. */
  compare(facts: StreamFacts): NewCommand[] {
    this.#cut = facts;
    return this.#trim();
  }

  /** To be called when everything up to the last entry of the last {@link compare} was read: what did not come is gone. */
  close(): NewCommand[] {
    const { lastId } = this.#cut ?? { lastId: CREATION };
    if (!isAfter(lastId, this.#lastId)) return [];
    if (this.#counting !== 'time') this.#lose(milliseconds(lastId) + 1);
    this.#lastId = lastId;
    return [{ cmd: ['XADD', this.key, lastId, 'key', 'value'] }, { cmd: ['XDEL', this.key, lastId] }];
  }

  #trim(): NewCommand[] {
    const cut = this.#cut;
    if (cut === undefined || isAfter(cut.lastId, this.#lastId)) return [];
    this.#cut = undefined;
    if (cut.lastId !== this.#lastId || cut.length >= this.#length) return [];
    this.#length = cut.length;
    return [{ cmd: ['XTRIM', this.key, 'MAXLEN', String(cut.length)] }];
  }

  #count(entry: StreamEntry): void {
    if (this.#counting === 'time') return;
    const id = milliseconds(entry.id);
    this.#lose(id);
    const points =
      this.#counting === 'points' ? Number(fieldOf(entry, '__NPOINTS__')?.toString('latin1')) : 1;
    this.#next = id + (Number.isSafeInteger(points) && points > 0 ? points : 1);
  }

  #lose(to: number): void {
    const count = to - this.#next;
    if (count <= 0 || !Number.isSafeInteger(to)) return;
    const { first = this.#next, count: before = 0 } = this.#lost ?? {};
    this.#lost = { key: this.key, first, count: before + count };
  }
}

function milliseconds(id: string): number {
  return Number(id.split('-')[0]);
}

function isAfter(id: string, other: string): boolean {
  const [a, b] = [parts(id), parts(other)];
  return a[0] === b[0] ? a[1] > b[1] : a[0] > b[0];
}

function parts(id: string): readonly [bigint, bigint] {
  const [time = '0', sequence = '0'] = id.split('-');
  return [BigInt(time), BigInt(sequence)];
}
