/** Options that can be given several times. */
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
  'required-disk-space',
  'recommended-disk-space',
  'sync',
  'file-mode',
  'dir-mode',
  'group',
  'http',
  'token-file',
  'log-level',
] as const;

/** What a configuration can say: the long options of the commands that write, without the dashes in front. */
export const KEYS: readonly string[] = [...REPEATED, ...SWITCHES, ...TEXTS].sort();

/** Those of `run`: `--force` is for one scan, and nothing that stands somewhere for good. */
export const RUN_KEYS: readonly string[] = KEYS.filter((key) => key !== 'force');

export type KeyKind = 'repeated' | 'switch' | 'text';

/** What a key takes; undefined for one that there is not. */
export function kindOf(key: string): KeyKind | undefined {
  if (isOneOf(REPEATED, key)) return 'repeated';
  if (isOneOf(SWITCHES, key)) return 'switch';
  return isOneOf(TEXTS, key) ? 'text' : undefined;
}

function isOneOf(keys: readonly string[], key: string): boolean {
  return keys.includes(key);
}

/** `all-sessions` -> `allSessions`, the name that the option has in the program. */
export function attributeOf(key: string): string {
  return key.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** `all-sessions` -> `SCAN_WRITER_ALL_SESSIONS` */
export function variableOf(key: string): string {
  return `SCAN_WRITER_${key.replaceAll('-', '_').toUpperCase()}`;
}
