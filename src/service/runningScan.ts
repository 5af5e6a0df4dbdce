import { setTimeout as sleep } from 'node:timers/promises';
import type { ScanIdentity } from '../scan/index.js';

/** A scan that the service is busy with, and what can be asked of it. */
export class RunningScan {
  readonly scan: ScanIdentity;
  /** Where it is written to, once that is known. */
  file: string | undefined;
  readonly #stop = new AbortController();
  readonly #kill = new AbortController();
  #hurry = new AbortController();

  constructor(scan: ScanIdentity) {
    this.scan = scan;
  }

  /** No more of it is to be read. */
  get stopReading(): AbortSignal {
    return this.#stop.signal;
  }

  /** What was read is to be the last, and nothing is to be made of it. */
  get killed(): AbortSignal {
    return this.#kill.signal;
  }

  kill(): void {
    this.#kill.abort();
    this.stop();
  }

  stop(): void {
    this.#stop.abort();
    this.hurry();
  }

  /** Ends the pause before the next try to write it, if there is one. */
  hurry(): void {
    this.#hurry.abort();
  }

  async pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    this.#hurry = new AbortController();
    const either = AbortSignal.any([signal, this.stopReading, this.#hurry.signal]);
    await sleep(milliseconds, undefined, { signal: either }).catch(() => undefined);
  }
}
