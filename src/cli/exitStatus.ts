import { ScanWriterError, type ErrorTag } from '../scan/index.js';
import type { ScanOutcome } from '../service/index.js';

/** Exit statuses that scripts depend on (DESIGN, "CLI contract"). */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  unknownScan: 3,
  incomplete: 4,
  different: 5,
} as const;

const BY_TAG: Partial<Record<ErrorTag, number>> = {
  usage: EXIT.usage,
  unsaved: EXIT.usage,
  unknownScan: EXIT.unknownScan,
};

export function exitStatusOfError(error: unknown): number {
  return error instanceof ScanWriterError ? (BY_TAG[error.tag] ?? EXIT.failed) : EXIT.failed;
}

/** An aborted scan whose published points are all in the file is done. */
export function exitStatusOfOutcome({ status }: ScanOutcome): number {
  return status === 'SUCCEEDED' ? EXIT.done : EXIT.incomplete;
}
