import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { ScanWriterError } from '../../scan/index.js';
import { fromWire, type Request, type Response } from './messages.js';
import type { Arguments, MethodName, Result } from './methods.js';

interface Pending {
  /** When it was asked, of `performance.now()`. */
  readonly since: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Always the built file, also when the caller runs from TypeScript sources. */
const WORKER = createRequire(import.meta.url).resolve('#file-system-thread');

/** The thread that does everything on one file system (DESIGN decision 6). */
export class FileSystemThread {
  readonly #worker = new Worker(WORKER);
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #failure: Error | undefined;
  /** A directory that is on this file system, for a person. */
  place = '';

  constructor() {
    this.#worker.on('message', (response: Response) => {
      this.#settle(response);
    });
    this.#worker.on('error', (error) => {
      this.#fail(error);
    });
    this.#worker.on('messageerror', (error) => {
      this.#fail(error);
    });
    this.#worker.on('exit', (code) => {
      this.#fail(new Error(`exit code ${code}`));
    });
    // An idle thread does not keep the process alive; a call that is under way does.
    this.#worker.unref();
  }

  /** It does nothing any more: it was closed, or it died. */
  get hasEnded(): boolean {
    return this.#failure !== undefined;
  }

  /** How long the call that is waited for longest has taken until now, 0 without one. */
  get waitMilliseconds(): number {
    const [oldest] = this.#pending.values();
    return oldest === undefined ? 0 : performance.now() - oldest.since;
  }

  /** @throws ScanWriterError as the method does; `hdf5` when the thread died, `target` when it was closed */
  async call<M extends MethodName>(
    method: M,
    args: Arguments<M>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Result<M>> {
    if (this.#failure !== undefined) throw this.#failure;
    const request: Request = { id: this.#nextId++, method, arguments: args };
    this.#worker.ref();
    try {
      return (await new Promise<unknown>((resolve, reject) => {
        this.#pending.set(request.id, { since: performance.now(), resolve, reject });
        this.#worker.postMessage(request, transfer);
      })) as Result<M>;
    } finally {
      this.#pending.delete(request.id);
      if (this.#pending.size === 0) this.#worker.unref();
    }
  }

  async close(): Promise<void> {
    this.#failure ??= new ScanWriterError('target', 'The writing thread is closed.');
    await this.#worker.terminate();
  }

  #settle(response: Response): void {
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if ('error' in response) pending?.reject(fromWire(response.error));
    else pending?.resolve(response.result);
  }

  #fail(cause: Error): void {
    this.#failure ??= new ScanWriterError(
      'hdf5',
      `The writing thread ended (${cause.message}): start the writer again.`,
      {
        cause,
      },
    );
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
