import fs from 'node:fs';
import path from 'node:path/posix';
import type { ChannelCount, WriterStatus } from '../../layout/index.js';
import {
  elementCount,
  elements,
  isSameScan,
  ScanWriterError,
  type EndReason,
  type ScanIdentity,
} from '../../scan/index.js';
import type { Hdf5File, Hdf5Library } from '../hdf5/index.js';
import { onTarget } from './fsErrors.js';
import { journalOf } from './journal.js';
import { isLockedFor } from './lock.js';

/** What a file of ours says of itself. */
export interface OwnWords {
  readonly status: WriterStatus;
  readonly endReason: EndReason | undefined;
  /** Points of each channel; empty in a file that has no end. */
  readonly channels: readonly ChannelCount[];
  /** Elements of the datasets that `measurement` links to: the same whether a mesh is flat or in its own shape. */
  readonly elements: ReadonlyMap<string, number>;
}

/** What stands at the place where a scan is to be written. */
export type Existing =
  | { readonly kind: 'nothing' }
  /** Our file of this very scan. */
  | ({ readonly kind: 'same' } & OwnWords)
  /** Our file of this scan that can no longer be read. */
  | { readonly kind: 'broken' }
  /** Anything else: another scan, another writer's file, no file at all. */
  | { readonly kind: 'other' };

const STATUSES: readonly WriterStatus[] = ['RUNNING', 'SUCCEEDED', 'INCOMPLETE', 'FAILED', 'ABANDONED'];
/** What identifies the scan, and that its writing was begun. */
const WORDS = ['scan', 'start_timestamp', 'status'];
const TRIES = 2;
const END_REASONS: readonly EndReason[] = ['SUCCESS', 'USER_ABORT', 'FAILURE'];

/** @throws ScanWriterError when the disk, not the file, is the reason that it cannot be read */
export function inspect(file: string, scan: ScanIdentity, hdf5: Hdf5Library): Existing {
  const stat = onTarget('look at', file, () => fs.lstatSync(file, { throwIfNoEntry: false }));
  if (stat === undefined) return { kind: 'nothing' };
  if (!stat.isFile()) return { kind: 'other' };
  for (let tries = 1; ; tries++) {
    let opened: Hdf5File | undefined;
    let seen: Existing = { kind: 'other' };
    try {
      opened = hdf5.openForReading(file);
      seen = identify(opened, scan);
    } catch (error) {
      if (error instanceof ScanWriterError && error.retryable) throw error;
      // A killed writer's file may not open; its lock or its journal is still there and says whose it was.
      if (isLeftFrom(file, scan)) return { kind: 'broken' };
    } finally {
      closeQuietly(opened);
    }
    // In the midst of a change a file can look like anything, and its writer may have ended meanwhile.
    if (seen.kind !== 'other' || tries >= TRIES) return seen;
  }
}

function isLeftFrom(file: string, scan: ScanIdentity): boolean {
  return isLockedFor(file, scan) || journalOf(file, scan) !== undefined;
}

/** Of which scan an entry of ours says it is. */
export interface OwnEntry {
  /** `12.1` */
  readonly name: string;
  readonly scan: ScanIdentity;
}

/** The entries of a file that we wrote, in their order; none in a file that is not ours. */
export function ownEntries(file: Hdf5File): OwnEntry[] {
  // A master leads to the same words through its links, and is not the scan's file.
  const names = [...file.linksIn('/')].filter(([, { kind }]) => kind === 'hard').map(([name]) => name);
  return names.flatMap((name) => {
    const group = `/${name}/writer`;
    if (!file.has(group) || !WORDS.every((word) => file.has(`${group}/${word}`))) return [];
    const [timestamp] = elements(file.readNumbers(`${group}/start_timestamp`));
    const dbName = file.readText(`${group}/scan`) ?? '';
    return [{ name, scan: { dbName, startTimestamp: typeof timestamp === 'number' ? timestamp : NaN } }];
  });
}

function identify(file: Hdf5File, scan: ScanIdentity): Existing {
  const ours = ownEntries(file)
    .filter((entry) => isSameScan(entry.scan, scan))
    .map(({ name }) => `/${name}/writer`);
  const [first] = ours;
  if (first === undefined) return { kind: 'other' };
  // A writer that was killed in its last step may have said it in some entries only.
  const statuses = new Set(ours.map((group) => file.readText(`${group}/status`)));
  const reason = `${path.dirname(first)}/end_reason`;
  const endReason = file.has(reason) ? file.readText(reason) : undefined;
  return {
    kind: 'same',
    status: STATUSES.find((known) => statuses.size === 1 && statuses.has(known)) ?? 'RUNNING',
    endReason: END_REASONS.find((known) => known === endReason),
    channels: ours.flatMap((group) => channelCounts(file, group)),
    elements: new Map(ours.flatMap((group) => measuredElements(file, path.dirname(group)))),
  };
}

function measuredElements(file: Hdf5File, entry: string): [dataset: string, count: number][] {
  const measurement = `${entry}/measurement`;
  if (!file.has(measurement)) return [];
  return file.names(measurement).flatMap((name) => {
    const link = file.linkOf(`${measurement}/${name}`);
    // A file that somebody has changed is ours all the same.
    if (link.kind !== 'soft' || !file.has(link.target)) return [];
    return [[link.target, elementCount(file.shapeOf(link.target))]];
  });
}

function channelCounts(file: Hdf5File, group: string): ChannelCount[] {
  if (!file.has(`${group}/channels/received`)) return [];
  const [expected, received] = ['expected', 'received'].map((name) =>
    elements(file.readNumbers(`${group}/channels/${name}`)).map(Number),
  );
  return file.readTexts(`${group}/channels/name`).map((name, index) => {
    return { name, expected: expected?.[index] ?? -1, received: received?.[index] ?? 0 };
  });
}

export function closeQuietly(file: Hdf5File | undefined): void {
  try {
    file?.close();
  } catch {
    // It was only read.
  }
}
