/** What one case tells: a table, what its rows mean, and how it compares with what was aimed at. */
export interface Section {
  readonly title: string;
  /** Sentences above the table. */
  readonly text: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly targets: readonly Target[];
}

/** Something to compare with, never to assert. */
export interface Target {
  readonly what: string;
  readonly aim: string;
  readonly measured: string;
  readonly isMet: boolean;
}

/** Three digits, `12.3 k`, `4.56 M`. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const [unit, divisor] =
    Math.abs(value) >= 999.5e3 ? [' M', 1e6] : Math.abs(value) >= 9_995 ? [' k', 1e3] : ['', 1];
  return `${Number((value / divisor).toPrecision(3))}${unit}`;
}

export function seconds(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : '-';
}

export function mebibytes(bytes: number): string {
  return Number.isFinite(bytes) ? (bytes / 2 ** 20).toFixed(0) : '-';
}

export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(0)} %` : '-';
}

export function times(ratio: number): string {
  return Number.isFinite(ratio) ? ratio.toFixed(2) : '-';
}

export function atMost(what: string, measured: number, limit: number): Target {
  return { what, aim: `<= ${limit}`, measured: times(measured), isMet: measured <= limit };
}

export function atLeast(what: string, measured: number, limit: number): Target {
  return { what, aim: `>= ${limit}`, measured: times(measured), isMet: measured >= limit };
}
