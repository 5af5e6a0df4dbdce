import path from 'node:path';
import { ScanWriterError } from '../../scan/index.js';
import { FileSystemThread } from './fileSystemThread.js';

/**
 * The threads by file system (`stat.dev`), each made when it is first needed, so that a mount that hangs stops only
 * the scans that are on it (DESIGN decision 6). One that died is replaced.
 */
export class FileSystemThreads {
  readonly #byDevice = new Map<number, FileSystemThread>();
  /** Directory -> the answer that is waited for: one that hangs is asked once, however many scans want it. */
  readonly #asked = new Map<string, Promise<FileSystemThread>>();
  /** Threads that ask where a path is, each busy with one question: it may never be answered. */
  readonly #scouts = new Set<FileSystemThread>();
  #idleScout: FileSystemThread | undefined;
  #isClosed = false;

  /** The thread of the file system on which a file is or will be. Waits as long as that file system does. */
  of(target: string): Promise<FileSystemThread> {
    const directory = path.dirname(target);
    const asked = this.#asked.get(directory);
    if (asked !== undefined) return asked;
    const answer = this.#ask(target).finally(() => this.#asked.delete(directory));
    this.#asked.set(directory, answer);
    return answer;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const idle = this.#idleScout === undefined ? [] : [this.#idleScout];
    const threads = [...this.#byDevice.values(), ...this.#scouts, ...idle];
    await Promise.all(threads.map((thread) => thread.close()));
  }

  async #ask(target: string): Promise<FileSystemThread> {
    if (this.#isClosed) throw new ScanWriterError('target', 'The writing threads are closed.');
    const scout = this.#takeScout();
    try {
      const device = await scout.call('device', [target]);
      const known = this.#byDevice.get(device);
      if (known !== undefined && !known.hasEnded) {
        this.#giveBack(scout);
        return known;
      }
      // The scout is there already: it becomes the thread of this file system.
      this.#byDevice.set(device, scout);
      return scout;
    } catch (error) {
      this.#giveBack(scout);
      throw error;
    } finally {
      this.#scouts.delete(scout);
    }
  }

  #takeScout(): FileSystemThread {
    const idle = this.#idleScout;
    this.#idleScout = undefined;
    const scout = idle === undefined || idle.hasEnded ? new FileSystemThread() : idle;
    this.#scouts.add(scout);
    return scout;
  }

  #giveBack(scout: FileSystemThread): void {
    if (this.#idleScout === undefined && !scout.hasEnded && !this.#isClosed) this.#idleScout = scout;
    else void scout.close();
  }
}
