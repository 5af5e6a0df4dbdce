import fs from 'node:fs';
import type { WriterStatus } from '../../layout/index.js';
import { elements, type ScanIdentity } from '../../scan/index.js';
import type { Hdf5File, Hdf5Library } from '../hdf5/index.js';
import { lockOwner } from './lock.js';

/** What stands at the place where a scan is to be written. */
export type Existing =
  | { readonly kind: 'nothing' }
  /** Our file of this very scan. */
  | { readonly kind: 'same'; readonly status: WriterStatus; readonly received: ReadonlyMap<string, number> }
  /** Our file of this scan that can no longer be read. */
  | { readonly kind: 'broken' }
  /** Anything else: another scan, another writer's file, no file at all. */
  | { readonly kind: 'other' };

const STATUSES: readonly string[] = ['RUNNING', 'SUCCEEDED', 'INCOMPLETE', 'FAILED', 'ABANDONED'];

export function inspect(file: string, scan: ScanIdentity, hdf5: Hdf5Library): Existing {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return { kind: 'nothing' };
  if (!stat.isFile()) return { kind: 'other' };
  let opened: Hdf5File | undefined;
  try {
    opened = hdf5.openForReading(file);
    return identify(opened, scan);
  } catch {
    // A killed writer's file may not open; its lock is still there and says whose it was.
    const owner = lockOwner(file);
    const isOurs = owner?.scan === scan.dbName && Object.is(owner.startTimestamp ?? NaN, scan.startTimestamp);
    return { kind: isOurs ? 'broken' : 'other' };
  } finally {
    closeQuietly(opened);
  }
}

function identify(file: Hdf5File, scan: ScanIdentity): Existing {
  const groups = file.names('/').map((entry) => `/${entry}/writer`);
  const ours = groups.filter((group) => file.has(group) && isOf(file, group, scan));
  const [first] = ours;
  if (first === undefined) return { kind: 'other' };
  const status = file.readText(`${first}/status`) ?? '';
  return {
    kind: 'same',
    status: STATUSES.includes(status) ? (status as WriterStatus) : 'RUNNING',
    received: sumByName(ours.flatMap((group) => receivedPoints(file, group))),
  };
}

function isOf(file: Hdf5File, group: string, scan: ScanIdentity): boolean {
  if (!file.has(`${group}/scan`) || !file.has(`${group}/start_timestamp`) || !file.has(`${group}/status`))
    return false;
  const [timestamp] = elements(file.readNumbers(`${group}/start_timestamp`));
  return file.readText(`${group}/scan`) === scan.dbName && Object.is(timestamp, scan.startTimestamp);
}

/** Channel -> points, as the file's own end says; nothing in a file that has no end. */
function receivedPoints(file: Hdf5File, group: string): [string, number][] {
  if (!file.has(`${group}/channels/received`)) return [];
  const names = file.readTexts(`${group}/channels/name`);
  const received = elements(file.readNumbers(`${group}/channels/received`));
  return names.map((name, index) => [name, Number(received[index] ?? 0)]);
}

/** A full name can stand in several entries. */
export function sumByName(counts: readonly (readonly [string, number])[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count);
  return sums;
}

export function closeQuietly(file: Hdf5File | undefined): void {
  try {
    file?.close();
  } catch {
    // It was only read.
  }
}
