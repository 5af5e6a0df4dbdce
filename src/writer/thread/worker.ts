import { parentPort } from 'node:worker_threads';
import { toWire, type Request, type Response } from './messages.js';
import { methods } from './methods.js';

/** Entry of a file system's thread: does what it is asked one after the other. */
let last: Promise<void> = Promise.resolve();

parentPort?.on('message', (request: Request) => {
  last = last.then(async () => {
    parentPort?.postMessage(await answer(request));
  });
});

async function answer(request: Request): Promise<Response> {
  try {
    // Checked by the compiler where the call is made, see FileSystemThread.call.
    const table = methods as unknown as Record<string, (...values: readonly unknown[]) => unknown>;
    return { id: request.id, result: await table[request.method]?.(...request.arguments) };
  } catch (error) {
    return { id: request.id, error: toWire(error) };
  }
}
