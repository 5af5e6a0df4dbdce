import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { messageOf, ScanWriterError } from '../scan/index.js';
import { attributeOf } from './config/index.js';
import { parseSettings, type Settings } from './settings.js';

/** What a session can have otherwise than the others: how its files look, never where they are. */
export const SESSION_KEYS = [
  'images',
  'generic',
  'keep-shape',
  'multivalue-positioners',
  'scalar-ct',
  'compression',
  'chunk-size',
  'required-disk-space',
  'recommended-disk-space',
] as const;

/** As somebody would write them: sizes as text, a number of MB where disk space is meant. */
export type SessionOptionValues = Readonly<Record<string, string | number | boolean>>;

const Values = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const Stored = z.record(z.string(), Values);

/**
 * The options of each session: those of the service, and what was set for it. That is kept in the state folder, since a
 * scan that runs while the service is started anew has to go on as it was begun.
 */
export class SessionOptions {
  readonly #defaults: Settings;
  readonly #file: string | undefined;
  readonly #values = new Map<string, SessionOptionValues>();
  readonly #settings = new Map<string, Settings>();

  /**
   * @param defaults those of the service
   * @param stateFolder where they are kept, if they are to be
   */
  constructor(defaults: Settings, stateFolder?: string) {
    this.#defaults = defaults;
    this.#file = stateFolder === undefined ? undefined : path.join(stateFolder, 'sessions.json');
    for (const [session, values] of storedIn(this.#file)) this.#take(session, values);
  }

  /** What applies to the scans of a session that are found from now on. */
  of(session: string): Settings {
    return this.#settings.get(session) ?? this.#defaults;
  }

  /** What was set for a session. */
  valuesOf(session: string): SessionOptionValues {
    return this.#values.get(session) ?? {};
  }

  /**
   * Takes the place of all that was set for the session before.
   * @throws ScanWriterError `usage` that names the option and what it takes
   */
  set(session: string, values: SessionOptionValues): void {
    this.#take(session, values);
    this.#store();
  }

  #take(session: string, values: SessionOptionValues): void {
    this.#settings.set(session, { ...this.#defaults, ...parseOwn(values) });
    this.#values.set(session, values);
  }

  #store(): void {
    if (this.#file === undefined) return;
    const draft = `${this.#file}.${process.pid}.tmp`;
    try {
      mkdirSync(path.dirname(this.#file), { recursive: true });
      writeFileSync(draft, `${JSON.stringify(Object.fromEntries(this.#values), null, 2)}\n`);
      renameSync(draft, this.#file);
    } catch (error) {
      throw new ScanWriterError('target', `The options cannot be kept: ${messageOf(error)}.`, {
        subject: this.#file,
        cause: error,
      });
    }
  }
}

/** @throws ScanWriterError `usage` */
function parseOwn(values: SessionOptionValues): Partial<Settings> {
  const own = Object.entries(values).map(([key, value]) => {
    return [attributeOf(checkedKey(key)), written(key, value)] as const;
  });
  const names = own.map(([name]) => name);
  const parsed = Object.entries(parseSettings(Object.fromEntries(own)));
  return Object.fromEntries(parsed.filter(([name]) => names.includes(name)));
}

function checkedKey(key: string): string {
  if ((SESSION_KEYS as readonly string[]).includes(key)) return key;
  throw new ScanWriterError(
    'usage',
    `A session has no option "${key.slice(0, 50)}" of its own: those are ${SESSION_KEYS.join(', ')}.`,
    { subject: key },
  );
}

/** Disk space comes in MB, as the reference's properties have it. */
function written(key: string, value: string | number | boolean): string | boolean {
  if (typeof value !== 'number') return value;
  return key.endsWith('-disk-space') ? `${value}MB` : String(value);
}

/** None where there are none, or they cannot be read: whoever sets options sets them again. */
function storedIn(file: string | undefined): [string, SessionOptionValues][] {
  if (file === undefined) return [];
  try {
    const stored = Object.entries(Stored.parse(JSON.parse(readFileSync(file, 'utf8'))));
    for (const [, values] of stored) parseOwn(values);
    return stored;
  } catch {
    return [];
  }
}
