import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../scan/index.js';
import type { Report, Task } from './messages.js';

/** What a script has to tell while it looks for an answer. */
export interface Asker {
  /** To be called again and again as long as the reading goes on. */
  readonly beat: () => void;
  readonly progress: (text: string) => void;
}

/**
 * Makes this thread answer the questions of a `WatchedThread`.
 * @param answerTo takes what that thread is asked: `never` stands for any type of it
 */
export function answerQuestions(answerTo: (question: never, asker: Asker) => Promise<unknown>): void {
  const report = (said: Report<unknown>): void => parentPort?.postMessage(said);
  parentPort?.on('message', ({ question, beats }: Task<never>) => {
    const counter = new Int32Array(beats);
    const asker: Asker = {
      beat: () => {
        Atomics.add(counter, 0, 1);
      },
      progress: (text) => {
        report({ progress: text });
      },
    };
    answerTo(question, asker).then(
      (answer) => {
        report({ answer });
      },
      (error: unknown) => {
        report({ failure: messageOf(error) });
      },
    );
  });
}
