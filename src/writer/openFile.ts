import type { TreeOperation } from '../layout/index.js';
import type { Checkpoint, JournalState, PointBlock, RefusedBlock } from './files/index.js';
import type { FileHandle, FileSystemThread } from './thread/index.js';
import type { WriteScanOptions } from './writeScanOptions.js';
import { tryAgain, type Patience } from './tryAgain.js';

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
  readonly #options: Patience & Pick<WriteScanOptions, 'onWritten'>;
  readonly #stop: AbortSignal;

  constructor(
    { thread, handle, path, suffix, resumed }: Opened,
    options: Patience & Pick<WriteScanOptions, 'onWritten'>,
    stop: AbortSignal,
  ) {
    this.thread = thread;
    this.handle = handle;
    this.path = path;
    this.suffix = suffix;
    this.resumed = resumed;
    this.#options = options;
    this.#stop = stop;
  }

  /**
   * Writes and flushes, see {@link tryAgain}. The buffers of the points belong to the thread from now on.
   * @param checkpoint what is in the file then; undefined for the last changes of all
   * @returns points that the file cannot hold
   * @throws ScanWriterError
   */
  async write(
    operations: readonly TreeOperation[],
    blocks: readonly PointBlock[],
    checkpoint: Checkpoint | undefined,
  ): Promise<RefusedBlock[]> {
    const { thread, handle } = this;
    const buffers = blocks.flatMap(({ points }) =>
      'dtype' in points ? [points.bytes.buffer as ArrayBuffer] : [],
    );
    const { refused, times } = await tryAgain(
      (isFirst) =>
        isFirst
          ? thread.call('write', [handle, operations, blocks, checkpoint], buffers)
          : thread.call('writeAgain', [handle]),
      this.#options,
      this.#stop,
    );
    this.#options.onWritten?.(times);
    return refused;
  }
}
