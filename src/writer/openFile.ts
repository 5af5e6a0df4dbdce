import type { TreeOperation } from '../layout/index.js';
import type { Checkpoint, JournalState, PointBlock, RefusedBlock } from './files/index.js';
import type { FileHandle, FileSystemThread } from './thread/index.js';
import { tryAgain, type Patience } from './tryAgain.js';
import type { WriteScanOptions } from './writeScanOptions.js';

type FileOptions = Patience & Pick<WriteScanOptions, 'buffers' | 'onWritten'>;

interface Opened {
  readonly thread: FileSystemThread;
  readonly handle: FileHandle;
  readonly path: string;
  /** `_r1`, `_r2` when other files had the name already, else empty. */
  readonly suffix: string;
  /** How far a writer before had come. */
  readonly resumed: JournalState | undefined;
}

/** The file of one scan while it is written, as it is seen from outside its thread. */
export class OpenFile {
  readonly thread: FileSystemThread;
  readonly handle: FileHandle;
  readonly path: string;
  readonly suffix: string;
  readonly resumed: JournalState | undefined;
  readonly #options: FileOptions;
  readonly #stop: AbortSignal;

  constructor({ thread, handle, path, suffix, resumed }: Opened, options: FileOptions, stop: AbortSignal) {
    this.thread = thread;
    this.handle = handle;
    this.path = path;
    this.suffix = suffix;
    this.resumed = resumed;
    this.#options = options;
    this.#stop = stop;
  }

  /**
   * Writes and flushes, see {@link tryAgain}. The buffer belongs to the thread from now on, and to the pool after it.
   * @param checkpoint what is in the file then; undefined for the last changes of all
   * @param buffer that of the points
   * @returns points that the file cannot hold
   * @throws ScanWriterError
   */
  async write(
    operations: readonly TreeOperation[],
    blocks: readonly PointBlock[],
    checkpoint: Checkpoint | undefined,
    buffer = new ArrayBuffer(0),
  ): Promise<readonly RefusedBlock[]> {
    const { thread, handle } = this;
    const {
      refused,
      times,
      buffer: free,
    } = await tryAgain(
      (isFirst) =>
        isFirst
          ? thread.call('write', [handle, operations, blocks, checkpoint, buffer], [buffer])
          : thread.call('writeAgain', [handle]),
      this.#options,
      this.#stop,
    );
    if (free !== undefined) this.#options.buffers.giveBack(free);
    this.#options.onWritten?.(times);
    return refused;
  }
}
