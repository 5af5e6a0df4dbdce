import path from 'node:path';
import { ScanWriterError } from '../scan/index.js';
import { checkAddress } from '../subscriber/index.js';
import { parseHttp, type HttpSettings } from './http/index.js';
import { DEFAULT_LOG_LEVEL, parseLogLevel, type LogLevel } from './logLevel.js';
import { FLUSH_MILLISECONDS } from './scanTask.js';
import { defaultSettings, parseSettings, type Settings } from './settings.js';

/** Sessions by name; `all` for every session, also those to come. */
export type Sessions = readonly string[] | 'all';

/** All that `run` is told. */
export interface RunOptions {
  readonly redis: string;
  readonly sessions: Sessions;
  readonly settings: Settings;
  /** Folder in which it remembers scans. */
  readonly state: string;
  readonly http: HttpSettings | undefined;
  readonly logLevel: LogLevel;
}

/** What applies to `run` without the options, as a user would write it. */
export function runDefaults(): Record<string, unknown> {
  return { ...defaultSettings(), flush: `${FLUSH_MILLISECONDS}ms`, logLevel: DEFAULT_LOG_LEVEL };
}

/** @throws ScanWriterError `usage` that names the option and what it takes */
export function parseRunOptions(values: Readonly<Record<string, unknown>>): RunOptions {
  return {
    redis: checkAddress(textIn(values, 'redis')),
    sessions: parseSessions(values),
    settings: parseSettings(values),
    state: path.resolve(textIn(values, 'state')),
    http: parseHttp(values),
    logLevel: parseLogLevel(values),
  };
}

function textIn(values: Readonly<Record<string, unknown>>, name: string): string {
  const value = values[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new ScanWriterError('usage', `--${name} needs a value.`);
}

function parseSessions({ session, allSessions }: Readonly<Record<string, unknown>>): Sessions {
  if (allSessions === true) return 'all';
  const named = Array.isArray(session) ? session.filter((name) => typeof name === 'string') : [];
  if (named.length > 0) return named;
  throw new ScanWriterError(
    'usage',
    'Which sessions? Name them with --session NAME, or take --all-sessions.',
  );
}
