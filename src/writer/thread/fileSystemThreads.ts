import { FileSystemThread } from './fileSystemThread.js';

/**
 * The threads by file system (`stat.dev`), each made when it is first needed, so that a mount that hangs stops only
 * the scans that are on it (DESIGN decision 6).
 */
export class FileSystemThreads {
  readonly #byDevice = new Map<number, FileSystemThread>();
  /** Asks where a path is, and becomes the thread of a file system that has none yet. */
  #scout: FileSystemThread | undefined;

  async of(target: string): Promise<FileSystemThread> {
    const scout = (this.#scout ??= new FileSystemThread());
    const device = await scout.call('device', [target]);
    const known = this.#byDevice.get(device);
    if (known !== undefined) return known;
    // Another path was asked for meanwhile and took the scout.
    const thread = this.#scout === scout ? scout : new FileSystemThread();
    if (this.#scout === scout) this.#scout = undefined;
    this.#byDevice.set(device, thread);
    return thread;
  }

  async close(): Promise<void> {
    const threads = [...this.#byDevice.values(), ...(this.#scout ? [this.#scout] : [])];
    await Promise.all(threads.map((thread) => thread.close()));
  }
}
