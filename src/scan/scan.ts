import type { DType } from './dtype.js';

/** Numbers and names repeat when Redis is flushed: only the two together name a scan. */
export interface ScanIdentity {
  /** The scan's node in Redis, such as `session:mnt:data:1_ascan` (PROTOCOL 2). */
  readonly dbName: string;
  /** Seconds since the epoch, `start_timestamp` of scan_info; NaN when the publisher did not say. */
  readonly startTimestamp: number;
}

export function isSameScan(a: ScanIdentity, b: ScanIdentity): boolean {
  return a.dbName === b.dbName && Object.is(a.startTimestamp, b.startTimestamp);
}

/** The session of a node in Redis: the first part of its name. */
export function sessionOf(dbName: string): string {
  return dbName.split(':', 1)[0] ?? dbName;
}

/** A node's own name, the last part of its db_name: `12_ascan`. */
export function nodeName(dbName: string): string {
  return dbName.slice(dbName.lastIndexOf(':') + 1);
}

/** What a channel publishes: values, references to images on disk, or the db_names of member scans. */
export type ChannelKind = 'data' | 'images' | 'members';

export interface Channel {
  /** The channel's node in Redis, unique in the scan (a full name can stand below two top masters). */
  readonly id: string;
  /** Full name, such as `axis:robx` or `simu1:spectrum_det0`. */
  readonly name: string;
  readonly kind: ChannelKind;
  /** Names of the device nodes above the channel, the top master first. */
  readonly devices: readonly string[];
  /** As declared; undefined for text, images and what the publisher did not say. */
  readonly dtype: DType | undefined;
  /** Shape of one point as declared, `[]` for a scalar. */
  readonly shape: readonly number[];
  readonly unit: string | undefined;
}

/** How a scan ended, from the final `state` of scan_info (PROTOCOL 6). */
export type EndReason = 'SUCCESS' | 'USER_ABORT' | 'FAILURE';

/** Life of a scan as the publisher states it; `UNKNOWN` when it does not. */
export type ScanState = 'PREPARING' | 'RUNNING' | 'STOPPING' | 'DONE' | 'USER_ABORTED' | 'FAILED' | 'UNKNOWN';

const END_REASONS: Partial<Record<ScanState, EndReason>> = {
  DONE: 'SUCCESS',
  USER_ABORTED: 'USER_ABORT',
  FAILED: 'FAILURE',
};

/** The reason that belongs to a final state; a scan that ended without one failed (DESIGN, "Words in the file"). */
export function endReasonOf(state: ScanState): EndReason {
  return END_REASONS[state] ?? 'FAILURE';
}

export function isFinalState(state: ScanState): boolean {
  return END_REASONS[state] !== undefined;
}
