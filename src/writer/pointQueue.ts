import PQueue from 'p-queue';
import type { PointType, ScanTree, TreeOperation } from '../layout/index.js';
import {
  elementCount,
  type Channel,
  type Chunk,
  type NumericArray,
  type Records,
  type ScanEventOf,
} from '../scan/index.js';
import type { ChannelCounts } from './channelCounts.js';
import type { Checkpoint, DatasetProgress, HashRequest, PointPlace, StoredPoints } from './files/index.js';
import { countOf } from './files/pointBlock.js';
import { bytesOf, Gathering } from './gathering.js';
import type { OpenFile } from './openFile.js';
import { PointLengths } from './pointLengths.js';
import type { WriteScanOptions } from './writeScanOptions.js';

/** More than this is not gathered until the next tick but given to the disk at once, */
const MOST_FLUSH_BYTES = 16 * 1024 * 1024;
/** and with a small budget less: what a flush takes along is in memory once more. */
const FLUSH_SHARE = 16;
const LEAST_FLUSH_BYTES = 256 * 1024;

/** A dataset of one channel's points. */
interface Dataset {
  readonly channel: Channel;
  readonly type: PointType;
  /** Of the first point. */
  readonly shape: readonly number[];
  readonly lengths: PointLengths;
  /** Where the lengths of the points stand, once they differ. */
  lengthsPath: string | undefined;
  /** Whether the steps that make it were gathered. */
  isMade: boolean;
  isScalar: boolean;
}

/**
 * The way of one scan's points to its file: bounded in bytes by the budget, gathered by channel, one flush after the
 * other (DESIGN, "A chunk's way").
 */
export class PointQueue {
  readonly #options: WriteScanOptions;
  readonly #counts: ChannelCounts;
  readonly #failed: AbortController;
  readonly #onFlush: () => void;
  readonly #queue = new PQueue({ concurrency: 1 });
  readonly #gathering = new Gathering();
  readonly #flushBytes: number;
  /** Path of the dataset -> whose points it holds. */
  readonly #datasets = new Map<string, Dataset>();
  #tree: ScanTree | undefined;
  #file: OpenFile | undefined;
  /** How much of the list of what is missing stands in the journal. */
  #journaled = 0;
  #timer: NodeJS.Timeout | undefined;
  #writtenBytes = 0;
  /** Since when the first point that was gathered, or that is in the flush under way, has waited. */
  #gatheredSince: number | undefined;
  #flushedSince: number | undefined;

  /** @param failed is aborted with the error of a flush; nothing is written after that */
  constructor(
    options: WriteScanOptions,
    counts: ChannelCounts,
    failed: AbortController,
    onFlush: () => void,
  ) {
    this.#options = options;
    this.#counts = counts;
    this.#failed = failed;
    this.#onFlush = onFlush;
    const share = Math.max(LEAST_FLUSH_BYTES, options.budget.limit / FLUSH_SHARE);
    this.#flushBytes = Math.min(MOST_FLUSH_BYTES, share);
  }

  /** From now on there is a file to flush to. */
  open(file: OpenFile): void {
    this.#file = file;
    this.#timer = setInterval(() => {
      if (this.#tree?.awaitsAllPoints !== true) this.#flushSoon();
    }, this.#options.flushMilliseconds);
  }

  /** Goes on with a channel of which a writer before has written points. */
  resume(channel: Channel, progress: DatasetProgress, tree: ScanTree): void {
    const { dataset, type, shape, extents, next, hasLengths } = progress;
    // All of this is in the file: only the tree has to know.
    tree.firstPoints(channel, type, shape);
    tree.setExtents(channel, extents);
    const lengthsPath = hasLengths ? tree.lengths(channel).path : undefined;
    const lengths = PointLengths.resume(shape, next, extents, hasLengths);
    this.#datasets.set(dataset, {
      channel,
      type,
      shape,
      lengths,
      lengthsPath,
      isMade: true,
      isScalar: false,
    });
  }

  /** The dataset of a channel, made if no point of it came; undefined when it holds points of another kind. */
  datasetOfKind(
    channel: Channel,
    type: PointType,
    shape: readonly number[],
    tree: ScanTree,
  ): { path: string; operations: TreeOperation[] } | undefined {
    const path = tree.datasetOf(channel);
    const known = this.#datasets.get(path);
    if (known !== undefined) {
      const fits = !known.isScalar && known.shape.length === shape.length;
      return fits && (known.type === 'text') === (type === 'text') ? { path, operations: [] } : undefined;
    }
    const made = { isMade: true, isScalar: false, lengthsPath: undefined };
    this.#datasets.set(path, { channel, type, shape, lengths: new PointLengths(shape), ...made });
    return { path, operations: tree.firstPoints(channel, type, shape) };
  }

  /** Steps of building the file that go along with the next flush. */
  addOperations(operations: readonly TreeOperation[]): void {
    this.#gathering.addOperations(operations);
  }

  /** Takes points once the budget has room for them; drops them when told to stop. */
  async add(points: ScanEventOf<'chunk' | 'records'>, tree: ScanTree, stop: AbortSignal): Promise<void> {
    const { budget } = this.#options;
    const bytes = bytesOf(points);
    if (budget.used + bytes > budget.limit) this.#flushSoon();
    // Waiting here is the back-pressure that stops the reading of Redis.
    if (!(await budget.reserve(bytes, stop))) return;
    this.#gatheredSince ??= performance.now();
    this.#tree = tree;
    const dataset = this.#datasetFor(points, tree);
    if (points.type === 'chunk') {
      this.#gathering.addChunk(dataset, points);
      this.#noteLengths(points, dataset, tree);
    } else this.#gathering.addRecords(dataset, points);
    const count = points.type === 'chunk' ? points.count : points.values.length;
    this.#counts.see(points.channel, points.firstIndex, count);
    if (this.#gathering.bytes >= this.#flushBytes) this.#flushSoon();
  }

  /** Bytes of the points that were flushed. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** For how long the oldest point that is not in the file has waited; 0 when there is none. */
  get lagSeconds(): number {
    const since = this.#flushedSince ?? this.#gatheredSince;
    return since === undefined ? 0 : (performance.now() - since) / 1_000;
  }

  /** Where the points of a channel stand that are in the file; undefined when there are none. */
  placeOf(name: string): PointPlace | undefined {
    for (const [dataset, { channel, type, shape }] of this.#datasets) {
      const rows = this.#counts.rows.get(channel) ?? 0;
      if (channel.name !== name || rows === 0) continue;
      return { dataset, isText: type === 'text', pointRank: shape.length, rows };
    }
    return undefined;
  }

  /** Flushes what is left, and no more after that. */
  async flushAll(): Promise<void> {
    clearInterval(this.#timer);
    await this.#queue.onIdle();
    this.#failed.signal.throwIfAborted();
    await this.#flush(this.#takeOnlyPoints());
    while (!this.#gathering.isEmpty) {
      this.#failed.signal.throwIfAborted();
      await this.#flush();
    }
  }

  /** Gives up what is not flushed. */
  async drop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#queue.onIdle();
    this.#options.budget.release(this.#gathering.drop());
  }

  /** In an order that does not depend on which channel was heard of first. */
  get datasets(): HashRequest[] {
    return [...this.#datasets]
      .map(([dataset, { type, isScalar }]) => ({ dataset, isText: type === 'text', isScalar }))
      .sort((a, b) => (a.dataset < b.dataset ? -1 : 1));
  }

  get stored(): StoredPoints[] {
    return [...this.#datasets].map(([dataset, { channel, lengths }]) => {
      const received = this.#counts.received.get(channel) ?? 0;
      const missing = this.#counts.missingIn(channel, 0, Infinity);
      return {
        channel: channel.name,
        dataset,
        received,
        missing,
        pointElements: elementCount(lengths.extents),
      };
    });
  }

  #datasetFor(points: Chunk | Records, tree: ScanTree): string {
    const { channel } = points;
    const path = tree.datasetOf(channel);
    if (!this.#datasets.has(path)) {
      const [type, shape] = 'bytes' in points ? [points.dtype, points.shape] : (['text', []] as const);
      const lengths = new PointLengths(shape);
      const made = { isMade: false, isScalar: false, lengthsPath: undefined };
      const dataset = { channel, type, shape, lengths, ...made };
      this.#datasets.set(path, dataset);
      if (!tree.awaitsAllPoints) this.#make(dataset, tree);
    }
    return path;
  }

  /** Points that differ in length are filled up in the file: how long each is stands in a dataset beside. */
  #noteLengths({ channel, firstIndex, count, shape }: Chunk, path: string, tree: ScanTree): void {
    const dataset = this.#datasets.get(path);
    if (dataset === undefined || shape.length === 0 || shape.length !== dataset.shape.length) return;
    const chunks = dataset.lengths.add(firstIndex, count, shape);
    if (chunks.length === 0) return;
    if (!dataset.isMade) this.#make(dataset, tree);
    tree.setExtents(channel, dataset.lengths.extents);
    if (dataset.lengthsPath === undefined) {
      const { path: lengthsPath, operations } = tree.lengths(channel);
      this.#gathering.addOperations(operations);
      dataset.lengthsPath = lengthsPath;
    }
    for (const chunk of chunks) this.#gathering.addDerived(dataset.lengthsPath, chunk);
  }

  #make(dataset: Dataset, tree: ScanTree): void {
    const { channel, type, shape } = dataset;
    this.#gathering.addOperations(tree.firstPoints(channel, type, shape));
    dataset.isMade = true;
  }

  /** At the end: a point that is all of its channel. */
  #takeOnlyPoints(): string[] {
    const alone: string[] = [];
    for (const [path, dataset] of this.#datasets) {
      if (dataset.isMade || this.#tree === undefined) continue;
      const point: NumericArray | string | undefined = this.#gathering.takeOnlyPoint(path);
      if (point === undefined) continue;
      this.#gathering.addOperations(this.#tree.onlyPoint(dataset.channel, point));
      dataset.isMade = true;
      dataset.isScalar = true;
      alone.push(path);
    }
    return alone;
  }

  /** Flushes when the flush before has ended; what comes meanwhile goes along. */
  #flushSoon(): void {
    if (this.#queue.size > 0) return;
    this.#queue
      .add(() => this.#flush())
      .catch((error: unknown) => {
        this.#failed.abort(error);
      });
  }

  /** @param alone datasets of one point, which the gathered steps make */
  async #flush(alone: readonly string[] = []): Promise<void> {
    // After an error nothing is added behind what is missing.
    if (this.#gathering.isEmpty || this.#failed.signal.aborted) return;
    if (this.#file === undefined) throw new TypeError('the file is not open');
    for (const dataset of this.#datasets.values()) {
      if (!dataset.isMade && this.#tree !== undefined) this.#make(dataset, this.#tree);
    }
    const { operations, blocks, buffer, bytes } = this.#gathering.take(
      this.#options.buffers,
      this.#flushBytes,
    );
    this.#flushedSince = this.#gatheredSince;
    if (this.#gathering.bytes === 0) this.#gatheredSince = undefined;
    const ofChannels = blocks.filter(({ dataset }) => this.#datasets.has(dataset));
    const gathered = ofChannels.map(({ dataset, first, points }) => {
      return { dataset, first, count: countOf(points) };
    });
    const checkpoint = this.#checkpointAfter(gathered);
    try {
      const refused = await this.#file.write(operations, blocks, checkpoint, buffer);
      this.#writtenBytes += bytes;
      this.#journaled = checkpoint.missing.from + checkpoint.missing.points.length;
      for (const dataset of alone) this.#counts.addPoints(this.#channelOf(dataset), 0, 1);
      for (const { dataset, first, count } of gathered) {
        this.#counts.addPoints(this.#channelOf(dataset), first, count);
      }
      for (const { dataset, first, count, reason } of refused) {
        this.#counts.refuse(this.#channelOf(dataset), first, count, reason);
      }
    } finally {
      this.#flushedSince = undefined;
      this.#options.budget.release(bytes);
    }
    this.#onFlush();
    if (this.#gathering.bytes >= this.#flushBytes) this.#flushSoon();
  }

  /** What is in the file once the gathered points are. */
  #checkpointAfter(
    gathered: readonly { dataset: string; first: number; count: number }[],
  ): Required<Checkpoint> {
    const progress = new Map<string, DatasetProgress>();
    for (const { dataset, first, count } of gathered) {
      const { channel, type, shape, lengths, lengthsPath } = this.#datasetAt(dataset);
      const before = progress.get(dataset);
      const next = before?.next ?? this.#counts.rows.get(channel) ?? 0;
      const received = before?.received ?? this.#counts.received.get(channel) ?? 0;
      progress.set(dataset, {
        dataset,
        channel: channel.name,
        type,
        shape: [...shape],
        extents: [...lengths.extents],
        hasLengths: lengthsPath !== undefined,
        next: Math.max(next, first + count),
        received: received + count,
      });
    }
    // The last one that was told may have grown since.
    const from = Math.max(0, this.#journaled - 1);
    const points = this.#counts.missing.slice(from).map(({ channel, first, count, reason }) => {
      return { channel: channel.name, first, count, reason };
    });
    return { datasets: [...progress.values()], missing: { from, points } };
  }

  #channelOf(dataset: string): Channel {
    return this.#datasetAt(dataset).channel;
  }

  #datasetAt(dataset: string): Dataset {
    const known = this.#datasets.get(dataset);
    if (known === undefined) throw new TypeError(`no channel writes to ${dataset}`);
    return known;
  }
}
