import { createRequire } from 'node:module';
import { WatchedThread } from '../../reading/index.js';
import type { Comparison } from '../report.js';
import { findFiles } from '../scans/findFiles.js';
import type { Question } from './messages.js';

const WORKER = createRequire(import.meta.url).resolve('#compare-thread');

/** Compares in a thread of its own, and gives up files on which HDF5 does not come to an end. */
export class CompareThread {
  readonly #thread: WatchedThread<Question, Comparison>;

  constructor(patienceMs?: number) {
    this.#thread = new WatchedThread(WORKER, patienceMs);
  }

  /**
   * @param onProgress is told which scan is being compared
   * @throws ScanWriterError `usage` if one is not there or no HDF5, `hdf5` if they cannot be read, or reading does not end
   */
  async compare(A: string, B: string, onProgress?: (text: string) => void): Promise<Comparison> {
    // Here, since threads pass on the sentence of an error and not its tag.
    for (const tree of [A, B]) findFiles(tree);
    return await this.#thread.ask({ A, B }, `${A} or ${B}`, onProgress);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
