import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { ScanWriterError, type ScanIdentity } from '../../scan/index.js';
import { codeOf, linkExclusive, onTarget, targetError } from './fsErrors.js';

/** What a lock file says of its owner (DESIGN decision 7). */
const LockOwner = z.object({
  host: z.string(),
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
}

/** Another process takes a lock over within milliseconds, if it does not die meanwhile. */
const TAKE_OVER_TRIES = 100;
const TAKE_OVER_WAIT_MILLISECONDS = 10;

/**
 * Takes the lock of a file; a lock whose process on this host is gone is taken over.
 * @throws ScanWriterError `locked` when another writer is at it
 */
export function acquireLock(file: string, scan: ScanIdentity): HeldLock {
  const lock = lockPath(file);
  const content = `${JSON.stringify(owner(scan))}\n`;
  for (let attempt = 0; ; attempt++) {
    if (createExclusive(lock, content)) return { file, scan, path: lock, content, takenFrom: undefined };
    const present = readLock(lock);
    const holder = parseOwner(present ?? '');
    const isHeld = present !== undefined && (holder === undefined || !isGone(holder));
    if (isHeld || attempt >= TAKE_OVER_TRIES) throw lockedError(file, lock, holder);
    // It was released in between.
    if (present === undefined) continue;
    if (takeOver(lock, present, content)) return { file, scan, path: lock, content, takenFrom: holder };
    waitSync(TAKE_OVER_WAIT_MILLISECONDS);
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
  const left = { ...owner(lock.scan), isGivenUp: true };
  onTarget('give back', lock.path, () => {
    fs.writeFileSync(lock.path, `${JSON.stringify(left)}\n`, { flag: 'r+' });
  });
}

/** Who holds the lock of a file now, dead or alive. */
export function lockOwner(file: string): LockOwner | undefined {
  return parseOwner(readLock(lockPath(file)) ?? '');
}

function owner(scan: ScanIdentity): z.input<typeof LockOwner> {
  const { dbName, startTimestamp } = scan;
  return {
    host: os.hostname(),
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

function isGone(holder: LockOwner): boolean {
  if (holder.isGivenUp) return true;
  if (holder.host !== os.hostname()) return false;
  if (!isRunning(holder.pid)) return true;
  const start = processStart(holder.pid);
  return start !== undefined && holder.processStart !== '' && start !== holder.processStart;
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
    if (present !== undefined && holder !== undefined && isGone(holder)) removeUnchanged(guard, present);
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
  const who = holder ? `process ${holder.pid} on host ${holder.host}` : 'another writer';
  return new ScanWriterError(
    'locked',
    `${file} is being written by ${who}: wait until it is done, or remove ${lock} if that writer is gone.`,
    { subject: file, retryable: true },
  );
}
