import type { LayoutOptions, WriterProgram } from '../layout/index.js';
import type { Channel, ScanEvent, ScanWriterError } from '../scan/index.js';
import type { BufferPool } from './bufferPool.js';
import type { ByteBudget } from './byteBudget.js';
import type { DirectoryOptions, DiskOptions, FileOptions, WriteTimes } from './files/index.js';
import type { Masters } from './masters.js';
import type { OpenScan, ScanProgress } from './outcome.js';
import type { TargetPolicy } from './target/index.js';
import type { FileSystemThreads } from './thread/index.js';

export interface WriteScanOptions {
  readonly target: TargetPolicy;
  readonly threads: FileSystemThreads;
  readonly masters: Masters;
  readonly budget: ByteBudget;
  /** For what goes to the threads. */
  readonly buffers: BufferPool;
  readonly flushMilliseconds: number;
  /** Replace a file that is complete. */
  readonly force: boolean;
  /** Whether the master shall link to the scan while it is written, or only at its end. */
  readonly linkAtStart: boolean;
  /** Whether images are made reachable from the file, copied into it where HDF5 cannot link them, or not mentioned. */
  readonly images: 'link' | 'copy' | 'none';
  /** How long the files of images that are ready may take to be whole, after the scan's end. */
  readonly imagesMilliseconds: number;
  readonly layout: LayoutOptions;
  readonly directories: DirectoryOptions;
  readonly files: FileOptions;
  readonly disk: DiskOptions;
  readonly program: WriterProgram;
  /** Whether whoever asked waits for a disk that is full, and comes back to a scan that could not be written. */
  readonly isRetried: boolean;
  /** The scan has its file now; told again with each new file. */
  readonly onOpen?: (scan: OpenScan) => void;
  /** Told after each write how long it took in the thread. */
  readonly onWritten?: (times: WriteTimes) => void;
  readonly onProgress?: (progress: ScanProgress) => void;
  /** The disk takes nothing at the moment, and why; undefined when it does again. */
  readonly onWaiting?: (error: ScanWriterError | undefined) => void;
  /** What a person should know and what stops nothing. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Makes the events of the scan; they end when the signal says so.
 * @param startOf index of a channel's first point that is wanted; asked when `scanStarted` has been taken
 */
export type ScanEventSource = (
  signal: AbortSignal,
  startOf: (channel: Channel) => number,
) => AsyncIterable<ScanEvent>;
