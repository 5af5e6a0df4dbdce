import { askJson, scanPath, type Points } from '../api';

/** Drawing more takes a browser too long. */
const MOST_POINTS = 200_000;

/** Points of some channels of a scan, which grow as the scan goes on. */
export class GrowingPoints {
  readonly #scan: string;
  readonly #channels: readonly string[];
  readonly columns: number[][];
  #next = 0;
  isEnded = false;

  constructor(scan: string, channels: readonly string[]) {
    this.#scan = scan;
    this.#channels = channels;
    this.columns = channels.map(() => []);
  }

  /** Whether these are the points of that scan and those channels. */
  matches(scan: string, channels: readonly string[]): boolean {
    return scan === this.#scan && channels.join() === this.#channels.join();
  }

  get count(): number {
    return this.columns[0]?.length ?? 0;
  }

  get isFull(): boolean {
    return this.count >= MOST_POINTS;
  }

  /**
   * Takes what is new on disk.
   * @throws ApiError, also when it has taken some points before
   */
  async grow(): Promise<void> {
    while (!this.isEnded && !this.isFull) {
      const names = this.#channels.map(encodeURIComponent).join(',');
      const path = `${scanPath(this.#scan)}/data?channels=${names}&from=${this.#next}`;
      const { next, is_ended, channels } = await askJson<Points>(path);
      for (const [index, { values }] of channels.entries())
        this.columns[index]?.push(...values.map(numberOf));
      this.isEnded = is_ended;
      if (next === this.#next) break;
      this.#next = next;
    }
  }
}

/** JSON has neither NaN nor large integers. */
function numberOf(value: unknown): number {
  return value === null ? NaN : Number(value);
}
