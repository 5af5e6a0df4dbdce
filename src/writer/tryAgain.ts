import { setTimeout as sleep } from 'node:timers/promises';
import { ScanWriterError } from '../scan/index.js';
import type { WriteScanOptions } from './writeScanOptions.js';

const FIRST_PAUSE_MILLISECONDS = 500;
const LONGEST_PAUSE_MILLISECONDS = 10_000;
/** What passes by itself has passed by then, but for a disk that is full. */
const MOST_TRIES = 5;

export type Patience = Pick<WriteScanOptions, 'isRetried' | 'onWaiting'>;

/**
 * Does something to a disk, again and again while the disk is full, and a few times after other errors that may pass:
 * where that is wanted, and until told to stop.
 * @param attempt is told whether it is the first
 * @throws its last error
 */
export async function tryAgain<T>(
  attempt: (isFirst: boolean) => Promise<T>,
  { isRetried, onWaiting }: Patience,
  stop: AbortSignal,
): Promise<T> {
  for (let tries = 1, pause = FIRST_PAUSE_MILLISECONDS; ; tries++) {
    try {
      const result = await attempt(tries === 1);
      if (tries > 1) onWaiting?.(undefined);
      return result;
    } catch (error) {
      if (!isRetried || stop.aborted || !canPass(error, tries)) throw error;
      onWaiting?.(error);
      await sleep(pause, undefined, { signal: stop }).catch(() => undefined);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MILLISECONDS);
    }
  }
}

function canPass(error: unknown, tries: number): error is ScanWriterError {
  if (!(error instanceof ScanWriterError) || !error.retryable) return false;
  return error.tag === 'full' || (error.tag !== 'locked' && tries < MOST_TRIES);
}
