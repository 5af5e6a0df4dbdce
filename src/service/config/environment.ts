import { ScanWriterError } from '../../scan/index.js';
import { kindOf, RUN_KEYS, variableOf } from './keys.js';

const SWITCH_WORDS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/**
 * Options of `run` from variables: `SCAN_WRITER_FLUSH=200ms`, `SCAN_WRITER_ROOT='/data/a;/data/b'`. A variable that is
 * empty is not set.
 * @returns the values by key
 * @throws ScanWriterError `usage` for a switch that is neither true nor false
 */
export function readEnvironment(env: NodeJS.ProcessEnv): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const key of RUN_KEYS) {
    const text = env[variableOf(key)]?.trim();
    if (text) values.set(key, valueOf(key, text));
  }
  return values;
}

function valueOf(key: string, text: string): unknown {
  const kind = kindOf(key);
  if (kind === 'repeated') {
    const items = text.split(';').map((item) => item.trim());
    return items.filter((item) => item !== '');
  }
  if (kind !== 'switch') return text;
  const value = SWITCH_WORDS.get(text.toLowerCase());
  if (value !== undefined) return value;
  throw new ScanWriterError('usage', `$${variableOf(key)} takes true or false, not "${text}".`);
}
