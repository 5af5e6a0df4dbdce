import { parentPort } from 'node:worker_threads';
import { Moved, toWire, type Request, type Response } from './messages.js';
import { methods } from './methods.js';

/** Entry of a file system's thread: does what it is asked one after the other. */
let last: Promise<void> = Promise.resolve();

parentPort?.on('message', (request: Request) => {
  last = last.then(async () => {
    const { response, buffers } = await answer(request);
    parentPort?.postMessage(response, buffers);
  });
});

interface Answer {
  readonly response: Response;
  readonly buffers: readonly ArrayBuffer[];
}

async function answer(request: Request): Promise<Answer> {
  try {
    // Checked by the compiler where the call is made, see FileSystemThread.call.
    const table = methods as unknown as Record<string, (...values: readonly unknown[]) => unknown>;
    const result = await table[request.method]?.(...request.arguments);
    if (!(result instanceof Moved)) return { response: { id: request.id, result }, buffers: [] };
    const { value, buffers } = result as Moved<unknown>;
    return { response: { id: request.id, result: value }, buffers };
  } catch (error) {
    return { response: { id: request.id, error: toWire(error) }, buffers: [] };
  }
}
