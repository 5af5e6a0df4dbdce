import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { messageOf, ScanWriterError } from '../../scan/index.js';
import { KEYS, kindOf } from './keys.js';

/**
 * Reads a TOML file whose keys are long options: `root = ["/data"]`, `flush = "200ms"`, `all-sessions = true`.
 * @returns the values by key
 * @throws ScanWriterError `usage` that names the key and what it takes
 */
export function readFile(file: string): Map<string, unknown> {
  return new Map(Object.entries(parseToml(file)).map(([key, value]) => [key, checked(file, key, value)]));
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
  switch (kindOf(key)) {
    case 'repeated':
      if (isText) return [value];
      if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
      throw wrong(file, key, 'a text or a list of texts');
    case 'switch':
      if (typeof value === 'boolean') return value;
      throw wrong(file, key, 'true or false');
    case 'text':
      if (isText) return value;
      if (typeof value === 'number' || typeof value === 'bigint') return String(value);
      throw wrong(file, key, 'a text');
    case undefined:
      throw new ScanWriterError(
        'usage',
        `The configuration ${file} has an unknown key "${key}": it can hold ${KEYS.join(', ')}.`,
        { subject: file },
      );
  }
}

function wrong(file: string, key: string, takes: string): ScanWriterError {
  return new ScanWriterError('usage', `"${key}" in the configuration ${file} takes ${takes}.`, {
    subject: file,
  });
}
