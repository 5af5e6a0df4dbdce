import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { isSameScan, ScanWriterError, type ScanIdentity } from '../../scan/index.js';
import { codeOf, linkExclusive, onTarget, targetError } from './fsErrors.js';

/** What a lock file says of its owner (DESIGN decision 7). */
const LockOwner = z.object({
  host: z.string(),
  /** Where the number of the process means something: containers have numbers of their own. */
  pidSpace: z.string().default(''),
  pid: z.int().positive(),
  /** Start of the process in clock ticks since boot: a pid alone can be given again. */
  processStart: z.string(),
  /** The scan that is written, to know a partial file that cannot be read any more. */
  scan: z.string(),
  startTimestamp: z.number().nullable(),
  /** The owner lives, but has given the file up in a state that cannot be read. */
  isGivenUp: z.boolean().default(false),
});
export type LockOwner = z.infer<typeof LockOwner>;

/** `.{file}.lock` beside a file, exclusive: one writer a file. */
export function lockPath(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.lock`);
}

export interface HeldLock {
  readonly file: string;
  readonly scan: ScanIdentity;
  readonly path: string;
  /** Our own words in it, to see on release whether it is still ours. */
  readonly content: string;
  /** Who held it before and is gone: the file beside it is only partly written. */
  readonly takenFrom: LockOwner | undefined;
  /** Nobody here can know whether that writer is gone: it may come back and write once more. */
  readonly isFromElsewhere: boolean;
}

/** How often a writer says in its lock that it lives. */
export const BEAT_MILLISECONDS = 5_000;
/** A writer on another host that says nothing for so long is taken for gone. */
const STALE_MILLISECONDS = 60_000;

/** Another process takes a lock over within milliseconds, if it does not die meanwhile. */
const TAKE_OVER_TRIES = 100;
const TAKE_OVER_WAIT_MILLISECONDS = 10;

/**
 * Takes the lock of a file. A lock is taken over when its process on this host is gone, or when its writer on another host
 * has not been heard of for a minute.
 * @throws ScanWriterError `locked` when another writer is at it
 */
export function acquireLock(file: string, scan: ScanIdentity): HeldLock {
  const lock = lockPath(file);
  const content = `${JSON.stringify({ ...owner(scan), token: randomUUID() })}\n`;
  for (let attempt = 0; ; attempt++) {
    if (createExclusive(lock, content)) return held(undefined);
    const present = readLock(lock);
    const holder = parseOwner(present ?? '');
    const isHeld = present !== undefined && !isFree(lock, holder);
    if (isHeld || attempt >= TAKE_OVER_TRIES) throw lockedError(file, lock, holder);
    // It was released in between.
    if (present === undefined) continue;
    if (takeOver(lock, present, content)) return held(holder);
    waitSync(TAKE_OVER_WAIT_MILLISECONDS);
  }

  function held(takenFrom: LockOwner | undefined): HeldLock {
    const isFromElsewhere = takenFrom !== undefined && !takenFrom.isGivenUp && isElsewhere(takenFrom);
    return { file, scan, path: lock, content, takenFrom, isFromElsewhere };
  }
}

/**
 * That nobody has taken the lock, who thought that we were gone: asked before every change of the file. A lock that
 * somebody has removed is made again.
 * @throws ScanWriterError `locked`
 */
export function assertHeld({ file, path: lock, content }: HeldLock): void {
  const present = readLock(lock);
  if (present === content) return;
  if (present === undefined && createExclusive(lock, content)) return;
  const who = nameOf(parseOwner(readLock(lock) ?? ''));
  throw new ScanWriterError(
    'locked',
    `${file} was taken over by ${who}, since this writer had stood still for too long.`,
    { subject: file, retryable: true },
  );
}

/**
 * Says that we live, by the time at which the lock was changed: for writers on other hosts, which cannot see our process.
 */
export function beat({ path: lock, content }: HeldLock): void {
  try {
    // Written, not touched: so it gets the time of the file server, whatever the clock of this host says.
    if (readLock(lock) === content) fs.writeFileSync(lock, content, { flag: 'r+' });
  } catch {
    // Before the next change of the file it is asked whether the lock is still ours.
  }
}

/** Gives a lock back; one that somebody else has taken meanwhile is left alone. */
export function releaseLock(lock: HeldLock): void {
  if (readLock(lock.path) !== lock.content) return;
  onTarget('remove', lock.path, () => {
    fs.rmSync(lock.path, { force: true });
  });
}

/**
 * Gives a lock back that is to stay, as the only word on whose file it is: anybody may take it over. In place, since
 * a full disk has no room for another file.
 */
export function leaveLock(lock: HeldLock): void {
  if (readLock(lock.path) !== lock.content) return;
  // Longer than what stands there, all of which it has to cover.
  const left = { ...(JSON.parse(lock.content) as object), isGivenUp: true };
  onTarget('give back', lock.path, () => {
    fs.writeFileSync(lock.path, `${JSON.stringify(left)}\n`, { flag: 'r+' });
  });
}

/** Who holds the lock of a file now, dead or alive. */
export function lockOwner(file: string): LockOwner | undefined {
  return parseOwner(readLock(lockPath(file)) ?? '');
}

/** Whether a file has a lock for this scan, of a writer dead or alive. */
export function isLockedFor(file: string, scan: ScanIdentity): boolean {
  const holder = lockOwner(file);
  if (holder === undefined) return false;
  return isSameScan(scan, { dbName: holder.scan, startTimestamp: holder.startTimestamp ?? NaN });
}

/** Whether a file has a lock that nobody holds any more. */
export function hasDeadLock(file: string): boolean {
  const holder = lockOwner(file);
  return holder !== undefined && isGone(holder);
}

function owner(scan: ScanIdentity): z.input<typeof LockOwner> {
  const { dbName, startTimestamp } = scan;
  return {
    host: os.hostname(),
    pidSpace: pidSpace(),
    pid: process.pid,
    processStart: processStart(process.pid) ?? '',
    scan: dbName,
    startTimestamp: Number.isFinite(startTimestamp) ? startTimestamp : null,
  };
}

function createExclusive(lock: string, content: string): boolean {
  // Written under a name of its own first: whoever sees the lock sees all of it.
  const draft = `${lock}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    fs.writeFileSync(draft, content, { flag: 'wx', mode: 0o644 });
    linkExclusive(draft, lock);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw targetError(error, 'make the lock', lock);
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

function readLock(lock: string): string | undefined {
  try {
    return fs.readFileSync(lock, 'utf8').slice(0, 10_000);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw targetError(error, 'read the lock', lock);
  }
}

function parseOwner(content: string): LockOwner | undefined {
  try {
    return LockOwner.parse(JSON.parse(content));
  } catch {
    return undefined;
  }
}

/** Whether nobody holds the lock any more. */
function isFree(lock: string, holder: LockOwner | undefined): boolean {
  // Whoever wrote what cannot be read may be another version of this program.
  if (holder === undefined || (isElsewhere(holder) && !holder.isGivenUp)) return isStale(lock);
  return isGone(holder);
}

function isGone(holder: LockOwner): boolean {
  if (holder.isGivenUp) return true;
  if (isElsewhere(holder)) return false;
  if (!isRunning(holder.pid)) return true;
  const start = processStart(holder.pid);
  return start !== undefined && holder.processStart !== '' && start !== holder.processStart;
}

/** Whether the holder's process cannot be looked at from here. */
function isElsewhere({ host, pidSpace: space }: LockOwner): boolean {
  const own = pidSpace();
  return host !== os.hostname() || (space !== '' && own !== '' && space !== own);
}

function pidSpace(): string {
  try {
    return fs.readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** By the clock of the file server alone: those of two hosts differ. */
function isStale(lock: string): boolean {
  const probe = `${lock}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    fs.writeFileSync(probe, '', { flag: 'wx' });
    return fs.statSync(probe).mtimeMs - fs.statSync(lock).mtimeMs > STALE_MILLISECONDS;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw targetError(error, 'look at the lock', lock);
  } finally {
    fs.rmSync(probe, { force: true });
  }
}

/** Field 22 of /proc/PID/stat; undefined where there is no /proc. The command name can hold spaces and brackets. */
function processStart(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/**
 * Puts our lock in the place of a dead owner's, in one step; false when somebody else is at it. Only who holds the
 * guard replaces the lock of another, so between the look and the step nobody else's lock can come there.
 */
function takeOver(lock: string, seen: string, content: string): boolean {
  const guard = `${lock}.takeover`;
  if (!createExclusive(guard, content)) {
    const present = readLock(guard);
    const holder = parseOwner(present ?? '');
    if (present !== undefined && isFree(guard, holder)) removeUnchanged(guard, present);
    return false;
  }
  const draft = `${lock}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    if (readLock(lock) !== seen) return false;
    fs.writeFileSync(draft, content, { flag: 'wx', mode: 0o644 });
    fs.renameSync(draft, lock);
    return true;
  } catch (error) {
    throw targetError(error, 'take over the lock', lock);
  } finally {
    fs.rmSync(draft, { force: true });
    fs.rmSync(guard, { force: true });
  }
}

/** Removes what a process left that died while it took a lock over; by a step aside, since another may do the same. */
function removeUnchanged(guard: string, seen: string): void {
  const aside = `${guard}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    fs.renameSync(guard, aside);
    if (readLock(aside) !== seen) fs.linkSync(aside, guard);
  } catch {
    // Somebody else was faster.
  } finally {
    fs.rmSync(aside, { force: true });
  }
}

/** Only for threads that serve a file system. */
export function waitSync(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Whether a process of this number runs on this host. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

function lockedError(file: string, lock: string, holder: LockOwner | undefined): ScanWriterError {
  return new ScanWriterError(
    'locked',
    `${file} is being written by ${nameOf(holder)}: wait until it is done, or remove ${lock} if that writer is gone.`,
    { subject: file, retryable: true },
  );
}

function nameOf(holder: LockOwner | undefined): string {
  return holder ? `process ${holder.pid} on host ${holder.host}` : 'another writer';
}
