import type { RedisConnection } from '../../subscriber/index.js';
import type { LostIds } from './recordedStream.js';
import { RecordingFolder } from './recordingFolder.js';
import { SessionRecorder, type ScanSeen } from './sessionRecorder.js';

export type { LostIds, ScanSeen };

/** For what was published before it was told to stop, when a session publishes faster than it can be written. */
const LAST_READ_MILLISECONDS = 30_000;
/** How long Redis is waited for when it was told to stop. */
const STOP_MILLISECONDS = 8_000;
const PROGRESS_MILLISECONDS = 100;

export interface RecordProgress {
  /** Lines of the recording. */
  readonly commands: number;
  readonly scans: number;
}

export interface RecordOptions {
  /** Only read, by two sockets: one of them for reads that block. `+@read +@connection` suffices. */
  readonly connection: RedisConnection;
  /** It need not exist yet. */
  readonly session: string;
  /** The folder that is made; it may exist when it is empty. */
  readonly out: string;
  /** Says when to stop; then what Redis holds is still recorded. */
  readonly signal: AbortSignal;
  /** Called now and then. */
  readonly onProgress?: (done: RecordProgress) => void;
  /** What a person should know and what stops nothing. */
  readonly onWarning?: (message: string) => void;
}

export interface RecordResult {
  /** Lines of the recording. */
  readonly commands: number;
  readonly seconds: number;
  readonly scans: readonly ScanSeen[];
  /** What Redis had dropped before it was read, by stream. */
  readonly lost: readonly LostIds[];
}

/**
 * Records what a session publishes, from all that Redis holds until it is told to stop, so that `replay` leaves the same
 * keys in another Redis: streams with their ids, hashes as they changed, lists, counters, times to live.
 *
 * Memory is bounded by what the running scans have of nodes, not by their data: nothing is read while the disk is behind.
 * Of what was published between two looks (0.2 s), hashes have the newer values only; and of what was published
 * before the recording began, the newest. A key that expires or is evicted stays in the recording.
 *
 * @throws ScanWriterError `usage` (there is something at `out`), `target` (it cannot be written), `refused`,
 *   `unreachable`; the recording is whole up to there
 */
export async function record(options: RecordOptions): Promise<RecordResult> {
  const { connection, session, out, signal, onProgress, onWarning } = options;
  const folder = await RecordingFolder.create(out);
  const reader = connection.openReader();
  const attempt = async <T>(read: () => Promise<T>): Promise<T> => {
    const result = await untilOverdue(signal, (overdue) => connection.attempt(read, overdue));
    if (result === undefined) throw new Overdue();
    return result;
  };
  const recorder = new SessionRecorder(
    session,
    { commands: connection.commands, reader, attempt },
    folder,
    (message) => onWarning?.(message),
  );
  let reported = performance.now();
  try {
    while (!signal.aborted) {
      await recorder.step();
      if (performance.now() - reported < PROGRESS_MILLISECONDS) continue;
      reported = performance.now();
      onProgress?.({ commands: folder.commands, scans: recorder.scans.length });
    }
    await recorder.finish(LAST_READ_MILLISECONDS);
  } catch (error) {
    if (!(error instanceof Overdue)) throw error;
    onWarning?.('Redis did not answer at the end: what it was told last may be missing.');
  } finally {
    reader.disconnect();
    await folder.finish({ session, scans: recorder.scans, lost: recorder.lost });
  }
  const { commands, seconds } = folder;
  return { commands, seconds, scans: recorder.scans, lost: recorder.lost };
}

/** Runs work that is aborted some seconds after it is time to stop. */
async function untilOverdue<T>(stop: AbortSignal, work: (overdue: AbortSignal) => Promise<T>): Promise<T> {
  const overdue = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(() => {
      overdue.abort();
    }, STOP_MILLISECONDS);
  };
  if (stop.aborted) begin();
  else stop.addEventListener('abort', begin, { once: true });
  try {
    return await work(overdue.signal);
  } finally {
    stop.removeEventListener('abort', begin);
    clearTimeout(timer);
  }
}

/** It was told to stop, and Redis does not answer. */
class Overdue extends Error {}
