/** What has been done for a session since the service was started. Only grows. */
export interface SessionTotals {
  points: number;
  /** Of these points, as they were published. */
  bytes: number;
  /** Of files that were begun. */
  entries: number;
  gaps: number;
  gapPoints: number;
  /** Scans that ended, by the status of their file. */
  readonly ended: Map<string, number>;
}

export function newTotals(): SessionTotals {
  return { points: 0, bytes: 0, entries: 0, gaps: 0, gapPoints: 0, ended: new Map() };
}

/** How much of a count is new: each file begins with what a writer before had put there. */
export class Increments {
  readonly #last = new Map<string, { points: number; bytes: number }>();

  begin(dbName: string, points: number, bytes: number): void {
    this.#last.set(dbName, { points, bytes });
  }

  next(dbName: string, points: number, bytes: number): { points: number; bytes: number } {
    const last = this.#last.get(dbName) ?? { points, bytes };
    this.#last.set(dbName, { points, bytes });
    return { points: Math.max(0, points - last.points), bytes: Math.max(0, bytes - last.bytes) };
  }

  end(dbName: string): void {
    this.#last.delete(dbName);
  }
}
