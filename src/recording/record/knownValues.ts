import { createHash } from 'node:crypto';
import type { NewCommand } from '../recordedCommand.js';

/** Enough to tell values apart; a value itself would stay in memory as long as its node is followed. */
function digest(value: Buffer): string {
  return createHash('sha256').update(value).digest('base64');
}

/** What a recording holds of a hash. */
export class KnownHash {
  readonly #fields = new Map<string, string>();

  /**
   * The commands that bring the recording up to what Redis holds.
   * @param reply fields and values of HGETALL; none when the key is gone, which no publisher does
   * @param held fields that are left as they are
   */
  changes(
    key: string,
    reply: readonly Buffer[],
    held: (field: string) => boolean = () => false,
  ): NewCommand[] {
    const present = new Set<string>();
    const set: Buffer[] = [];
    for (let i = 0; i + 1 < reply.length; i += 2) {
      const [field, value] = [reply[i], reply[i + 1]];
      if (field === undefined || value === undefined) continue;
      const name = field.toString('latin1');
      present.add(name);
      if (held(name)) continue;
      const found = digest(value);
      if (this.#fields.get(name) === found) continue;
      this.#fields.set(name, found);
      set.push(field, value);
    }
    if (present.size === 0) return [];
    const gone = [...this.#fields.keys()].filter((name) => !present.has(name));
    for (const name of gone) this.#fields.delete(name);
    return [
      ...(set.length > 0 ? [{ cmd: ['HSET', key, ...set] } satisfies NewCommand] : []),
      ...gone.map((name): NewCommand => ({ cmd: ['HDEL', key, Buffer.from(name, 'latin1')] })),
    ];
  }
}

/** What a recording holds of a list, to which a publisher only adds, in front or behind. */
export class KnownList {
  #elements: readonly string[] = [];

  get length(): number {
    return this.#elements.length;
  }

  /** @param reply all elements */
  changes(key: string, reply: readonly Buffer[]): NewCommand[] {
    const known = this.#elements;
    const found = reply.map(digest);
    const added = found.length - known.length;
    if (added <= 0) return [];
    if (known.every((element, index) => element === found[index])) {
      this.#elements = found;
      return reply.slice(known.length).map((element) => ({ cmd: ['RPUSH', key, element] }));
    }
    if (known.every((element, index) => element === found[index + added])) {
      this.#elements = found;
      return reply
        .slice(0, added)
        .toReversed()
        .map((element) => ({ cmd: ['LPUSH', key, element] }));
    }
    return [];
  }
}

/** What a recording holds of a text. */
export class KnownText {
  #value: string | undefined;

  changes(key: string, value: Buffer): NewCommand[] {
    const found = digest(value);
    if (found === this.#value) return [];
    this.#value = found;
    return [{ cmd: ['SET', key, value] }];
  }
}

/** Between two looks at a key's time to live; its answer takes a while. */
const TOLERANCE_MILLISECONDS = 1_500;

/** When the keys of a recording expire. */
export class Lifetimes {
  readonly #deadlines = new Map<string, number>();

  /** @param milliseconds of PTTL: -1 without a time to live, -2 without the key */
  changes(key: string, milliseconds: number): NewCommand[] {
    if (milliseconds < 0) return [];
    const deadline = performance.now() + milliseconds;
    const known = this.#deadlines.get(key) ?? NaN;
    if (Math.abs(deadline - known) < TOLERANCE_MILLISECONDS) return [];
    this.#deadlines.set(key, deadline);
    return [{ cmd: ['EXPIRE', key, String(Math.max(1, Math.ceil(milliseconds / 1000)))] }];
  }

  /** After a SET, which takes the time to live away. */
  forget(key: string): void {
    this.#deadlines.delete(key);
  }
}
