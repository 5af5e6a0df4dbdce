import PQueue from 'p-queue';
import { FileSystemThreads, type GroveAnswer, type GroveRequest } from '../../writer/index.js';
import type { ScanStatus } from '../status/index.js';
import { busy } from './answers.js';
import { fileOf } from './pointReader.js';

const AT_A_TIME = 2;
const MOST_WAITING = 64;

/**
 * Answers what a browser of files asks. Of a file that is being written, the thread that holds it does, so that all it
 * says belongs together; of others, threads of their own: what is large keeps nobody from writing.
 */
export class FileBrowser {
  readonly #threads = new FileSystemThreads();
  readonly #queue = new PQueue({ concurrency: AT_A_TIME });

  /** @throws HttpError, ScanWriterError */
  ask(status: ScanStatus, request: GroveRequest): Promise<GroveAnswer> {
    if (this.#queue.size >= MOST_WAITING) throw busy('Too many look into files: ask again in a moment.');
    return this.#queue.add(async () => {
      if (status.open !== undefined) return status.open.ask(request);
      const file = fileOf(status);
      const thread = await this.#threads.of(file);
      return thread.call('askClosed', [file, status.scan, request]);
    });
  }

  /** One that hangs in a call is left alone. */
  close(): void {
    void this.#threads.close();
  }
}
