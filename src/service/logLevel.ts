import { ScanWriterError } from '../scan/index.js';

/** The most important first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const DEFAULT_LOG_LEVEL: LogLevel = 'info';

/** What is logged, to be looked at and set: a logger of pino is one. */
export interface LogSwitch {
  level: string;
}

export function isLogLevel(text: unknown): text is LogLevel {
  return LOG_LEVELS.some((level) => level === text);
}

/**
 * `--log-level`
 * @throws ScanWriterError `usage`
 */
export function parseLogLevel({ logLevel = DEFAULT_LOG_LEVEL }: Readonly<Record<string, unknown>>): LogLevel {
  if (isLogLevel(logLevel)) return logLevel;
  throw new ScanWriterError('usage', `--log-level: takes ${LOG_LEVELS.join(', ')}.`);
}
