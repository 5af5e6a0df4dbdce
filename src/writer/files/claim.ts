import type { WriterStatus } from '../../layout/index.js';
import { ScanWriterError, type ScanIdentity } from '../../scan/index.js';
import type { Hdf5Library } from '../hdf5/index.js';
import { prepareDirectory, type DirectoryOptions } from './directories.js';
import { removeDeadDrafts } from './drafts.js';
import { findEarlier, setAside, withSuffix, type EarlierFile } from './earlier.js';
import { sweep } from './sweep.js';
import { inspect, type Existing, type OwnWords } from './existing.js';
import { journalOf, type JournalState } from './journal.js';
import { acquireLock, isLockedFor, releaseLock, type HeldLock } from './lock.js';

export interface ClaimRequest {
  readonly file: string;
  readonly roots: readonly string[];
  readonly scan: ScanIdentity;
  /** Also replace a file that is complete. */
  readonly force: boolean;
  readonly directories: DirectoryOptions;
  /** Which layout the file would get: one that was begun with another cannot be gone on with. */
  readonly layout: string;
}

export type Claim =
  | ({ readonly kind: 'complete'; readonly file: string; readonly suffix: string } & OwnWords)
  | {
      readonly kind: 'claimed';
      readonly file: string;
      /** `_r1`, `_r2` when other files had the name already, else empty. */
      readonly suffix: string;
      readonly lock: HeldLock;
      /** Earlier files of the scan, the one that stood there last at the end. */
      readonly earlier: readonly EarlierFile[];
      /** The one that stood at `file` until now. */
      readonly aside: EarlierFile | undefined;
      /** What was begun at `file` and can be gone on with. */
      readonly resume: JournalState | undefined;
      readonly layout: string;
    };

const MAX_SUFFIX = 1_000;

/**
 * Finds the name under which a scan can be written and takes its lock. A file of another scan is never touched: the
 * name gets a suffix. An unfinished file of this scan is gone on with if it is exactly as its journal says; else it is set
 * aside, to be written anew from Redis.
 * @throws ScanWriterError `target`, `usage`, or `locked` when another writer is at this file
 */
export function claimFile(request: ClaimRequest, hdf5: Hdf5Library): Claim {
  prepareDirectory(request.file, request.roots, request.directories);
  for (let n = 0; n < MAX_SUFFIX; n++) {
    const suffix = n === 0 ? '' : `_r${n}`;
    const claim = tryName(withSuffix(request.file, suffix), suffix, request, hdf5);
    if (claim !== undefined) return claim;
  }
  throw new ScanWriterError(
    'target',
    `${request.file} and ${MAX_SUFFIX - 1} names like it are taken by other files: move some away.`,
    { subject: request.file },
  );
}

/** Where a scan was written: at this place or beside it; undefined when it is nowhere. */
export function findScanFile(place: string, scan: ScanIdentity, hdf5: Hdf5Library): string | undefined {
  for (let n = 0; n < MAX_SUFFIX; n++) {
    const file = withSuffix(place, n === 0 ? '' : `_r${n}`);
    const existing = inspect(file, scan, hdf5);
    if (existing.kind === 'same') return file;
    if (existing.kind === 'nothing') return undefined;
  }
  return undefined;
}

function tryName(file: string, suffix: string, request: ClaimRequest, hdf5: Hdf5Library): Claim | undefined {
  const { scan } = request;
  // Looked at without the lock first: a complete file's directory is not even touched.
  const before = inspect(file, scan, hdf5);
  // Whoever is in the midst of a change may have made it look like anything.
  if (before.kind === 'other' && !isLockedFor(file, scan)) return undefined;
  if (isDone(before, request)) {
    sweep(file, scan, hdf5);
    return { ...before, kind: 'complete', file, suffix };
  }
  const lock = acquireLock(file, scan);
  try {
    removeDeadDrafts(lock);
    const now = inspect(file, scan, hdf5);
    if (now.kind === 'other' || isDone(now, request)) {
      releaseLock(lock);
      return now.kind === 'same' ? { ...now, kind: 'complete', file, suffix } : undefined;
    }
    const earlier = findEarlier(file, scan, hdf5);
    const common = { kind: 'claimed', file, suffix, lock, layout: request.layout } as const;
    const resume = resumable(now, lock, request);
    if (resume !== undefined || now.kind === 'nothing') {
      return { ...common, earlier, aside: undefined, resume };
    }
    const aside = setAside(file, scan, hdf5);
    return { ...common, earlier: [...earlier, aside], aside, resume };
  } catch (error) {
    releaseLock(lock);
    throw error;
  }
}

/**
 * The journal of a file that can be gone on with. One that a writer elsewhere has left is not: should that writer come
 * back, it must not find its file.
 */
function resumable(
  existing: Existing,
  lock: HeldLock,
  { scan, layout, force }: ClaimRequest,
): JournalState | undefined {
  if (existing.kind !== 'same' || existing.status !== 'RUNNING' || force || lock.isFromElsewhere)
    return undefined;
  const journal = journalOf(lock.file, scan);
  return journal?.isExact === true && journal.layout === layout ? journal : undefined;
}

function isDone(existing: Existing, request: ClaimRequest): existing is Extract<Existing, { kind: 'same' }> {
  const complete: WriterStatus = 'SUCCEEDED';
  return existing.kind === 'same' && existing.status === complete && !request.force;
}
