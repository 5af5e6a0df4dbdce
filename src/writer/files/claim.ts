import fs from 'node:fs';
import path from 'node:path';
import type { WriterStatus } from '../../layout/index.js';
import type { ScanIdentity } from '../../scan/index.js';
import type { Hdf5Library } from '../hdf5/index.js';
import { prepareDirectory, type DirectoryOptions } from './directories.js';
import { inspect, sumByName, type Existing, type OwnWords } from './existing.js';
import { linkExclusive, onTarget } from './fsErrors.js';
import { acquireLock, releaseLock, type HeldLock } from './lock.js';

export interface ClaimRequest {
  readonly file: string;
  readonly roots: readonly string[];
  readonly scan: ScanIdentity;
  /** Also replace a file that is complete. */
  readonly force: boolean;
  readonly directories: DirectoryOptions;
}

/** An earlier file of the scan that stands aside until the new one is known to be as good. */
export interface SetAside {
  readonly path: string;
  /** Channel -> points in it; undefined when it does not say. */
  readonly received: ReadonlyMap<string, number> | undefined;
}

export type Claim =
  | ({ readonly kind: 'complete'; readonly file: string; readonly suffix: string } & OwnWords)
  | {
      readonly kind: 'claimed';
      readonly file: string;
      /** `_r1`, `_r2` when other files had the name already, else empty. */
      readonly suffix: string;
      readonly lock: HeldLock;
      readonly aside: SetAside | undefined;
    };

const MAX_SUFFIX = 1_000;

/**
 * Finds the name under which a scan can be written and takes its lock. A file of another scan is never touched: the
 * name gets a suffix. An unfinished file of this scan is set aside, to be written anew from Redis.
 * @throws ScanWriterError `target`, `usage`, or `locked` when another writer is at this file
 */
export function claimFile(request: ClaimRequest, hdf5: Hdf5Library): Claim {
  prepareDirectory(request.file, request.roots, request.directories);
  for (let n = 0; n < MAX_SUFFIX; n++) {
    const suffix = n === 0 ? '' : `_r${n}`;
    const claim = tryName(withSuffix(request.file, suffix), suffix, request, hdf5);
    if (claim !== undefined) return claim;
  }
  throw new RangeError(`${request.file} exists ${MAX_SUFFIX} times`);
}

function tryName(file: string, suffix: string, request: ClaimRequest, hdf5: Hdf5Library): Claim | undefined {
  const { scan } = request;
  // Looked at without the lock first: a complete file's directory is not even touched.
  const before = inspect(file, scan, hdf5);
  if (before.kind === 'other') return undefined;
  if (isDone(before, request)) return { ...before, kind: 'complete', file, suffix };
  const lock = acquireLock(file, scan);
  const now = inspect(file, scan, hdf5);
  if (now.kind === 'other' || isDone(now, request)) {
    releaseLock(lock);
    return now.kind === 'same' ? { ...now, kind: 'complete', file, suffix } : undefined;
  }
  return {
    kind: 'claimed',
    file,
    suffix,
    lock,
    aside: now.kind === 'nothing' ? undefined : setAside(file, now),
  };
}

function isDone(existing: Existing, request: ClaimRequest): existing is Extract<Existing, { kind: 'same' }> {
  const complete: WriterStatus = 'SUCCEEDED';
  return existing.kind === 'same' && existing.status === complete && !request.force;
}

function setAside(file: string, existing: Existing): SetAside {
  const isFinished = existing.kind === 'same' && existing.status !== 'RUNNING';
  const received = isFinished ? sumByName(existing.channels) : undefined;
  for (let n = 1; ; n++) {
    const aside = withSuffix(file, `_earlier${n}`);
    if (fs.existsSync(aside)) continue;
    onTarget('set aside', file, () => {
      linkExclusive(file, aside);
      fs.rmSync(file);
    });
    return { path: aside, received };
  }
}

export function withSuffix(file: string, suffix: string): string {
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}${suffix}${ext}`);
}
