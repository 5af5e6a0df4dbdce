/**
 * What went wrong, by what a caller can do about it:
 * - `usage`: the command line, a configuration or a path outside the roots; nothing was tried
 * - `unsaved`: the scan is not meant to be saved and no output was named
 * - `unreachable`: no connection to Redis
 * - `refused`: Redis answered and said no
 * - `unknownScan`: the scan is not in Redis
 * - `target`: the directory or file cannot be written
 * - `full`: no room on the disk, or none that this user may take
 * - `locked`: another writer writes this file
 * - `foreign`: the file holds something that is not ours
 * - `hdf5`: the HDF5 library reported an error
 * - `undecodable`: what Redis holds is not what BLISS publishes
 * - `recording`: a recording cannot be read
 */
export type ErrorTag =
  | 'usage'
  | 'unsaved'
  | 'unreachable'
  | 'refused'
  | 'unknownScan'
  | 'target'
  | 'full'
  | 'locked'
  | 'foreign'
  | 'hdf5'
  | 'undecodable'
  | 'recording';

export interface ErrorDetails {
  /** The scan, channel, file or address concerned. */
  readonly subject?: string;
  /** Whether doing the same again later can succeed. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** The one error type of this project. The message is a sentence that tells a person what to do. */
export class ScanWriterError extends Error {
  override readonly name = 'ScanWriterError';
  readonly tag: ErrorTag;
  readonly subject: string | undefined;
  readonly retryable: boolean;

  constructor(tag: ErrorTag, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.tag = tag;
    this.subject = details.subject;
    this.retryable = details.retryable ?? false;
  }
}

/** The sentence of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A broken promise about our own data, never about data from outside. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value ${JSON.stringify(value)}`);
}
