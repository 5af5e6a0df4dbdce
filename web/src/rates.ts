import type { Scan } from './api';

const WINDOW_MILLISECONDS = 6_000;

/** How fast points of scans come to disk, by what the last looks at them showed. */
export class Rates {
  readonly #looks = new Map<string, { time: number; points: number }[]>();

  /** To be told of every look. */
  add(scans: readonly Scan[], now: number): void {
    const names = new Set(scans.map(({ scan }) => scan));
    for (const scan of this.#looks.keys()) if (!names.has(scan)) this.#looks.delete(scan);
    for (const { scan, points } of scans) {
      const looks = this.#looks.get(scan) ?? [];
      looks.push({ time: now, points });
      while (looks.length > 2 && (looks[1]?.time ?? now) < now - WINDOW_MILLISECONDS) looks.shift();
      this.#looks.set(scan, looks);
    }
  }

  /** Points a second, undefined after the first look. */
  of(scan: string): number | undefined {
    const looks = this.#looks.get(scan) ?? [];
    const [first, last] = [looks[0], looks.at(-1)];
    if (first === undefined || last === undefined || last.time <= first.time) return undefined;
    return Math.max(0, ((last.points - first.points) * 1_000) / (last.time - first.time));
  }
}
