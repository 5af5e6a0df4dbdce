import type { ChannelCount, LivePlot, MissingPoints, WriterStatus } from '../layout/index.js';
import type { Channel, EndReason, ScanIdentity } from '../scan/index.js';
import type { PointColumns, PointRequest } from './files/index.js';
import type { GroveAnswer, GroveRequest } from './hdf5/index.js';

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

/** Points of all channels that are in the file. */
export function pointsOf({ channels }: Pick<ScanOutcome, 'channels'>): number {
  return channels.reduce((sum, { received }) => sum + received, 0);
}

/** How far the writing of one scan is. */
export interface ScanProgress {
  readonly scan: ScanIdentity;
  readonly file: string;
  /** Points of all channels that are in the file, flushed. */
  readonly points: number;
  /** Bytes of those that this writer has put there, as they were published. */
  readonly bytes: number;
  /** Rows of the longest channel, of how many that are planned (-1 unknown). */
  readonly rows: number;
  readonly expected: number;
}

/** How far the writing of one channel is. */
export interface ChannelProgress {
  readonly channel: Channel;
  /** Where its points stand in the file. */
  readonly dataset: string;
  /** Points that were read from Redis. */
  readonly came: number;
  /** Points that are in the file, flushed. */
  readonly received: number;
  /** Index after the last point in the file. */
  readonly rows: number;
  /** Points that will not come any more; a count of -1 when nobody knows how many. */
  readonly missing: readonly { readonly first: number; readonly count: number; readonly reason: string }[];
}

/** A scan whose file is open, for whoever wants to look at it: nothing of this is made before it is asked for. */
export interface OpenScan {
  readonly scan: ScanIdentity;
  readonly file: string;
  /** Entries of the file: `12.1`. */
  readonly entries: readonly string[];
  progress(): ScanProgress;
  channels(): ChannelProgress[];
  /** For how many seconds the oldest point that is not in the file has been waiting; 0 when there is none. */
  lagSeconds(): number;
  /**
   * Reads points that are in the file, flushed, in the thread that holds it.
   * @param channels names
   * @returns no points when one of the channels has none yet
   * @throws ScanWriterError `usage` for a channel that has no values in this file, `target` while the file is being closed
   */
  readPoints(channels: readonly string[], request: PointRequest): Promise<PointColumns>;
  /** What to draw of it; undefined while there is nothing. */
  plot(): LivePlot | undefined;
  /**
   * What a browser of files wants to know, answered by the thread that holds the file.
   * @throws ScanWriterError `target` while the file is being closed
   */
  ask(request: GroveRequest): Promise<GroveAnswer>;
}
