import { Worker } from 'node:worker_threads';
import { messageOf, ScanWriterError } from '../../scan/index.js';
import type { Report, Task } from './messages.js';

/** One call to HDF5 that takes longer does not end: a slow disk is faster, and a damaged file can have circles. */
const PATIENCE_MS = 30_000;
const LOOKS = 10;

/**
 * A thread that answers questions about files, one after the other, by a script that calls `answerQuestions`. A
 * question on which HDF5 does not come to an end is given up.
 */
export class WatchedThread<Question, Answer> {
  readonly #script: string;
  readonly #patienceMs: number;
  #worker: Worker | undefined;

  /** @param script a built file, also when the caller runs from TypeScript sources */
  constructor(script: string, patienceMs = PATIENCE_MS) {
    this.#script = script;
    this.#patienceMs = patienceMs;
  }

  /**
   * @param subject the files, for the sentence of an error
   * @param onProgress is told how far the answer is
   * @throws ScanWriterError `hdf5` if the question cannot be answered, or reading does not end
   */
  async ask(
    question: Question,
    subject: string,
    onProgress: (text: string) => void = () => undefined,
  ): Promise<Answer> {
    const said = await this.#waitFor(question, subject, onProgress);
    if ('answer' in said) return said.answer;
    // What is left of the library in there is not to be trusted with another file.
    await this.close();
    throw new ScanWriterError('hdf5', said.failure, { subject });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #waitFor(
    question: Question,
    subject: string,
    onProgress: (text: string) => void,
  ): Promise<{ answer: Answer } | { failure: string }> {
    const beats = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const counter = new Int32Array(beats);
    // What the library says about a file, such as a name that is no UTF-8, is not for the user.
    const worker = (this.#worker ??= new Worker(this.#script, { stdout: true, stderr: true }));
    return await new Promise((resolve) => {
      const end = (said: { answer: Answer } | { failure: string }): void => {
        clearInterval(watch);
        worker.off('message', reported).off('error', failed).off('exit', ended);
        resolve(said);
      };
      const fail = (why: string): void => {
        end({ failure: `${subject} cannot be read: ${why}.` });
      };
      const reported = (report: Report<Answer>): void => {
        if ('progress' in report) onProgress(report.progress);
        else end(report);
      };
      const failed = (error: unknown): void => {
        fail(messageOf(error));
      };
      const ended = (): void => {
        fail('the thread that read it ended');
      };
      let [seen, looks] = [-1, 0];
      const watch = setInterval(() => {
        const beat = Atomics.load(counter, 0);
        looks = beat === seen ? looks + 1 : 0;
        seen = beat;
        if (looks >= LOOKS)
          fail('HDF5 does not come to an end, so it is damaged or its disk does not answer');
      }, this.#patienceMs / LOOKS);
      worker.on('message', reported).on('error', failed).on('exit', ended);
      worker.postMessage({ question, beats } satisfies Task<Question>);
    });
  }
}
