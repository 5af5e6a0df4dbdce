import {
  endReasonOf,
  integerOf,
  nodeName,
  numberOf,
  textOf,
  type Channel,
  type InfoDict,
  type NumericArray,
  type ScanIdentity,
  type ScanState,
} from '../scan/index.js';
import { subScansOf, type SubScan } from './chain.js';
import { EntryTree, type DeviceInfo } from './entryTree.js';
import { gridLengths } from './grid.js';
import type { ImagePlan } from './images.js';
import type { LivePlot } from './livePlot.js';
import type { MasterLink } from './master.js';
import type { Attributes, PointType, TreeOperation } from './operation.js';
import type { LayoutOptions } from './options.js';
import { beamlineOffset, isoTime } from './time.js';
import {
  endOfScan,
  endWriterGroup,
  rewriteMessage,
  rewriteStatus,
  startWriterGroup,
  type ChannelCount,
  type PlacedCount,
  type DatasetHash,
  type MissingPoints,
  type WriterProgram,
  type WriterStatus,
} from './writerGroup.js';

export interface ScanTreeOptions {
  readonly program: WriterProgram;
  /** Where the file will stand, for `@file_name`. */
  readonly fileName: string;
  /** Now, in seconds since the epoch: when the writer began. */
  readonly now: number;
  readonly layout: LayoutOptions;
}

/** How the writing of a scan came out. */
export interface ScanReport {
  readonly message: string;
  /** Seconds since the epoch. */
  readonly now: number;
  /** The final state, when END was published. */
  readonly state: ScanState | undefined;
  readonly info: InfoDict;
  readonly counts: ReadonlyMap<Channel, number>;
  readonly missing: readonly { channel: Channel; first: number; count: number; reason: string }[];
  readonly manifest: readonly DatasetHash[];
  /** Rows of each channel's dataset. */
  readonly rows: ReadonlyMap<Channel, number>;
  /** Recorded positions of the motors that {@link ScanTree.meshMotors} names. */
  readonly positions: ReadonlyMap<Channel, readonly number[]>;
  readonly devices: readonly DeviceInfo[];
  /** Fields of the dataset under the data policy; empty without one. */
  readonly dataset: InfoDict;
}

/** The file of one scan: which operations build it, from scan_info and the channels as they come. */
export class ScanTree {
  readonly entries: readonly EntryTree[];
  readonly #scan: ScanIdentity;
  readonly #info: InfoDict;
  readonly #options: ScanTreeOptions;

  constructor(scan: ScanIdentity, info: InfoDict, options: ScanTreeOptions) {
    this.#scan = scan;
    this.#options = options;
    this.#info = this.#shown(info);
    const number = scanNumberOf(scan, info);
    const subScans = subScansOf(this.#info);
    const branches: SubScan[] =
      subScans.length > 0 ? subScans : [{ topMaster: '', channels: [], positioners: new Set() }];
    // The number counts the top masters in the order of the chain (PROTOCOL 6), not of arrival.
    this.entries = branches.map(
      (branch, index) => new EntryTree(`${number}.${index + 1}`, branch, this.#info, options.layout),
    );
  }

  get fileName(): string {
    return this.#options.fileName;
  }

  /** All that is known before the first point. */
  start(): TreeOperation[] {
    const { program, now } = this.#options;
    const offset = beamlineOffset(this.#info);
    const startTime = isoTime(this.#scan.startTimestamp, offset);
    const title = textOf(this.#info.get('title')) ?? nodeName(this.#scan.dbName);
    return [
      { op: 'attributes', path: '/', attributes: this.#rootAttributes() },
      ...this.entries.flatMap((entry) => [
        ...entry.start(title, startTime),
        ...startWriterGroup(entry.path, this.#scan, program, isoTime(now, offset) ?? ''),
      ]),
    ];
  }

  addChannel(channel: Channel): TreeOperation[] {
    return this.#entryOf(channel).addChannel(channel);
  }

  datasetOf(channel: Channel): string {
    return this.#entryOf(channel).datasetOf(channel);
  }

  firstPoints(channel: Channel, type: PointType, pointShape: readonly number[]): TreeOperation[] {
    return this.#entryOf(channel).firstPoints(channel, type, pointShape);
  }

  lengths(channel: Channel): { path: string; operations: TreeOperation[] } {
    return this.#entryOf(channel).lengths(channel);
  }

  setExtents(channel: Channel, extents: readonly number[]): void {
    this.#entryOf(channel).setExtents(channel, extents);
  }

  /** Whether the points of each channel are awaited before its dataset is made: one alone gets no dimension. */
  get awaitsAllPoints(): boolean {
    return this.#options.layout.scalarCt && integerOf(this.#info.get('npoints')) === 1;
  }

  onlyPoint(channel: Channel, point: NumericArray | string): TreeOperation[] {
    return this.#entryOf(channel).onlyPoint(channel, point);
  }

  images(channel: Channel, plan: ImagePlan): TreeOperation[] {
    return this.#entryOf(channel).images(channel, plan);
  }

  imageElements(channel: Channel): number {
    return this.#entryOf(channel).imageElements(channel);
  }

  /** Links from the group's entry to its member scans. */
  members(channel: Channel, links: readonly MasterLink[]): TreeOperation[] {
    return this.#entryOf(channel).members(links);
  }

  /** Everything that is written once the last point is in the file, but for the status. */
  end(given: ScanReport): TreeOperation[] {
    const report = { ...given, info: this.#shown(given.info) };
    const offset = beamlineOffset(this.#info);
    const date = isoTime(report.now, offset) ?? '';
    const endTime = isoTime(numberOf(report.info.get('end_timestamp')) ?? NaN, offset);
    return this.entries.flatMap((entry) => [
      ...(report.state === undefined ? [] : endOfScan(entry.path, endReasonOf(report.state), endTime)),
      ...entry.end({
        ...report,
        offsetMinutes: offset,
        endTime: report.state === undefined ? undefined : endTime,
      }),
      ...endWriterGroup(entry.path, {
        message: report.message,
        date,
        channels: this.#placedCounts(report.counts, entry),
        missing: this.#missingOf(entry, report),
        manifest: report.manifest.filter(({ dataset }) => dataset.startsWith(`${entry.path}/`)),
      }),
    ]);
  }

  /** What to draw while the scan runs: of the first entry that has something. */
  get livePlot(): LivePlot | undefined {
    return this.entries.flatMap((entry) => entry.livePlot ?? [])[0];
  }

  /** Motors whose recorded positions are needed to end the file: those of a mesh. */
  meshMotors(info: InfoDict): Channel[] {
    return gridLengths(info) === undefined ? [] : this.entries.flatMap((entry) => entry.scannedMotors);
  }

  /** The very last word: written when all else is on disk, so that it is never said too early. */
  status(status: WriterStatus): TreeOperation[] {
    return this.entries.map(({ path }) => rewriteStatus(path, status));
  }

  message(message: string): TreeOperation[] {
    return this.entries.map(({ path }) => rewriteMessage(path, message));
  }

  /** The channel's points as planned, -1 when the scan is open-ended. */
  get expectedPoints(): number {
    const npoints = integerOf(this.#info.get('npoints')) ?? 0;
    return npoints > 0 ? npoints : -1;
  }

  /** The counts of all channels of the scan. */
  countsOf(counts: ReadonlyMap<Channel, number>): ChannelCount[] {
    return [...counts].map(([channel, received]) => this.#countOf(channel, received));
  }

  #placedCounts(counts: ReadonlyMap<Channel, number>, entry: EntryTree): PlacedCount[] {
    return [...counts]
      .filter(([channel]) => this.#entryOf(channel) === entry)
      .map(([channel, received]) => {
        return { ...this.#countOf(channel, received), dataset: entry.datasetOf(channel) };
      });
  }

  #countOf({ name }: Channel, received: number): ChannelCount {
    return { name, expected: this.expectedPoints, received };
  }

  /** A generic file knows nothing of what BLISS tells the facility's own writer. */
  #shown(info: InfoDict): InfoDict {
    if (!this.#options.layout.generic) return info;
    return new Map([...info].filter(([key]) => key !== 'nexuswriter'));
  }

  #missingOf(entry: EntryTree, report: ScanReport): MissingPoints[] {
    return report.missing
      .filter(({ channel }) => this.#entryOf(channel) === entry)
      .map(({ channel, ...points }) => ({ channel: channel.name, ...points }));
  }

  #entryOf(channel: Channel): EntryTree {
    const topMaster = channel.devices[0];
    const entry = this.entries.find((candidate) => candidate.topMaster === topMaster) ?? this.entries[0];
    if (entry === undefined) throw new TypeError('a scan has at least one entry');
    return entry;
  }

  /** Eight at most, written once: more would hit a defect of HDF5's dense attribute storage (LAYOUT 0.13). */
  #rootAttributes(): Attributes {
    const { program, fileName, now } = this.#options;
    const publisherVersion = textOf(this.#info.get('publisher_version'));
    return {
      NX_class: 'NXroot',
      default: this.entries[0]?.name ?? '',
      file_name: fileName,
      file_time: isoTime(now, beamlineOffset(this.#info)) ?? '',
      // Readers of the facility look for this very word (LAYOUT 2.1, ebs-tomo).
      creator: 'Bliss',
      creator_version: `${program.name} ${program.version}`,
      publisher: 'bliss',
      ...(publisherVersion === undefined ? {} : { publisher_version: publisherVersion }),
    };
  }
}

/** Names of the entries that a scan has in its file. */
export function entryNames(scan: ScanIdentity, info: InfoDict): string[] {
  const number = scanNumberOf(scan, info);
  return subScansOf(info).map((_, index) => `${number}.${index + 1}`);
}

/** `scan_nb`, else the number in the node's name (`12_ascan`, `_3_ct` of a scan that is not saved). */
export function scanNumberOf(scan: ScanIdentity, info: InfoDict): number {
  const published = integerOf(info.get('scan_nb'));
  if (published !== undefined && published >= 0) return published;
  return Number(/^_?(\d{1,9})_/.exec(nodeName(scan.dbName))?.[1] ?? 0);
}
