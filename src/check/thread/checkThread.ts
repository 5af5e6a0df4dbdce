import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { messageOf, ScanWriterError } from '../../scan/index.js';
import type { CheckedFile } from '../check.js';
import type { Answer, Question } from './messages.js';

/** Always the built file, also when the caller runs from TypeScript sources. */
const WORKER = createRequire(import.meta.url).resolve('#check-thread');

/** One call to HDF5 that takes longer does not end: a slow disk is faster, and a damaged file can have circles. */
const PATIENCE_MS = 30_000;
const LOOKS = 10;

/** Checks files in a thread of its own, one after the other, and gives up one on which HDF5 does not come to an end. */
export class CheckThread {
  readonly #patienceMs: number;
  #worker: Worker | undefined;

  constructor(patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
  }

  /** @throws ScanWriterError `hdf5` if the file cannot be read, or reading it does not end */
  async check(file: string): Promise<CheckedFile> {
    const beats = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const question: Question = { file, beats };
    const answer = await this.#ask(question, new Int32Array(beats));
    if ('checked' in answer) return answer.checked;
    // What is left of the library in there is not to be trusted with another file.
    await this.close();
    throw new ScanWriterError('hdf5', answer.failure, { subject: file });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #ask(question: Question, beats: Int32Array): Promise<Answer> {
    // What the library says about a file, such as a name that is no UTF-8, is not for the user.
    const worker = (this.#worker ??= new Worker(WORKER, { stdout: true, stderr: true }));
    return await new Promise<Answer>((resolve) => {
      const answered = (answer: Answer): void => {
        clearInterval(watch);
        worker.off('message', answered).off('error', failed).off('exit', ended);
        resolve(answer);
      };
      const fail = (why: string): void => {
        answered({ failure: `${question.file} cannot be read: ${why}.` });
      };
      const failed = (error: unknown): void => {
        fail(messageOf(error));
      };
      const ended = (): void => {
        fail('the thread that read it ended');
      };
      let [seen, looks] = [-1, 0];
      const watch = setInterval(() => {
        const beat = Atomics.load(beats, 0);
        looks = beat === seen ? looks + 1 : 0;
        seen = beat;
        if (looks >= LOOKS)
          fail('HDF5 does not come to an end, so it is damaged or its disk does not answer');
      }, this.#patienceMs / LOOKS);
      worker.on('message', answered).on('error', failed).on('exit', ended);
      worker.postMessage(question);
    });
  }
}
