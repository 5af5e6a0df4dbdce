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
  readonly #lastUpdate = new Map<string, number>();
  readonly #waiting = new Map<string, Waiting>();

  /** @returns the path of the master that was written; rejects as {@link FileSystemThread.call} does */
  async update(thread: FileSystemThread, request: MasterRequest): Promise<string> {
    const { master } = request;
    const waiting = this.#waiting.get(master);
    if (waiting !== undefined) {
      // The newest comes first: it becomes the default.
      waiting.request = { ...request, links: [...request.links, ...waiting.request.links] };
      return waiting.done;
    }
    const delay = (this.#lastUpdate.get(master) ?? -Infinity) + COALESCE_MILLISECONDS - Date.now();
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
    this.#lastUpdate.set(request.master, Date.now());
    return thread.call('updateMaster', [request]);
  }
}
