import { endWriterGroup, rewriteStatus, type MissingPoints } from '../../layout/index.js';
import { messageOf, type ScanIdentity } from '../../scan/index.js';
import type { Hdf5File, Hdf5Library } from '../hdf5/index.js';
import { DatasetHashes } from './datasetHashes.js';
import { syncToDisk } from './drafts.js';
import { closeQuietly, inspect, ownEntries } from './existing.js';
import { journalOf, journalPath, removeJournal, type DatasetProgress, type JournalState } from './journal.js';
import { acquireLock, releaseLock } from './lock.js';
import { repairEndOfFile } from './repair.js';
import { whileWritable } from './virtualImages.js';

/**
 * Ends the file of a scan of which no more will come, with what is in it by its journal.
 * @param why a sentence for whoever reads the file
 * @returns false when there is nothing to end: the file is gone, was ended, or cannot be read any more
 * @throws ScanWriterError `locked`, `target`, `full` or `hdf5`
 */
export function finishLost(
  file: string,
  scan: ScanIdentity,
  fileMode: number,
  why: string,
  hdf5: Hdf5Library,
): boolean {
  if (inspect(file, scan, hdf5).kind === 'nothing') return false;
  const lock = acquireLock(file, scan);
  try {
    const journal = journalOf(file, scan);
    if (journal?.isExact !== true) repairEndOfFile(file);
    const existing = inspect(file, scan, hdf5);
    if (existing.kind !== 'same' || existing.status !== 'RUNNING') return false;
    end(file, fileMode, why, journal, hdf5);
    removeJournal(journalPath(file));
    return true;
  } finally {
    releaseLock(lock);
  }
}

function end(
  file: string,
  fileMode: number,
  why: string,
  journal: JournalState | undefined,
  hdf5: Hdf5Library,
): void {
  let opened: Hdf5File | undefined;
  try {
    opened = whileWritable(file, fileMode, () => hdf5.openForAppend(file));
    const entries = ownEntries(opened).map(({ name }) => `/${name}`);
    for (const entry of entries) describe(opened, entry, why, journal);
    opened.flush();
    syncToDisk(file);
    for (const entry of entries) opened.repeat(rewriteStatus(entry, 'ABANDONED'));
    opened.flush();
    opened.close();
  } finally {
    closeQuietly(opened);
  }
}

function describe(file: Hdf5File, entry: string, why: string, journal: JournalState | undefined): void {
  const datasets = (journal?.datasets ?? []).filter(({ dataset }) => dataset.startsWith(`${entry}/`));
  const names = new Set(datasets.map(({ channel }) => channel));
  const missing = (journal?.missing ?? []).filter(({ channel }) => names.has(channel));
  const hashes = datasets.flatMap((progress) => {
    const hashed = hash(file, progress);
    if ('sha256' in hashed) return [hashed];
    missing.push(hashed);
    return [];
  });
  const operations = endWriterGroup(entry, {
    message: why,
    date: new Date().toISOString(),
    channels: datasets.map(({ channel, dataset, received }) => {
      return { name: channel, dataset, expected: -1, received };
    }),
    missing,
    manifest: hashes,
  });
  for (const operation of operations) file.repeat(operation);
}

/** What a killed writer has left may be damaged. */
function hash(
  file: Hdf5File,
  { dataset, channel, type, next }: DatasetProgress,
): { dataset: string; sha256: string } | MissingPoints {
  try {
    const request = { dataset, isText: type === 'text', isScalar: false };
    return { dataset, sha256: new DatasetHashes().of(file, request) };
  } catch (error) {
    return { channel, first: 0, count: next, reason: `cannot be read any more: ${messageOf(error)}` };
  }
}
