import { readdirSync, readFileSync } from 'node:fs';

const INTERVAL_MILLISECONDS = 250;

/** CPU time of each thread of this process, also of those that have ended meanwhile. Linux only. */
export class ThreadTimes {
  #last = new Map();
  #timer = setInterval(() => this.#look(), INTERVAL_MILLISECONDS);

  #look() {
    const now = performance.now();
    for (const task of readdirSync('/proc/self/task')) {
      const nanoseconds = cpuOf(task);
      const first = this.#last.get(task)?.first ?? { now, nanoseconds };
      if (nanoseconds !== undefined) this.#last.set(task, { first, now, nanoseconds });
    }
  }

  /** Share of a core that the busiest thread but the main one had while it was there. */
  busiest() {
    clearInterval(this.#timer);
    let [most, share] = [0, 0];
    for (const [task, { first, now, nanoseconds }] of this.#last) {
      const used = (nanoseconds - first.nanoseconds) / 1e6;
      if (Number(task) === process.pid || used <= most) continue;
      [most, share] = [used, used / (now - first.now)];
    }
    return share;
  }
}

function cpuOf(task) {
  try {
    return Number(readFileSync(`/proc/self/task/${task}/schedstat`, 'latin1').split(' ')[0]);
  } catch {
    return undefined;
  }
}
