import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { messageOf, ScanWriterError } from '../scan/index.js';

/** What a configuration file can say: the long options of the commands that write, without the dashes in front. */
const REPEATED = ['map', 'root', 'accept-writer', 'session', 'mca-calibration'] as const;
const SWITCHES = [
  'all-sessions',
  'force',
  'generic',
  'keep-shape',
  'multivalue-positioners',
  'scalar-ct',
] as const;
const TEXTS = [
  'redis',
  'file-template',
  'images',
  'compression',
  'chunk-size',
  'unnamed',
  'since',
  'state',
  'flush',
  'memory',
  'quiet',
  'min-free',
  'sync',
  'file-mode',
  'dir-mode',
  'group',
  'http',
  'token-file',
] as const;
const KEYS: readonly string[] = [...REPEATED, ...SWITCHES, ...TEXTS].sort();

/**
 * Reads a TOML file whose keys are long options: `root = ["/data"]`, `flush = "200ms"`, `all-sessions = true`.
 * @returns the values under the names that the options have in the program (`allSessions`)
 * @throws ScanWriterError `usage` that names the key and what it takes
 */
export function readConfig(file: string): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(parseToml(file))) {
    values[key.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())] = checked(file, key, value);
  }
  return values;
}

function parseToml(file: string): Record<string, unknown> {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const where = error instanceof TomlError ? ` line ${error.line}` : '';
    const why = messageOf(error).split('\n')[0] ?? '';
    throw new ScanWriterError('usage', `The configuration ${file}${where} cannot be read: ${why}.`, {
      subject: file,
      cause: error,
    });
  }
}

function checked(file: string, key: string, value: unknown): unknown {
  const isText = typeof value === 'string';
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (isOneOf(REPEATED, key)) {
    if (isText) return [value];
    if (isList) return value;
    throw wrong(file, key, 'a text or a list of texts');
  }
  if (isOneOf(SWITCHES, key)) {
    if (typeof value === 'boolean') return value;
    throw wrong(file, key, 'true or false');
  }
  if (isOneOf(TEXTS, key)) {
    if (isText) return value;
    if (typeof value === 'number' || typeof value === 'bigint') return String(value);
    throw wrong(file, key, 'a text');
  }
  throw new ScanWriterError(
    'usage',
    `The configuration ${file} has an unknown key "${key}": it can hold ${KEYS.join(', ')}.`,
    {
      subject: file,
    },
  );
}

function isOneOf(keys: readonly string[], key: string): boolean {
  return keys.includes(key);
}

function wrong(file: string, key: string, takes: string): ScanWriterError {
  return new ScanWriterError('usage', `"${key}" in the configuration ${file} takes ${takes}.`, {
    subject: file,
  });
}
