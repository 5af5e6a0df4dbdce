import PQueue from 'p-queue';
import {
  readWrittenPoints,
  readWrittenWords,
  type FileSystemThreads,
  type PointColumns,
  type PointRequest,
  type WrittenWords,
} from '../../writer/index.js';
import type { ScanStatus } from '../status/index.js';
import { busy, HttpError } from './answers.js';

/** Readers share the thread that writes: one at a time, and only so many wait. */
const MOST_WAITING = 32;

/** Points that are on disk, read by the thread of their file system. */
export class PointReader {
  readonly #threads: FileSystemThreads;
  readonly #queue = new PQueue({ concurrency: 1 });

  constructor(threads: FileSystemThreads) {
    this.#threads = threads;
  }

  /** @throws HttpError, ScanWriterError */
  read(status: ScanStatus, channels: readonly string[], request: PointRequest): Promise<PointColumns> {
    return this.#inTurn(() => {
      if (status.open !== undefined) return status.open.readPoints(channels, request);
      return readWrittenPoints(this.#threads, fileOf(status), status.scan, channels, request);
    });
  }

  /** What the file of a scan that has ended says of itself. */
  words(status: ScanStatus): Promise<WrittenWords> {
    return this.#inTurn(() => readWrittenWords(this.#threads, fileOf(status), status.scan));
  }

  #inTurn<T>(read: () => Promise<T>): Promise<T> {
    if (this.#queue.size >= MOST_WAITING) throw busy('Too many want to read points: ask again in a moment.');
    return this.#queue.add(read);
  }
}

/** @throws HttpError 404 */
export function fileOf({ file, scan, state }: ScanStatus): string {
  if (file !== undefined) return file;
  throw new HttpError(404, 'noFile', `Scan ${scan.dbName} has no file: it is ${state}.`);
}
