import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, ScanWriterError } from '../scan/index.js';
import { scanMark, type FoundScan, type RedisConnection } from '../subscriber/index.js';
import { pointsOf, writeScan, type ScanOutcome } from '../writer/index.js';
import type { Fate, ScanFacts } from './scanMemory.js';
import type { Settings } from './settings.js';
import type { ServiceReports } from './reports.js';
import { scanSource } from './scanSource.js';
import { writeOptions, type Shared } from './writing.js';

/** What it takes to write one scan of a session. */
export interface ScanTask {
  readonly connection: RedisConnection;
  readonly shared: Shared;
  readonly settings: Settings;
  /** What Redis had of the scan when it was abandoned before: it is written again when there is more. */
  readonly mark: string | undefined;
  /** Whether the session has a scan that was started later. */
  readonly hasNewer: () => boolean;
  readonly note: (fate: Fate, facts?: ScanFacts) => void;
  readonly signal: AbortSignal;
  /** No more of this scan is to be read, and its file gets its end. */
  readonly stopReading: AbortSignal;
  /** Ends the pause before the next try. */
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly reports: ServiceReports;
}

/** Readers see new points so often (DESIGN decision 5). */
export const FLUSH_MILLISECONDS = 500;
/** A detector's server writes files after the scan has ended. */
const IMAGES_MILLISECONDS = 10_000;
/** Between two tries to write a scan; each pause is twice the one before. */
const FIRST_PAUSE_MILLISECONDS = 1_000;
const LONGEST_PAUSE_MILLISECONDS = 60_000;
/** Between two looks whether more has come of a scan that was abandoned. */
const LOOK_MILLISECONDS = 10_000;

/**
 * Writes a scan until it has its end: whatever happens to it, others go on. What a full disk, a lost mount or another
 * writer prevented is tried again, as long as Redis holds the scan; one that was abandoned is taken up when more comes.
 */
export async function writeFoundScan(scan: FoundScan, task: ScanTask): Promise<void> {
  const { signal, reports, note } = task;
  if (task.mark !== undefined && !(await comesMore(scan, task.mark, task))) return;
  note('begun');
  for (let pause = FIRST_PAUSE_MILLISECONDS; ;) {
    const written = await tryToWrite(scan, task);
    if (written === undefined) return;
    if (!(written instanceof ScanWriterError)) {
      if (written.mark === undefined || !(await comesMore(scan, written.mark, task))) return;
      pause = FIRST_PAUSE_MILLISECONDS;
    } else if (!written.retryable) {
      // Anything else may be mended before the next start: a directory that was not named, a file in the way.
      if (written.tag === 'unsaved') note('refused', { why: { tag: written.tag, message: written.message } });
      reports.onScanRefused?.(scan.dbName, written);
      return;
    } else {
      reports.onScanWaits?.(scan.dbName, written, pause);
      await task.pause(pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MILLISECONDS);
    }
    if (signal.aborted || task.stopReading.aborted) return;
  }
}

/** @returns why it was not written; undefined when it was told to stop */
async function tryToWrite(
  scan: FoundScan,
  task: ScanTask,
): Promise<ScanWriterError | { mark: string | undefined } | undefined> {
  const { dbName } = scan;
  const { shared, settings, signal, reports, note } = task;
  let mark: string | undefined;
  const options = writeOptions(settings, shared, {
    flushMilliseconds: settings.flush ?? FLUSH_MILLISECONDS,
    linkAtStart: true,
    isRetried: true,
    imagesMilliseconds: IMAGES_MILLISECONDS,
    onOpen: (open) => {
      note('begun', { file: open.file, entries: [...open.entries] });
      reports.onScanOpen?.(open);
    },
    onWritten: (times) => reports.onWritten?.(times),
    onWaiting: (error) => reports.onDisk?.(dbName, error),
    onWarning: (message) => reports.onWarning?.(dbName, message),
    onProgress: (progress) => reports.onProgress?.(progress),
  });
  const source = scanSource(dbName, task, (seen) => {
    mark = seen;
  });
  try {
    const outcome = await writeScan(source, options, signal);
    noteOutcome(outcome, mark, task);
    reports.onScanDone?.(outcome);
    return outcome.status === 'RUNNING' ? undefined : { mark };
  } catch (error) {
    // What could not be finished before the stop is gone on with at the next start.
    if (signal.aborted || task.stopReading.aborted) return undefined;
    if (error instanceof ScanWriterError) return error;
    return new ScanWriterError('hdf5', messageOf(error), { cause: error });
  }
}

function noteOutcome(outcome: ScanOutcome, mark: string | undefined, { note, stopReading }: ScanTask): void {
  const { status, areMastersDone, message } = outcome;
  const facts = {
    status,
    points: pointsOf(outcome),
    ...(message === '' ? {} : { why: { tag: 'ended', message } }),
  };
  if (status === 'ABANDONED' && stopReading.aborted) note('stopped', facts);
  if (!areMastersDone) return;
  if (status === 'SUCCEEDED' || status === 'INCOMPLETE') note('done', facts);
  if (status === 'ABANDONED' && mark !== undefined) note('abandoned', { ...facts, mark });
}

/** Waits until more is published of a scan than was there. @returns false when it is gone from Redis, or told to stop */
async function comesMore({ dbName }: FoundScan, mark: string, task: ScanTask): Promise<boolean> {
  const { connection } = task;
  const signal = AbortSignal.any([task.signal, task.stopReading]);
  for (;;) {
    const present = await connection.attempt(
      async () => ({ mark: await scanMark(connection, dbName) }),
      signal,
    );
    if (present?.mark === undefined) return false;
    if (present.mark !== mark) return true;
    await sleep(LOOK_MILLISECONDS, undefined, { signal }).catch(() => undefined);
  }
}
