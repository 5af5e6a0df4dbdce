import type { ScanIdentity, ScanWriterError, TrimMargin } from '../scan/index.js';
import type { FoundScan } from '../subscriber/index.js';
import type { OpenScan, ScanOutcome, ScanProgress, WriteTimes } from '../writer/index.js';
import type { DiskState } from './diskForecast.js';

/** What the service tells while it runs. */
export interface ServiceReports {
  readonly onReady?: () => void;
  readonly onConnection?: (state: 'lost' | 'connected', why: string) => void;
  readonly onScanFound?: (scan: FoundScan) => void;
  readonly onProgress?: (progress: ScanProgress) => void;
  readonly onScanDone?: (outcome: ScanOutcome) => void;
  /** The scan cannot be written now, but perhaps when what is wrong has passed: it is tried again. */
  readonly onScanWaits?: (dbName: string, error: ScanWriterError, milliseconds: number) => void;
  /** The disk takes nothing of the scan at the moment, and why; undefined when it does again. */
  readonly onDisk?: (dbName: string, error: ScanWriterError | undefined) => void;
  /** The disk of a directory will be full soon, if it fills up as it does now. */
  readonly onDiskFills?: (place: string, state: DiskState) => void;
  /** The file system of a directory does not answer, for how long; undefined when it does again. */
  readonly onSilence?: (place: string, seconds: number | undefined) => void;
  /** The scan was written before, and is not written again. */
  readonly onScanKnown?: (dbName: string) => void;
  /** The scan had ended before the service was first started, and is not written. */
  readonly onScanPassed?: (scan: ScanIdentity) => void;
  /** The scan is not ours to write, or cannot be written; other scans go on. */
  readonly onScanRefused?: (dbName: string, error: ScanWriterError) => void;
  readonly onWarning?: (dbName: string, message: string) => void;
  /**
   * Every few seconds while the reading of a scan is behind: how far its channels are from losing points; an empty list
   * when it is behind no more.
   */
  readonly onTrimMargins?: (dbName: string, margins: readonly TrimMargin[]) => void;
  /** Redis is about to drop points that are not read yet: once, with the channels concerned, the nearest first. */
  readonly onTrimRisk?: (dbName: string, margins: readonly TrimMargin[]) => void;
  /** After `onTrimRisk`, when the danger is over. */
  readonly onTrimSafe?: (dbName: string) => void;
  /** The session is followed from now on. */
  readonly onSession?: (session: string) => void;
  /** The session is not followed any more, by request until it is resumed; what runs of it is written to its end. */
  readonly onSessionLeft?: (session: string, isPaused: boolean) => void;
  /** The scan has its file. */
  readonly onScanOpen?: (scan: OpenScan) => void;
  /**
   * Somebody has asked that no more of the scan is read; its file gets its end now, or at once: without plots, and without
   * waiting for images.
   */
  readonly onScanStopped?: (dbName: string, isAtOnce: boolean) => void;
  /** Points that will not come any more; a count of -1 when nobody knows how many. */
  readonly onGap?: (dbName: string, count: number) => void;
  /** Every few seconds: how the disk of a directory fills up; undefined when no scan is written there any more. */
  readonly onRoom?: (place: string, state: DiskState | undefined) => void;
  /** How long the steps of a write took. */
  readonly onWritten?: (times: WriteTimes) => void;
  /** How many seconds it took to decode what came of a channel at once. */
  readonly onDecoded?: (seconds: number) => void;
  /** No more scans are taken, and what was read is written. */
  readonly onDraining?: () => void;
  /** It answers HTTP there, and what a person should know about that. */
  readonly onHttp?: (address: string, warning: string | undefined) => void;
  /** A request could not be answered, or what is told of the service could not be kept: writing goes on. */
  readonly onHttpFault?: (error: unknown) => void;
}

/** All that can be reported: a record, so that none can be forgotten. */
const REPORTS: Readonly<Record<keyof ServiceReports, true>> = {
  onReady: true,
  onConnection: true,
  onScanFound: true,
  onProgress: true,
  onScanDone: true,
  onScanWaits: true,
  onDisk: true,
  onDiskFills: true,
  onSilence: true,
  onScanKnown: true,
  onScanPassed: true,
  onScanRefused: true,
  onWarning: true,
  onTrimMargins: true,
  onTrimRisk: true,
  onTrimSafe: true,
  onSession: true,
  onSessionLeft: true,
  onScanOpen: true,
  onScanStopped: true,
  onGap: true,
  onRoom: true,
  onWritten: true,
  onDecoded: true,
  onDraining: true,
  onHttp: true,
  onHttpFault: true,
};
const NAMES = Object.keys(REPORTS) as (keyof ServiceReports)[];

/**
 * Reports to several listeners. What those of `watchers` throw is told to `onFault`, so that whoever only watches never
 * stops the writing.
 */
export function reportTo(
  reports: ServiceReports,
  watchers: readonly ServiceReports[],
  onFault: (error: unknown) => void,
): ServiceReports {
  const tell = (name: keyof ServiceReports, given: readonly unknown[]): void => {
    for (const watcher of watchers) {
      try {
        call(watcher, name, given);
      } catch (error) {
        onFault(error);
      }
    }
    call(reports, name, given);
  };
  const entries = NAMES.map((name) => [
    name,
    (...given: readonly unknown[]): void => {
      tell(name, given);
    },
  ]);
  return Object.fromEntries(entries) as ServiceReports;
}

/** The arguments are those that the reporter gave to the same name. */
function call(reports: ServiceReports, name: keyof ServiceReports, given: readonly unknown[]): void {
  (reports[name] as ((...given: readonly unknown[]) => void) | undefined)?.(...given);
}
