import fs from 'node:fs';
import path from 'node:path';
import { compareNumbers, isoTime, masterOperations, type MasterLink } from '../../layout/index.js';
import { ScanWriterError } from '../../scan/index.js';
import type { Hdf5File, Hdf5Library } from '../hdf5/index.js';
import { prepareDirectory, type DirectoryOptions } from './directories.js';
import { draftOf, publish, removeDeadDrafts, syncToDisk, type FileOptions } from './drafts.js';
import { withSuffix } from './earlier.js';
import { closeQuietly } from './existing.js';
import { onTarget } from './fsErrors.js';
import { acquireLock, releaseLock, waitSync, type HeldLock } from './lock.js';

/** An entry that a master is to lead to; `file` is absolute. */
export interface WantedLink extends MasterLink {
  /** When its scan was started, in seconds since the epoch; NaN when unknown. */
  readonly startTimestamp: number;
}

export interface MasterRequest {
  /** Where BLISS expects the file: `scan_info["filename"]`. */
  readonly master: string;
  readonly roots: readonly string[];
  readonly links: readonly WantedLink[];
  readonly creatorVersion: string;
  /** ISO 8601. */
  readonly fileTime: string;
  readonly directories: DirectoryOptions;
  readonly files: FileOptions;
}

/** The scan that was started last, whichever was written last: it is what readers open first. */
interface Newest {
  readonly name: string;
  /** ISO 8601 in UTC, so that texts are in the order of time; empty when unknown. */
  readonly startTime: string;
}

interface MasterContent {
  readonly links: readonly MasterLink[];
  readonly newest: Newest | undefined;
}

const LOCK_TRIES = 40;
const LOCK_WAIT_MILLISECONDS = 50;

/**
 * Adds links to a master: reads the old one, makes a new file and puts it in its place in one step, so that readers
 * of the old one are undisturbed (DESIGN decision 4, LAYOUT 5.2).
 * A file there that holds anything but external links is another writer's and is never touched: the master is then
 * `{stem}_master.h5`.
 * @returns the path of the master
 * @throws ScanWriterError `target`, `locked`, `foreign`, `hdf5`
 */
export function updateMaster(request: MasterRequest, hdf5: Hdf5Library): string {
  prepareDirectory(request.master, request.roots, request.directories);
  for (const master of [request.master, withSuffix(request.master, '_master')]) {
    const lock = lockMaster(master);
    try {
      removeDeadDrafts(lock);
      const present = readLinks(master, hdf5);
      if (present === undefined) continue;
      writeMaster(master, addLinks(present, request, master), request, hdf5);
      return master;
    } finally {
      releaseLock(lock);
    }
  }
  throw new ScanWriterError(
    'foreign',
    `Neither ${request.master} nor its _master.h5 is a master of ours, so no links were added: the scan's own file is complete. Move them away to get a master.`,
    { subject: request.master },
  );
}

/** Other writers hold it for some ms only. */
function lockMaster(master: string): HeldLock {
  for (let tries = 1; ; tries++) {
    try {
      return acquireLock(master, { dbName: 'master', startTimestamp: NaN });
    } catch (error) {
      const isLocked = error instanceof ScanWriterError && error.tag === 'locked';
      if (!isLocked || tries >= LOCK_TRIES) throw error;
      waitSync(LOCK_WAIT_MILLISECONDS);
    }
  }
}

/**
 * What a master holds; nothing where there is no file, undefined where the file is not a master. One without any link
 * is not ours: another writer may have just made it.
 */
function readLinks(master: string, hdf5: Hdf5Library): MasterContent | undefined {
  const stat = onTarget('look at', master, () => fs.lstatSync(master, { throwIfNoEntry: false }));
  if (stat === undefined) return { links: [], newest: undefined };
  if (!stat.isFile()) return undefined;
  let file;
  try {
    file = hdf5.openForReading(master);
    const links: MasterLink[] = [];
    for (const name of file.names('/')) {
      const link = file.linkOf(`/${name}`);
      if (link.kind !== 'external') return undefined;
      links.push({ name, file: link.file, target: link.target });
    }
    return links.length === 0 ? undefined : { links, newest: newestOf(file, links) };
  } catch (error) {
    // The disk, not the file, is at fault.
    if (error instanceof ScanWriterError && error.retryable) throw error;
    return undefined;
  } finally {
    closeQuietly(file);
  }
}

function newestOf(file: Hdf5File, links: readonly MasterLink[]): Newest | undefined {
  const attributes = file.attributesOf('/');
  const [name, startTime] = [attributes.get('default'), attributes.get('default_start_time')];
  if (typeof name !== 'string' || links.every((link) => link.name !== name)) return undefined;
  return { name, startTime: typeof startTime === 'string' ? startTime : '' };
}

/** No link is ever lost: a name that leads to another file already gets `_r1`, `_r2` behind it. */
function addLinks(present: MasterContent, request: MasterRequest, master: string): MasterContent {
  const links = new Map(present.links.map((link) => [link.name, link]));
  let { newest } = present;
  for (const wanted of request.links) {
    const file = path.relative(path.dirname(master), wanted.file);
    let { name } = wanted;
    for (let n = 1; leadsElsewhere(links.get(name), file, wanted.target); n++) {
      name = `${wanted.name.replace(/_r\d+$/, '')}_r${n}`;
    }
    links.set(name, { name, file, target: wanted.target });
    newest = laterOf(newest, { name, startTime: isoTime(wanted.startTimestamp, 0) ?? '' });
  }
  return { links: [...links.values()], newest };
}

/** Of scans that were started at the same time, as far as known, the one with the higher number; of its entries the first. */
function laterOf(a: Newest | undefined, b: Newest): Newest {
  if (a === undefined || a.startTime < b.startTime) return b;
  if (a.startTime > b.startTime) return a;
  const order = compareNumbers(numberIn(a.name), numberIn(b.name)) || compareNumbers(b.name, a.name);
  return order >= 0 ? a : b;
}

/** `12` of `12.1` and of `12.1_r1`. */
function numberIn(name: string): string {
  return name.replace(/\.\d+(_r\d+)?$/, '');
}

function leadsElsewhere(link: MasterLink | undefined, file: string, target: string): boolean {
  return link !== undefined && (link.file !== file || link.target !== target);
}

function writeMaster(
  master: string,
  { links, newest }: MasterContent,
  request: MasterRequest,
  hdf5: Hdf5Library,
): void {
  const draft = draftOf(master);
  try {
    fs.rmSync(draft, { force: true });
    const file = hdf5.create(draft);
    try {
      const facts = {
        fileName: master,
        fileTime: request.fileTime,
        creatorVersion: request.creatorVersion,
        default: newest?.name ?? '',
        defaultStartTime: newest?.startTime ?? '',
      };
      for (const operation of masterOperations(links, facts)) file.apply(operation);
      file.close();
    } catch (error) {
      closeQuietly(file);
      throw error;
    }
    syncToDisk(draft);
    publish(draft, master, request.files, true);
  } finally {
    fs.rmSync(draft, { force: true });
  }
}
