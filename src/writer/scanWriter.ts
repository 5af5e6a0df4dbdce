import { ScanTree, type DeviceInfo, type MissingPoints, type WriterStatus } from '../layout/index.js';
import {
  endReasonOf,
  messageOf,
  ScanWriterError,
  type Channel,
  type Gap,
  type Images,
  type InfoDict,
  type ScanEvent,
  type ScanEventOf,
  type ScanIdentity,
  type ScanState,
} from '../scan/index.js';
import { ChannelCounts } from './channelCounts.js';
import type { Claim, DatasetProgress, StoredPoints } from './files/index.js';
import { MemberLinks } from './memberLinks.js';
import { OpenFile } from './openFile.js';
import { openScan } from './openScan.js';
import type { ScanOutcome, ScanProgress } from './outcome.js';
import { PointQueue } from './pointQueue.js';
import { scanTarget, type ScanTarget } from './target/index.js';
import { takeEarlier } from './takeEarlier.js';
import { takeImages } from './takeImages.js';
import { updateMasters, type LinkedMasters } from './updateMasters.js';
import type { ScanEventSource, WriteScanOptions } from './writeScanOptions.js';

/**
 * Writes one scan from its first event to its last.
 * Resumable unit: nothing outside the file and the given objects is used (DESIGN decision 12).
 * @returns how it came out; status RUNNING when `signal` stopped it before the end
 * @throws ScanWriterError when the file cannot be written; a file that was begun says FAILED, if that can be written
 */
export async function writeScan(
  source: ScanEventSource,
  options: WriteScanOptions,
  signal: AbortSignal,
): Promise<ScanOutcome> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const writer = new ScanWriter(options, failed, stop);
  try {
    return (await writeEvents(source, writer, stop)) ?? (await writer.interrupt());
  } catch (error) {
    // The source may have only said that it was stopped.
    const cause: unknown = failed.signal.aborted ? failed.signal.reason : error;
    await writer.fail(cause);
    throw cause;
  }
}

/** @returns undefined when the events ended, or were stopped, before the scan's end */
async function writeEvents(
  source: ScanEventSource,
  writer: ScanWriter,
  stop: AbortSignal,
): Promise<ScanOutcome | undefined> {
  try {
    for await (const event of source(stop, (channel) => writer.startOf(channel))) {
      const outcome = await writer.handle(event);
      if (outcome !== undefined) return outcome;
      // What comes now may have lost points before it, which nobody waited for any more.
      if (stop.aborted) break;
    }
  } catch (error) {
    const isStop = stop.aborted && (error === stop.reason || isAbortError(error));
    if (!isStop) throw error;
  }
  return undefined;
}

function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

const NO_END = 'The scan has no end in Redis: it is still running, or its publisher was stopped.';

const NOT_LINKED: LinkedMasters = { master: undefined, areMastersDone: false };

/** Whether a file that was begun can be gone on with: by the same version, in the same layout. */
function layoutKey({ program, layout, images }: WriteScanOptions): string {
  return JSON.stringify([
    program.version,
    images,
    { ...layout, mcaCalibrations: [...layout.mcaCalibrations] },
  ]);
}

/** How copied images are hashed. */
const NUMBERS = { isText: false, isScalar: false } as const;

/** The state of one scan while it is written. */
class ScanWriter {
  readonly #options: WriteScanOptions;
  readonly #stop: AbortSignal;
  readonly #counts = new ChannelCounts();
  readonly #points: PointQueue;
  #scan: ScanIdentity | undefined;
  #info: InfoDict = new Map();
  #datasetInfo: InfoDict = new Map();
  readonly #channels: Channel[] = [];
  readonly #devices: DeviceInfo[] = [];
  readonly #members: MemberLinks;
  /** The newest word on each detector's images. */
  readonly #images = new Map<Channel, Images>();
  #target: ScanTarget | undefined;
  #tree: ScanTree | undefined;
  #file: OpenFile | undefined;
  /** The update of the master at the start, which never rejects. */
  #startLink: Promise<unknown> = Promise.resolve();
  #isClosing = false;

  constructor(options: WriteScanOptions, failed: AbortController, stop: AbortSignal) {
    this.#options = options;
    this.#stop = stop;
    this.#members = new MemberLinks(options);
    this.#points = new PointQueue(options, this.#counts, failed, () => {
      this.#reportProgress();
    });
  }

  /** @returns the outcome with the scan's last event */
  async handle(event: ScanEvent): Promise<ScanOutcome | undefined> {
    switch (event.type) {
      case 'scanStarted':
        return this.#start(event);
      case 'scanPrepared':
      case 'infoChanged':
        this.#info = event.info;
        return undefined;
      case 'channelAdded':
        this.#addChannel(event.channel);
        return undefined;
      case 'chunk':
      case 'records':
        await this.#points.add(event, this.#openTree(), this.#stop);
        return undefined;
      case 'gap':
        this.#addGap(event);
        return undefined;
      case 'scanEnded':
        this.#info = event.info;
        return this.#end(event.state, '');
      case 'scanAbandoned':
        this.#info = event.info;
        return this.#end(undefined, event.why ?? NO_END);
      case 'scanLost':
        return this.#end(undefined, `The scan was lost before its end: ${event.why}.`);
      case 'deviceInfo':
        this.#devices.push(event);
        return undefined;
      case 'datasetInfo':
        this.#datasetInfo = event.info;
        return undefined;
      case 'images':
        this.#images.set(event.channel, event);
        return undefined;
      case 'memberScan':
        this.#members.add(event, this.#openFile().path);
        return undefined;
      case 'channelEnded':
      case 'stateChanged':
        return undefined;
    }
  }

  /** Index of the first point of a channel that is not in the file. */
  startOf(channel: Channel): number {
    return channel.kind === 'data' ? (this.#progressOf(channel)?.next ?? 0) : 0;
  }

  /** How far a writer before had come with a channel. */
  #progressOf(channel: Channel): DatasetProgress | undefined {
    const dataset = this.#openTree().datasetOf(channel);
    return this.#file?.resumed?.datasets.find(
      (progress) => progress.dataset === dataset && progress.channel === channel.name,
    );
  }

  /** Stops before the scan's end: what came so far is in the file, whose status stays RUNNING. */
  async interrupt(): Promise<ScanOutcome> {
    if (this.#file === undefined) throw new ScanWriterError('target', 'Stopped before anything was written.');
    await this.#points.flushAll();
    const message = 'The writer was stopped before the end of the scan.';
    const { thread, handle } = this.#openFile();
    this.#isClosing = true;
    const earlier = await thread.call('giveUp', [handle, this.#openTree().message(message), true]);
    this.#file = undefined;
    this.#warnOfEarlier(earlier);
    await this.#startLink;
    return this.#outcome('RUNNING', undefined, message, NOT_LINKED);
  }

  /** After an error: one that nobody will try again makes the file say FAILED and why, where that can still be written. */
  async fail(error: unknown): Promise<void> {
    await this.#points.drop();
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    const tree = this.#openTree();
    const goesOn = this.#options.isRetried && error instanceof ScanWriterError && error.retryable;
    const operations = [...tree.message(messageOf(error)), ...(goesOn ? [] : tree.status('FAILED'))];
    try {
      const earlier = await file.thread.call('giveUp', [file.handle, operations, goesOn]);
      if (!goesOn) this.#warnOfEarlier(earlier);
    } catch (reason) {
      this.#options.onWarning?.(messageOf(reason));
    }
  }

  #warnOfEarlier(kept: readonly string[]): void {
    if (kept.length === 0) return;
    const files = kept.join(', ');
    this.#options.onWarning?.(`The earlier file may hold points that the new one has not: kept as ${files}.`);
  }

  async #start({ scan, info }: ScanEventOf<'scanStarted'>): Promise<ScanOutcome | undefined> {
    const { threads, force, directories, files, disk, program, layout } = this.#options;
    this.#scan = scan;
    this.#info = info;
    const target = scanTarget(scan, info, this.#options.target);
    this.#target = target;
    const thread = await threads.of(target.file);
    const { file, roots } = target;
    const claim = await thread.call('claim', [
      { file, roots, scan, force, directories, layout: layoutKey(this.#options) },
    ]);
    this.#tree = new ScanTree(scan, info, { program, fileName: claim.file, now: Date.now() / 1000, layout });
    if (claim.kind === 'complete') return this.#wasComplete(claim, target, this.#tree);
    const { suffix } = claim;
    if (suffix !== '') {
      this.#options.onWarning?.(`${file} is another file: scan ${scan.dbName} goes to ${claim.file}.`);
    }
    const opened = await thread.call('open', [claim, this.#tree.start(), { ...files, disk }]);
    this.#file = new OpenFile({ ...opened, thread, path: claim.file, suffix }, this.#options, this.#stop);
    this.#points.open(this.#file);
    this.#options.onOpen?.(
      openScan({
        scan,
        path: claim.file,
        tree: this.#tree,
        counts: this.#counts,
        points: this.#points,
        channels: this.#channels,
        progress: () => this.#progress(),
        file: () => (this.#isClosing ? undefined : this.#file),
      }),
    );
    if (this.#options.linkAtStart) this.#startLink = this.#updateMasters();
    return undefined;
  }

  #addChannel(channel: Channel): void {
    const tree = this.#openTree();
    this.#channels.push(channel);
    this.#points.addOperations(tree.addChannel(channel));
    if (channel.kind !== 'data') return;
    this.#counts.add(channel);
    const progress = this.#progressOf(channel);
    if (progress === undefined) return;
    this.#points.resume(channel, progress, tree);
    const missing = this.#file?.resumed?.missing.filter((points) => points.channel === channel.name) ?? [];
    this.#counts.restore(channel, progress.next, progress.received, missing);
  }

  #addGap({ channel, from, to, cause }: Gap): void {
    this.#counts.addGap(channel, from, to === undefined ? -1 : to - from, cause);
  }

  async #end(state: ScanState | undefined, message: string): Promise<ScanOutcome> {
    await this.#points.flushAll();
    const file = this.#openFile();
    const { thread, handle } = file;
    const tree = this.#openTree();
    const counts = this.#counts;
    await takeEarlier(this.#channels, { tree, counts, points: this.#points, file });
    const images = await takeImages(
      this.#images,
      {
        options: this.#options,
        tree,
        counts,
        file,
        onProgress: () => {
          this.#reportProgress();
        },
      },
      this.#stop,
    );
    const { missing } = counts;
    const isWhole = missing.length === 0;
    const status = state === undefined ? 'ABANDONED' : isWhole ? 'SUCCEEDED' : 'INCOMPLETE';
    const copies = images.copied.map((channel) => ({ dataset: tree.datasetOf(channel), ...NUMBERS }));
    const manifest = await thread.call('hash', [handle, [...this.#points.datasets, ...copies]]);
    const report = {
      message,
      now: Date.now() / 1000,
      state,
      info: this.#info,
      counts: counts.received,
      missing,
      manifest,
      rows: counts.rows,
      positions: await this.#meshPositions(),
      devices: this.#devices,
      dataset: this.#datasetInfo,
    } as const;
    await file.write(
      [...this.#members.operations(tree), ...images.operations, ...tree.end(report)],
      [],
      undefined,
    );
    const ending = {
      lastWords: tree.status(status),
      isComplete: status === 'SUCCEEDED',
      points: [...this.#points.stored, ...this.#storedImages()],
      virtualImages: images.virtual,
    };
    this.#isClosing = true;
    const { kept, warnings } = await thread.call('finish', [handle, ending]);
    this.#warnOfEarlier(kept);
    for (const warning of warnings) this.#options.onWarning?.(warning);
    const linked = await this.#updateMasters();
    this.#file = undefined;
    this.#reportProgress();
    return this.#outcome(status, state, message, linked);
  }

  /** Images count as points of the file, also where they are in another that it leads to. */
  #storedImages(): StoredPoints[] {
    return [...this.#images.keys()].map((channel) => {
      const received = this.#counts.received.get(channel) ?? 0;
      const tree = this.#openTree();
      const pointElements = tree.imageElements(channel);
      const missing = this.#counts.missingIn(channel, 0, Infinity);
      return { channel: channel.name, dataset: tree.datasetOf(channel), received, pointElements, missing };
    });
  }

  async #meshPositions(): Promise<Map<Channel, number[]>> {
    const tree = this.#openTree();
    const motors = tree.meshMotors(this.#info);
    const { thread, handle } = this.#openFile();
    const columns = await thread.call('numbers', [handle, motors.map((motor) => tree.datasetOf(motor))]);
    return new Map(motors.map((motor, index) => [motor, columns[index] ?? []]));
  }

  async #updateMasters(): Promise<LinkedMasters> {
    const { path: file, suffix } = this.#openFile();
    if (this.#target === undefined) return NOT_LINKED;
    const { startTimestamp } = this.#scanIdentity();
    const { entries } = this.#openTree();
    return updateMasters(this.#options, this.#target, { file, startTimestamp, suffix, entries }, this.#stop);
  }

  /** Only its master may still want a link: the writer may have been stopped just before that. */
  async #wasComplete(
    { file, suffix, endReason, channels }: Extract<Claim, { kind: 'complete' }>,
    target: ScanTarget,
    { entries }: ScanTree,
  ): Promise<ScanOutcome> {
    const scan = this.#scanIdentity();
    const { startTimestamp } = scan;
    return {
      scan,
      file,
      ...(await updateMasters(this.#options, target, { file, startTimestamp, suffix, entries }, this.#stop)),
      status: 'SUCCEEDED',
      endReason,
      channels,
      missing: [],
      message: 'The file was complete already and was left as it is.',
      wasComplete: true,
    };
  }

  #outcome(
    status: WriterStatus,
    state: ScanState | undefined,
    message: string,
    linked: LinkedMasters,
  ): ScanOutcome {
    const missing = this.#counts.missing.map(({ channel, first, count, reason }): MissingPoints => {
      return { channel: channel.name, first, count, reason };
    });
    return {
      scan: this.#scanIdentity(),
      file: this.#openTree().fileName,
      ...linked,
      status,
      endReason: state === undefined ? undefined : endReasonOf(state),
      channels: this.#openTree().countsOf(this.#counts.received),
      missing,
      message,
      wasComplete: false,
    };
  }

  #reportProgress(): void {
    this.#options.onProgress?.(this.#progress());
  }

  #progress(): ScanProgress {
    return {
      scan: this.#scanIdentity(),
      file: this.#openTree().fileName,
      points: this.#counts.points,
      bytes: this.#points.writtenBytes,
      rows: this.#counts.longest,
      expected: this.#openTree().expectedPoints,
    };
  }

  #openFile(): OpenFile {
    if (this.#file === undefined) throw new TypeError('the file is not open');
    return this.#file;
  }

  #openTree(): ScanTree {
    if (this.#tree === undefined) throw new TypeError('events came before scanStarted');
    return this.#tree;
  }

  #scanIdentity(): ScanIdentity {
    if (this.#scan === undefined) throw new TypeError('events came before scanStarted');
    return this.#scan;
  }
}
