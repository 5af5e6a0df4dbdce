import { createRequire } from 'node:module';
import { WatchedThread } from '../../reading/index.js';
import type { CheckedFile } from '../check.js';

const WORKER = createRequire(import.meta.url).resolve('#check-thread');

/** Checks files in a thread of its own, one after the other, and gives up one on which HDF5 does not come to an end. */
export class CheckThread {
  readonly #thread: WatchedThread<string, CheckedFile>;

  constructor(patienceMs?: number) {
    this.#thread = new WatchedThread(WORKER, patienceMs);
  }

  /** @throws ScanWriterError `hdf5` if the file cannot be read, or reading it does not end */
  check(file: string): Promise<CheckedFile> {
    return this.#thread.ask(file, file);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
