import type { MasterRequest } from './files/index.js';
import type { FileSystemThread } from './thread/index.js';

/** Masters are rewritten whole: at most this often each (DESIGN decision 4). */
const SHORTEST_PAUSE_MILLISECONDS = 1_000;
/** So that no number of links makes the thread work for a master more than a thirtieth of the time. */
const PAUSE_PER_DURATION = 30;
/** A disk that stood still once does not keep a scan out of its master for long. */
const LONGEST_PAUSE_MILLISECONDS = 30_000;

interface Waiting {
  readonly thread: FileSystemThread;
  readonly request: MasterRequest;
  readonly resolve: (master: string) => void;
  readonly reject: (error: unknown) => void;
}

/** Updates masters, putting together what comes for the same one while it is written and in the pause after that. */
export class Masters {
  readonly #stop: AbortSignal | undefined;
  readonly #updates = new Map<string, MasterUpdates>();

  /** @param stop ends the pauses: what waits and what comes later is written as soon as it can be */
  constructor(stop?: AbortSignal) {
    this.#stop = stop;
    stop?.addEventListener('abort', () => {
      for (const updates of this.#updates.values()) updates.hurry();
    });
  }

  /**
   * @returns the path of the master, once it leads to all that is wanted
   * @throws ScanWriterError as {@link FileSystemThread.call} does
   */
  async update(thread: FileSystemThread, request: MasterRequest): Promise<string> {
    // The end of a scan finds the links of its start: there is nothing to write, so nothing to wait for.
    const present = await thread.call('findLinks', [request]);
    if (present !== undefined) return present;
    for (const [master, updates] of this.#updates) if (updates.isIdle) this.#updates.delete(master);
    const updates = this.#updates.get(request.master) ?? new MasterUpdates(this.#stop);
    this.#updates.set(request.master, updates);
    return updates.add(thread, request);
  }
}

/** The updates of one master: one at a time, with a pause after each. */
class MasterUpdates {
  readonly #stop: AbortSignal | undefined;
  #waiting: Waiting[] = [];
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;
  /** In a time that nobody can set back. */
  #pauseEnds = -Infinity;

  constructor(stop: AbortSignal | undefined) {
    this.#stop = stop;
  }

  get isIdle(): boolean {
    return !this.#isRunning && this.#waiting.length === 0 && performance.now() >= this.#pauseEnds;
  }

  add(thread: FileSystemThread, request: MasterRequest): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ thread, request, resolve, reject });
      this.#schedule();
    });
  }

  hurry(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isRunning || this.#timer !== undefined || this.#waiting.length === 0) return;
    const pause = this.#stop?.aborted === true ? 0 : this.#pauseEnds - performance.now();
    if (pause <= 0) void this.#run();
    else this.#timer = setTimeout(() => void this.#run(), pause);
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = this.#waiting;
    const last = waiting.at(-1);
    if (last === undefined) return;
    this.#waiting = [];
    this.#isRunning = true;
    let pause = SHORTEST_PAUSE_MILLISECONDS;
    try {
      const links = waiting.flatMap(({ request }) => request.links);
      const { master, milliseconds } = await last.thread.call('updateMaster', [{ ...last.request, links }]);
      pause = Math.max(pause, Math.min(PAUSE_PER_DURATION * milliseconds, LONGEST_PAUSE_MILLISECONDS));
      for (const { resolve } of waiting) resolve(master);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    } finally {
      this.#isRunning = false;
      this.#pauseEnds = performance.now() + pause;
      this.#schedule();
    }
  }
}
