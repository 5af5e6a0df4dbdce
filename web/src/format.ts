const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `1 234 567`, with thin spaces. */
export function count(value: number): string {
  return value.toLocaleString('en').replaceAll(',', '\u2009');
}

/** `1 point`, `12 points` */
export function points(value: number): string {
  return `${count(value)} point${value === 1 ? '' : 's'}`;
}

/** `1.23 GB` */
export function bytes(value: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return `${precise(value / 1000 ** power)} ${UNITS[power] ?? ''}`;
}

/** `3.5 s`, `12 min`, `2.1 h`, `4 d` */
export function duration(seconds: number): string {
  if (seconds < MINUTE) return `${precise(seconds)} s`;
  if (seconds < HOUR) return `${Math.round(seconds / MINUTE)} min`;
  return seconds < 2 * DAY ? `${precise(seconds / HOUR)} h` : `${Math.round(seconds / DAY)} d`;
}

/** `4 min ago`, from ISO 8601. */
export function ago(time: string | null): string {
  if (time === null) return '';
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1_000));
  return seconds < 2 ? 'just now' : `${duration(seconds)} ago`;
}

/** Two or three digits that count. */
export function precise(value: number): string {
  if (value === 0) return '0';
  if (value < 0.01) return '<0.01';
  return value >= 100 ? count(Math.round(value)) : String(Number(value.toPrecision(value >= 10 ? 3 : 2)));
}
