/** How a disk fills up. */
export interface DiskState {
  readonly freeBytes: number;
  /** Bytes a second by which that shrinks now. */
  readonly rate: number;
  /** Until scans have to wait for room; Infinity when it does not shrink. */
  readonly seconds: number;
}

/** Shrinking is measured over so long: a camera writes in bursts. */
const WINDOW_SECONDS = 60;
/** Enough to delete something, or to end the scan in good order. */
export const WARN_SECONDS = 15 * 60;
/** After a warning, before another one. */
const RELIEF = 2;

/** Projects when a disk is full from how its room has shrunk, whoever filled it. */
export class DiskForecast {
  readonly #samples: { seconds: number; free: number }[] = [];
  #isWarned = false;

  /**
   * @param seconds now, in a time that nobody can set back
   * @param free bytes that may still be written
   * @returns how the disk fills up, and whether a person is to be told now
   */
  add(seconds: number, free: number): { state: DiskState; isAlarming: boolean } {
    this.#samples.push({ seconds, free });
    while ((this.#samples[0]?.seconds ?? seconds) < seconds - WINDOW_SECONDS) this.#samples.shift();
    const first = this.#samples[0] ?? { seconds, free };
    const elapsed = seconds - first.seconds;
    const rate = elapsed > 0 ? Math.max(0, (first.free - free) / elapsed) : 0;
    const left = rate > 0 ? Math.max(0, free) / rate : Infinity;
    const isAlarming = left < WARN_SECONDS && !this.#isWarned;
    if (isAlarming) this.#isWarned = true;
    if (left > RELIEF * WARN_SECONDS) this.#isWarned = false;
    return { state: { freeBytes: free, rate, seconds: left }, isAlarming };
  }
}
