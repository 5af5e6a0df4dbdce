import type { Redis } from 'ioredis';
import type { Channel, TrimMargin } from '../../scan/index.js';
import { streamFacts } from '../redis/index.js';
import { isCreation } from './points.js';
import { TrimHorizon, type StreamLook } from './trimHorizon.js';

/** Where the reading of one channel is. */
export interface ReadingPlace {
  readonly channel: Channel;
  readonly key: string;
  /** Id of the last entry that was read. */
  readonly lastId: string;
}

/** A reader of a scan, as far as it can be behind. */
export interface LaggingReader {
  /** When everything was read that there was, by `performance.now()`. */
  readonly caughtUpAt: number;
  readonly places: readonly ReadingPlace[];
}

const LOOK_MILLISECONDS = 3_000;
/** The publisher sends five times a second: who has not been at the end for so long is behind. */
const BEHIND_MILLISECONDS = 2_000;

/**
 * Looks now and then how far Redis is from dropping what a reader has not read yet. It has to be besides the reading,
 * which stands still when whoever takes the events does not. A reader that keeps up costs nothing.
 */
export class TrimWatch {
  readonly #redis: Redis;
  readonly #reader: LaggingReader;
  readonly #tell: (margins: readonly TrimMargin[]) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #horizons = new Map<string, TrimHorizon>();
  #isLooking = false;
  #isTold = false;
  #isStopped = false;

  /** @param tell the margins of all channels while their reader is behind, and none once it is not any more */
  constructor(redis: Redis, reader: LaggingReader, tell: (margins: readonly TrimMargin[]) => void) {
    this.#redis = redis;
    this.#reader = reader;
    this.#tell = tell;
    this.#timer = setInterval(() => {
      void this.#look();
    }, LOOK_MILLISECONDS);
    this.#timer.unref();
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.#allIsWell();
  }

  async #look(): Promise<void> {
    if (performance.now() - this.#reader.caughtUpAt < BEHIND_MILLISECONDS) {
      this.#allIsWell();
      return;
    }
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      // Before Redis is asked: what is read meanwhile only makes it better.
      const { places } = this.#reader;
      const looks = await looksAt(
        this.#redis,
        places.map(({ key }) => key),
      );
      if (!this.#isStopped) this.#report(places, looks);
    } catch {
      // A connection that is lost is told elsewhere; it is looked again when it is back.
    } finally {
      this.#isLooking = false;
    }
  }

  #report(places: readonly ReadingPlace[], looks: readonly (StreamLook | undefined)[]): void {
    const margins = places.flatMap(({ channel, key, lastId }, index): TrimMargin[] => {
      const look = looks[index];
      const position = idOf(lastId);
      if (look === undefined || position === undefined) return [];
      const horizon = this.#horizons.get(key) ?? new TrimHorizon();
      this.#horizons.set(key, horizon);
      return [{ channel, ...horizon.distance(look, position) }];
    });
    if (margins.length === 0) return;
    this.#isTold = true;
    this.#tell(margins);
  }

  #allIsWell(): void {
    this.#horizons.clear();
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#tell([]);
  }
}

async function looksAt(redis: Redis, keys: readonly string[]): Promise<(StreamLook | undefined)[]> {
  const facts = await streamFacts(redis, keys);
  const time = performance.now();
  return facts.map((each) => {
    const last = each === undefined ? undefined : idOf(each.lastId);
    if (each === undefined || last === undefined) return undefined;
    const first = each.firstId === undefined ? last + 1 : idOf(each.firstId);
    return first === undefined ? undefined : { time, first, last, length: each.length };
  });
}

/** 1 + the index of the first point; 0 where there is none. */
function idOf(id: string): number | undefined {
  if (isCreation(id)) return 0;
  const number = Number(/^(\d+)(-\d+)?$/.exec(id)?.[1] ?? NaN);
  return Number.isSafeInteger(number) ? number : undefined;
}
