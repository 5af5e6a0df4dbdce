import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../scan/index.js';
import { checkFile } from '../check.js';
import type { Answer, Question } from './messages.js';

parentPort?.on('message', ({ file, beats }: Question) => {
  const counter = new Int32Array(beats);
  const beat = (): void => {
    Atomics.add(counter, 0, 1);
  };
  void answer(file, beat).then((said) => parentPort?.postMessage(said));
});

async function answer(file: string, beat: () => void): Promise<Answer> {
  try {
    return { checked: await checkFile(file, beat) };
  } catch (error) {
    return { failure: messageOf(error) };
  }
}
