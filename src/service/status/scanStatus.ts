import { sessionOf, type ScanIdentity, type TrimMargin } from '../../scan/index.js';
import type { OpenScan, ScanOutcome } from '../../writer/index.js';
import type { EntryProgress } from './entryProgress.js';

/**
 * Where a scan is, as the service knows it:
 * - `found`: it is in Redis, its file is not there yet
 * - `running`: its file is open
 * - `waiting`: it cannot be written now, and is tried again
 * - `finished`: its file has its end
 * - `abandoned`: its file is closed without an end of the scan, and taken up again when more comes
 * - `stopped`: its file is closed since somebody asked for it
 * - `interrupted`: the service was stopped while it was written; it goes on when the scan is found again
 * - `refused`: it is not ours to write, or cannot be written
 * - `passed`: it had ended before the service was first started
 */
export type ScanStage =
  | 'found'
  | 'running'
  | 'waiting'
  | 'finished'
  | 'abandoned'
  | 'stopped'
  | 'interrupted'
  | 'refused'
  | 'passed';

export const SCAN_STAGES: readonly ScanStage[] = [
  'found',
  'running',
  'waiting',
  'finished',
  'abandoned',
  'stopped',
  'interrupted',
  'refused',
  'passed',
];

/** Why a scan is where it is: a word for programs and a sentence for people. */
export interface Reason {
  readonly tag: string;
  readonly message: string;
}

/** What is known of one scan. Times are milliseconds since the epoch. */
export interface ScanStatus {
  readonly scan: ScanIdentity;
  readonly session: string;
  readonly state: ScanStage;
  readonly why: Reason | undefined;
  readonly file: string | undefined;
  readonly master: string | undefined;
  /** Of the file: `12.1`. */
  readonly entries: readonly string[];
  /** As the file says: SUCCEEDED, INCOMPLETE ... */
  readonly status: string | undefined;
  readonly endReason: string | undefined;
  /** Points of all channels that are on disk. */
  readonly points: number;
  /** Rows of the longest channel that are on disk, of how many that are planned (-1 unknown). */
  readonly rows: number;
  readonly expected: number;
  /** By entry and number of dimensions, when its file was closed; while that is open, it is asked. */
  readonly progress: readonly EntryProgress[];
  readonly changedAt: number;
  readonly endedAt: number | undefined;
  /** Since when it cannot be written. */
  readonly waitingSince: number | undefined;
  /** While its file is open. */
  readonly open: OpenScan | undefined;
  /** How it came out, while this process remembers. */
  readonly outcome: ScanOutcome | undefined;
  /** While its reading is behind. */
  readonly trim: readonly TrimMargin[];
  readonly isAtTrimRisk: boolean;
}

const LIVE: readonly ScanStage[] = ['found', 'running', 'waiting'];

/** Whether the service is busy with it. */
export function isLive({ state }: Pick<ScanStatus, 'state'>): boolean {
  return LIVE.includes(state);
}

/** A scan of which nothing is known yet. */
export function newScanStatus(scan: ScanIdentity, state: ScanStage, now: number): ScanStatus {
  return {
    scan,
    session: sessionOf(scan.dbName),
    state,
    why: undefined,
    file: undefined,
    master: undefined,
    entries: [],
    status: undefined,
    endReason: undefined,
    points: 0,
    rows: 0,
    expected: -1,
    progress: [],
    changedAt: now,
    endedAt: undefined,
    waitingSince: undefined,
    open: undefined,
    outcome: undefined,
    trim: [],
    isAtTrimRisk: false,
  };
}
