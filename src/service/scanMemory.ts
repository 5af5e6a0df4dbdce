import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { messageOf, ScanWriterError, type ScanIdentity } from '../scan/index.js';

/** What became of a scan. */
const Fate = z.enum([
  /** Being written; a service that was stopped or killed leaves it so. */
  'begun',
  /** Its file is as good as it will be: not to be written again, even if somebody moved the file away. */
  'done',
  /** It is in its file as far as it was published, without an end; more may come. */
  'abandoned',
  /** Somebody has asked that no more of it is written. */
  'stopped',
  /** Not ours to write. */
  'refused',
  /** It had ended before this memory began. */
  'passed',
]);
export type Fate = z.infer<typeof Fate>;

/** Redis keeps scans for a day; what is much older never comes again. */
const FORGET_MILLISECONDS = 30 * 24 * 3_600_000;

/** What is remembered besides. */
const ScanFacts = z.object({
  /** Where it is written to. */
  file: z.string().optional(),
  /** Entries of the file: `12.1`. */
  entries: z.array(z.string()).optional(),
  /** What Redis had of an abandoned scan, see `scanMark`. */
  mark: z.string().optional(),
  /** As its file says: SUCCEEDED, INCOMPLETE ... */
  status: z.string().optional(),
  /** That are in its file, of all channels. */
  points: z.number().optional(),
  why: z.object({ tag: z.string(), message: z.string() }).optional(),
});
export type ScanFacts = z.infer<typeof ScanFacts>;

/** All that is remembered of a scan. */
export interface RememberedFate extends ScanFacts {
  readonly scan: ScanIdentity;
  readonly fate: Fate;
  /** When it was noted, milliseconds since the epoch. */
  readonly time: number;
}

export interface RememberedScan {
  readonly scan: ScanIdentity;
  readonly file: string | undefined;
}

const Line = ScanFacts.extend({
  scan: z.string(),
  /** Seconds since the epoch; null when unknown. */
  start: z.number().nullable(),
  fate: Fate,
  /** When this was noted, ISO 8601. */
  time: z.string(),
});
type Line = z.infer<typeof Line>;

/**
 * What a service remembers of scans from one start to the next: a line of JSON for each event, in `scans.jsonl` of the
 * state folder. A line that cannot be read, such as the last one of a service that was killed, is left out.
 */
export class ScanMemory {
  readonly path: string;
  /** Nothing was remembered when this one began. */
  readonly isNew: boolean;
  readonly #lines = new Map<string, Line>();

  private constructor(file: string, lines: readonly Line[], isNew: boolean) {
    this.path = file;
    this.isNew = isNew;
    for (const line of lines) this.#lines.set(keyOf(line.scan, line.start), line);
  }

  /** @throws ScanWriterError `usage` when the folder cannot be used */
  static open(directory: string, now = Date.now()): ScanMemory {
    const file = path.join(directory, 'scans.jsonl');
    try {
      mkdirSync(directory, { recursive: true });
      const text = textOf(file);
      const lines = (text ?? '').split('\n').flatMap((line) => parse(line));
      const recent = lines.filter(({ time }) => Date.parse(time) > now - FORGET_MILLISECONDS);
      const draft = `${file}.${process.pid}.tmp`;
      writeFileSync(draft, recent.map((line) => `${JSON.stringify(line)}\n`).join(''));
      renameSync(draft, file);
      return new ScanMemory(file, recent, text === undefined);
    } catch (error) {
      throw new ScanWriterError(
        'usage',
        `The state folder ${directory} cannot be used: ${messageOf(error)}. Name another with --state DIR.`,
        { subject: directory, cause: error },
      );
    }
  }

  fateOf({ dbName, startTimestamp }: ScanIdentity): Fate | undefined {
    return this.#lines.get(keyOf(dbName, startTimestamp))?.fate;
  }

  /** What Redis had of a scan when it was abandoned. */
  markOf({ dbName, startTimestamp }: ScanIdentity): string | undefined {
    return this.#lines.get(keyOf(dbName, startTimestamp))?.mark;
  }

  /** Scans whose writing was begun and has not ended. */
  unfinished(): RememberedScan[] {
    return [...this.#lines.values()]
      .filter(({ fate }) => fate === 'begun')
      .map(({ scan, start, file }) => ({ scan: { dbName: scan, startTimestamp: start ?? NaN }, file }));
  }

  /** In the order in which they were noted last. */
  fates(): RememberedFate[] {
    return [...this.#lines.values()].map(({ scan, start, time, ...facts }) => {
      return { ...facts, scan: { dbName: scan, startTimestamp: start ?? NaN }, time: Date.parse(time) };
    });
  }

  /** @throws the error of the file system */
  note({ dbName, startTimestamp }: ScanIdentity, fate: Fate, facts: ScanFacts = {}): void {
    const key = keyOf(dbName, startTimestamp);
    const known = this.#lines.get(key);
    const { file, entries } = known ?? {};
    const kept = { ...(file === undefined ? {} : { file }), ...(entries === undefined ? {} : { entries }) };
    const start = Number.isNaN(startTimestamp) ? null : startTimestamp;
    const line: Line = { scan: dbName, start, fate, ...kept, ...facts, time: new Date().toISOString() };
    if (known !== undefined && isDeepStrictEqual({ ...line, time: known.time }, known)) return;
    appendFileSync(this.path, `${JSON.stringify(line)}\n`);
    this.#lines.delete(key);
    this.#lines.set(key, line);
  }
}

function keyOf(scan: string, start: number | null): string {
  return `${start ?? NaN} ${scan}`;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text: string): Line[] {
  try {
    return [Line.parse(JSON.parse(text))];
  } catch {
    return [];
  }
}
