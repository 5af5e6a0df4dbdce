import type { EndReason, ScanIdentity } from '../scan/index.js';
import { floatScalar, int64List } from './dictionary.js';
import type { TreeOperation } from './operation.js';

/** What the writer says of its own work, in `/{n}.{i}/writer` (DESIGN, "Words in the file"). */
export type WriterStatus = 'RUNNING' | 'SUCCEEDED' | 'INCOMPLETE' | 'FAILED' | 'ABANDONED';

export interface ChannelCount {
  /** Full name of the channel. */
  readonly name: string;
  /** Points the scan was planned to have, -1 when unknown. */
  readonly expected: number;
  /** Points that are in the file. */
  readonly received: number;
}

/** Points `[first, first + count)` that are not in the file; a count of -1 when nobody knows how many. */
export interface MissingPoints {
  readonly channel: string;
  readonly first: number;
  readonly count: number;
  readonly reason: string;
}

export interface DatasetHash {
  readonly dataset: string;
  /** SHA-256 of the raw little-endian values in row order, in hexadecimal digits. */
  readonly sha256: string;
}

export interface WriterProgram {
  readonly name: string;
  readonly version: string;
}

/** The group as it stands while the scan is written. */
export function startWriterGroup(
  entry: string,
  scan: ScanIdentity,
  program: WriterProgram,
  date: string,
): TreeOperation[] {
  const group = `${entry}/writer`;
  return [
    { op: 'group', path: group, attributes: { NX_class: 'NXcollection' } },
    { op: 'text', path: `${group}/program`, value: program.name },
    { op: 'text', path: `${group}/version`, value: program.version },
    { op: 'text', path: `${group}/scan`, value: scan.dbName },
    { op: 'array', path: `${group}/start_timestamp`, array: floatScalar(scan.startTimestamp) },
    { op: 'text', path: `${group}/date`, value: date },
    { op: 'text', path: `${group}/status`, value: 'RUNNING' },
    { op: 'text', path: `${group}/message`, value: '' },
  ];
}

/** A channel's count, and where its points stand. */
export interface PlacedCount extends ChannelCount {
  readonly dataset: string;
}

export interface WriterReport {
  readonly message: string;
  readonly date: string;
  readonly channels: readonly PlacedCount[];
  readonly missing: readonly MissingPoints[];
  readonly manifest: readonly DatasetHash[];
}

/** All that the writer says at the end but the status, which comes when this is on disk. */
export function endWriterGroup(entry: string, report: WriterReport): TreeOperation[] {
  const group = `${entry}/writer`;
  const { channels, missing, manifest } = report;
  return [
    { op: 'group', path: `${group}/channels`, attributes: { NX_class: 'NXcollection' } },
    { op: 'texts', path: `${group}/channels/name`, values: channels.map(({ name }) => name) },
    {
      op: 'array',
      path: `${group}/channels/expected`,
      array: int64List(channels.map(({ expected }) => expected)),
    },
    {
      op: 'array',
      path: `${group}/channels/received`,
      array: int64List(channels.map(({ received }) => received)),
    },
    { op: 'texts', path: `${group}/channels/dataset`, values: channels.map(({ dataset }) => dataset) },
    { op: 'group', path: `${group}/missing`, attributes: { NX_class: 'NXcollection' } },
    { op: 'texts', path: `${group}/missing/channel`, values: missing.map(({ channel }) => channel) },
    { op: 'array', path: `${group}/missing/first`, array: int64List(missing.map(({ first }) => first)) },
    { op: 'array', path: `${group}/missing/count`, array: int64List(missing.map(({ count }) => count)) },
    { op: 'texts', path: `${group}/missing/reason`, values: missing.map(({ reason }) => reason) },
    { op: 'group', path: `${group}/manifest`, attributes: { NX_class: 'NXcollection' } },
    { op: 'texts', path: `${group}/manifest/dataset`, values: manifest.map(({ dataset }) => dataset) },
    { op: 'texts', path: `${group}/manifest/sha256`, values: manifest.map(({ sha256 }) => sha256) },
    { op: 'rewriteText', path: `${group}/date`, value: report.date },
    { op: 'rewriteText', path: `${group}/message`, value: report.message },
  ];
}

/** A word on the writing while it goes on, or on why it stopped. */
export function rewriteMessage(entry: string, message: string): TreeOperation {
  return { op: 'rewriteText', path: `${entry}/writer/message`, value: message };
}

export function rewriteStatus(entry: string, status: WriterStatus): TreeOperation {
  return { op: 'rewriteText', path: `${entry}/writer/status`, value: status };
}

/** `end_time` and `end_reason`; both stay absent without an END (DESIGN, "Words in the file"). */
export function endOfScan(entry: string, reason: EndReason, endTime: string | undefined): TreeOperation[] {
  const time: TreeOperation[] =
    endTime === undefined ? [] : [{ op: 'text', path: `${entry}/end_time`, value: endTime }];
  return [...time, { op: 'text', path: `${entry}/end_reason`, value: reason }];
}
