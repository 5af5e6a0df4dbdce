import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { messageOf, ScanWriterError, type ScanIdentity } from '../scan/index.js';

/** What became of a scan. */
export type Fate =
  /** Being written; a service that was stopped or killed leaves it so. */
  | 'begun'
  /** Its file is as good as it will be: not to be written again, even if somebody moved the file away. */
  | 'done'
  /** It is in its file as far as it was published, without an end; more may come. */
  | 'abandoned'
  /** Not ours to write. */
  | 'refused'
  /** It had ended before this memory began. */
  | 'passed';

const FATES: readonly string[] = ['begun', 'done', 'abandoned', 'refused', 'passed'] satisfies Fate[];
/** Redis keeps scans for a day; what is much older never comes again. */
const FORGET_MILLISECONDS = 30 * 24 * 3_600_000;

/** What is remembered besides. */
export interface ScanFacts {
  /** Where it is written to. */
  readonly file?: string;
  /** What Redis had of an abandoned scan, see `scanMark`. */
  readonly mark?: string;
}

export interface RememberedScan {
  readonly scan: ScanIdentity;
  readonly file: string | undefined;
}

interface Line extends ScanFacts {
  readonly scan: string;
  /** Seconds since the epoch; null when unknown. */
  readonly start: number | null;
  readonly fate: Fate;
  /** When this was noted, ISO 8601. */
  readonly time: string;
}

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

  /** @throws the error of the file system */
  note({ dbName, startTimestamp }: ScanIdentity, fate: Fate, facts: ScanFacts = {}): void {
    const key = keyOf(dbName, startTimestamp);
    const known = this.#lines.get(key);
    const { file, mark } = { ...(known?.file === undefined ? {} : { file: known.file }), ...facts };
    if (known?.fate === fate && known.mark === mark && known.file === file) return;
    const start = Number.isNaN(startTimestamp) ? null : startTimestamp;
    const line: Line = {
      scan: dbName,
      start,
      fate,
      ...given({ file, mark }),
      time: new Date().toISOString(),
    };
    appendFileSync(this.path, `${JSON.stringify(line)}\n`);
    this.#lines.set(key, line);
  }
}

function keyOf(scan: string, start: number | null): string {
  return `${start ?? NaN} ${scan}`;
}

function given({ file, mark }: { file: unknown; mark: unknown }): ScanFacts {
  return {
    ...(typeof file === 'string' ? { file } : {}),
    ...(typeof mark === 'string' ? { mark } : {}),
  };
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
    const { scan, start, fate, time, file, mark } = JSON.parse(text) as Record<string, unknown>;
    const isLine =
      typeof scan === 'string' &&
      (start === null || typeof start === 'number') &&
      typeof fate === 'string' &&
      FATES.includes(fate) &&
      typeof time === 'string';
    return isLine ? [{ scan, start: start, fate: fate as Fate, ...given({ file, mark }), time }] : [];
  } catch {
    return [];
  }
}
