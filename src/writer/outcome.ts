import type { ChannelCount, MissingPoints, WriterStatus } from '../layout/index.js';
import type { EndReason, ScanIdentity } from '../scan/index.js';

/** How the writing of one scan came out. */
export interface ScanOutcome {
  readonly scan: ScanIdentity;
  readonly file: string;
  readonly master: string | undefined;
  /** Whether all masters above lead to the file. */
  readonly areMastersDone: boolean;
  /** RUNNING when the writer was stopped before the scan's end. */
  readonly status: WriterStatus;
  readonly endReason: EndReason | undefined;
  readonly channels: readonly ChannelCount[];
  readonly missing: readonly MissingPoints[];
  /** What a person should know, empty when there is nothing. */
  readonly message: string;
  /** The file was complete before: nothing was written. */
  readonly wasComplete: boolean;
}

/** How far the writing of one scan is. */
export interface ScanProgress {
  readonly scan: ScanIdentity;
  readonly file: string;
  /** Points of all channels that are in the file, flushed. */
  readonly points: number;
  /** Rows of the longest channel, of how many that are planned (-1 unknown). */
  readonly rows: number;
  readonly expected: number;
}
