import { isDeepStrictEqual } from 'node:util';
import { readEnvironment } from './environment.js';
import { readFile } from './file.js';
import { attributeOf, KEYS, RUN_KEYS, variableOf } from './keys.js';

/** A value and, for a person, where it comes from: `--root`, `$SCAN_WRITER_ROOT`, `/etc/scan-writer.toml`, `default`. */
export interface Sourced {
  readonly value: unknown;
  readonly source: string;
}

/** What applies, by key. */
export type Config = ReadonlyMap<string, Sourced>;

export interface ConfigSources {
  /** By the names that options have in the program. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** In TOML. */
  readonly file: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** What the command line gives. */
  readonly flags: Readonly<Record<string, unknown>>;
}

/** These say the same thing in two ways: the one that is given later takes the other's place. */
const SESSION_KEYS: readonly string[] = ['session', 'all-sessions'];

/**
 * Defaults, file, environment and command line, each winning over those before.
 * @throws ScanWriterError `usage`
 */
export function effectiveConfig({ defaults, file, env, flags }: ConfigSources): Config {
  const config = new Map<string, Sourced>();
  const take = (values: ReadonlyMap<string, unknown>, sourceOf: (key: string) => string): void => {
    if (SESSION_KEYS.some((key) => values.has(key))) for (const key of SESSION_KEYS) config.delete(key);
    for (const [key, value] of values) config.set(key, { value, source: sourceOf(key) });
  };
  take(byKey(defaults), () => 'default');
  if (file !== undefined) take(readFile(file), () => file);
  take(readEnvironment(env), (key) => `$${variableOf(key)}`);
  take(byKey(flags), (key) => `--${key}`);
  return config;
}

function byKey(values: Readonly<Record<string, unknown>>): Map<string, unknown> {
  const known = KEYS.filter((key) => values[attributeOf(key)] !== undefined);
  return new Map(known.map((key) => [key, values[attributeOf(key)]]));
}

/** The values under the names that the options have in the program (`allSessions`). */
export function valuesOf(config: Config): Record<string, unknown> {
  return Object.fromEntries([...config].map(([key, { value }]) => [attributeOf(key), value]));
}

/** Options of `run` that differ and for which it has to be started again: all but the sessions. */
export function changedKeys(before: Config, after: Config): string[] {
  return RUN_KEYS.filter(
    (key) => !SESSION_KEYS.includes(key) && !isDeepStrictEqual(before.get(key)?.value, after.get(key)?.value),
  );
}
