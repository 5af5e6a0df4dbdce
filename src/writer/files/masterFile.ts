import fs from 'node:fs';
import { masterOperations } from '../../layout/index.js';
import { ScanWriterError } from '../../scan/index.js';
import type { Hdf5Library } from '../hdf5/index.js';
import { prepareDirectory, type DirectoryOptions } from './directories.js';
import { draftOf, publish, removeDeadDrafts, syncToDisk, type FileOptions } from './drafts.js';
import { withSuffix } from './earlier.js';
import { closeQuietly } from './existing.js';
import { onTarget } from './fsErrors.js';
import { acquireLock, hasDeadLock, releaseLock, waitSync, type HeldLock } from './lock.js';
import {
  addLinks,
  hasLinks,
  KnownMasters,
  type MasterContent,
  type Present,
  type WantedLink,
} from './masterContent.js';

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

const LOCK_TRIES = 40;
const LOCK_WAIT_MILLISECONDS = 50;

/** Where the master may stand: beside a file of another writer, which is never touched, it has another name. */
export function placesOf(master: string): readonly [string, string] {
  return [master, withSuffix(master, '_master')];
}

/**
 * The path of the master when it leads to all that is wanted and opens with the right scan; undefined when it has to
 * be updated. Takes no lock: whoever replaces the master meanwhile keeps its links.
 */
export function findLinks(
  request: MasterRequest,
  hdf5: Hdf5Library,
  known: KnownMasters,
): string | undefined {
  for (const master of placesOf(request.master)) {
    const present = known.read(master, hdf5);
    if (typeof present === 'string') continue;
    // A lock that was left is removed by an update.
    return hasLinks(present, request.links, master) && !hasDeadLock(master) ? master : undefined;
  }
  return undefined;
}

/**
 * Adds links to a master: makes a new file of the old links and the new ones and puts it in its place in one step, so
 * that readers of the old one are undisturbed (DESIGN decision 4, LAYOUT 5.2). One that has them already is left alone.
 * A file there that holds anything but external links is another writer's and is never touched: the master is then
 * `{stem}_master.h5`.
 * @returns the path of the master
 * @throws ScanWriterError `target`, `locked`, `foreign`, `hdf5`
 */
export function updateMaster(
  request: MasterRequest,
  hdf5: Hdf5Library,
  known: KnownMasters = new KnownMasters(),
): string {
  return replaceMaster(request, hdf5, known, (present, master) =>
    typeof present === 'string' ? undefined : addLinks(present, request.links, master),
  );
}

/**
 * Makes a master anew of what stands there, while no other writer can. `contentOf` is asked at each place in turn; the
 * first answer is written, unless it is what stands there.
 * @throws ScanWriterError as {@link updateMaster}
 */
export function replaceMaster(
  request: Omit<MasterRequest, 'links'>,
  hdf5: Hdf5Library,
  known: KnownMasters,
  contentOf: (present: Present, master: string) => MasterContent | undefined,
): string {
  prepareDirectory(request.master, request.roots, request.directories);
  for (const master of placesOf(request.master)) {
    const lock = lockMaster(master);
    try {
      removeDeadDrafts(lock);
      const present = known.read(master, hdf5);
      const content = contentOf(present, master);
      if (content === undefined) continue;
      if (content !== present) writeMaster(master, content, request, hdf5, known);
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

function writeMaster(
  master: string,
  content: MasterContent,
  request: Omit<MasterRequest, 'links'>,
  hdf5: Hdf5Library,
  known: KnownMasters,
): void {
  const { links, newest } = content;
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
      for (const operation of masterOperations([...links.values()], facts)) file.apply(operation);
      file.close();
    } catch (error) {
      closeQuietly(file);
      throw error;
    }
    syncToDisk(draft);
    const stat = onTarget('look at', draft, () => fs.lstatSync(draft, { bigint: true }));
    publish(draft, master, request.files, true);
    known.remember(master, stat, content);
  } finally {
    fs.rmSync(draft, { force: true });
  }
}
