import type { MasterRequest } from './files/index.js';
import type { FileSystemThread } from './thread/index.js';

/** Masters are rewritten whole: at most this often each (DESIGN decision 4). */
const COALESCE_MILLISECONDS = 1_000;

interface Waiting {
  request: MasterRequest;
  readonly done: Promise<string>;
}

/** Updates masters, putting together what comes within a second for the same one. */
export class Masters {
  /** Master -> when it was last written, for those of the last second; in a time that nobody can set back. */
  readonly #lastUpdates = new Map<string, number>();
  readonly #waiting = new Map<string, Waiting>();

  /** @returns the path of the master that was written; rejects as {@link FileSystemThread.call} does */
  async update(thread: FileSystemThread, request: MasterRequest): Promise<string> {
    const { master } = request;
    const waiting = this.#waiting.get(master);
    if (waiting !== undefined) {
      waiting.request = { ...request, links: [...waiting.request.links, ...request.links] };
      return waiting.done;
    }
    const delay = (this.#lastUpdates.get(master) ?? -Infinity) + COALESCE_MILLISECONDS - performance.now();
    if (delay <= 0) return this.#run(thread, request);
    const done = new Promise<void>((resolve) => setTimeout(resolve, delay)).then(async () => {
      const merged = this.#waiting.get(master)?.request ?? request;
      this.#waiting.delete(master);
      return this.#run(thread, merged);
    });
    this.#waiting.set(master, { request, done });
    return done;
  }

  async #run(thread: FileSystemThread, request: MasterRequest): Promise<string> {
    const now = performance.now();
    for (const [master, time] of this.#lastUpdates) {
      if (now - time >= COALESCE_MILLISECONDS) this.#lastUpdates.delete(master);
    }
    this.#lastUpdates.set(request.master, now);
    return thread.call('updateMaster', [request]);
  }
}
