/** What was looked at and how it is. */
export interface Finding {
  readonly about: string;
  readonly level: 'ok' | 'warning' | 'error';
  /** One sentence. */
  readonly message: string;
  /** What a person should do about it. */
  readonly fix?: string;
}

export function ok(about: string, message: string): Finding {
  return { about, level: 'ok', message };
}

export function warning(about: string, message: string, fix: string): Finding {
  return { about, level: 'warning', message, fix };
}

export function fault(about: string, message: string, fix: string): Finding {
  return { about, level: 'error', message, fix };
}

/** `1 scan`, `2 scans` */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** `12 GiB` */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 2 ** (10 * power);
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power] ?? ''}`;
}
