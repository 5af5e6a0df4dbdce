import { pino, type Logger } from 'pino';
import type { LogLevel } from '../service/index.js';

/** Logs go to stderr: for people on a terminal, one JSON object a line elsewhere. Synchronous, so none is lost. */
export function makeLogger(level: LogLevel = 'info'): Logger {
  const destination = process.stderr.isTTY ? terminalStream : pino.destination({ dest: 2, sync: true });
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

let progressLength = 0;

const terminalStream = {
  write(line: string): void {
    const { level, time, msg } = JSON.parse(line) as { level: number; time: string; msg: string };
    const mark = level >= 50 ? 'error: ' : level >= 40 ? 'warning: ' : '';
    clearProgress();
    process.stderr.write(`${time.slice(11, 19)} ${mark}${msg}\n`);
  },
};

/** Rewrites one line on a terminal; nothing elsewhere. */
export function showProgress(text: string): void {
  if (!process.stderr.isTTY) return;
  const line = text.slice(0, (process.stderr.columns || 80) - 1);
  process.stderr.write(`\r${line.padEnd(progressLength)}`);
  progressLength = line.length;
}

export function clearProgress(): void {
  if (progressLength > 0) process.stderr.write(`\r${' '.repeat(progressLength)}\r`);
  progressLength = 0;
}

/** `12.3 k`: short numbers for rates and counts. */
export function shortNumber(value: number): string {
  const units: readonly [number, string][] = [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' k'],
  ];
  const [size, unit] = units.find(([limit]) => value >= limit * 10) ?? [1, ''];
  return `${size === 1 ? Math.round(value) : (value / size).toPrecision(3)}${unit}`;
}

/** Points per second between two looks. */
export class Rate {
  #last = { points: 0, time: Date.now() };
  #rate = 0;

  update(points: number): number {
    const time = Date.now();
    const seconds = (time - this.#last.time) / 1000;
    if (seconds >= 0.2) {
      this.#rate = Math.max(0, points - this.#last.points) / seconds;
      this.#last = { points, time };
    }
    return this.#rate;
  }
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Begins a terminal anew; nothing elsewhere. */
export function clearScreen(): void {
  if (process.stdout.isTTY) process.stdout.write('\u001b[H\u001b[2J');
}

/** Columns as wide as their longest cell. */
export function tableLines(header: readonly string[], rows: readonly string[][]): string[] {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  return [header, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Characters that steer a terminal or turn the direction of a line, and those that end one. */
const STEERING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A text from a file so that it can only be read: ESC becomes `\u001b`. */
export function printable(text: string): string {
  return text.replace(STEERING, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * One JSON object on stdout: NaN and infinities are null, integers above 2^53 are text. Characters that steer a
 * terminal are escaped, of which JSON itself does only the oldest.
 */
export function printJson(value: unknown): void {
  const json = JSON.stringify(value, (_, item: unknown) => {
    if (typeof item === 'bigint') return Number.isSafeInteger(Number(item)) ? Number(item) : String(item);
    return item;
  });
  print(printable(json));
}
