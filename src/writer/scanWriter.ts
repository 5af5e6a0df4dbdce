import PQueue from 'p-queue';
import { ScanTree, type MissingPoints, type WriterProgram, type WriterStatus } from '../layout/index.js';
import {
  endReasonOf,
  messageOf,
  ScanWriterError,
  type Channel,
  type Chunk,
  type Gap,
  type InfoDict,
  type Records,
  type ScanEvent,
  type ScanEventOf,
  type ScanIdentity,
  type ScanState,
} from '../scan/index.js';
import type { ByteBudget } from './byteBudget.js';
import { ChannelCounts } from './channelCounts.js';
import { sumByName, type Claim, type DirectoryOptions, type FileOptions } from './files/index.js';
import { bytesOf, Gathering } from './gathering.js';
import type { Masters } from './masters.js';
import type { ScanOutcome, ScanProgress } from './outcome.js';
import { scanTarget, type ScanTarget, type TargetPolicy } from './target/index.js';
import type { FileHandle, FileSystemThread, FileSystemThreads } from './thread/index.js';

export interface WriteScanOptions {
  readonly target: TargetPolicy;
  readonly threads: FileSystemThreads;
  readonly masters: Masters;
  readonly budget: ByteBudget;
  readonly flushMilliseconds: number;
  /** Replace a file that is complete. */
  readonly force: boolean;
  /** Whether the master shall link to the scan while it is written, or only at its end. */
  readonly linkAtStart: boolean;
  readonly directories: DirectoryOptions;
  readonly files: FileOptions;
  readonly program: WriterProgram;
  readonly onProgress?: (progress: ScanProgress) => void;
  /** What a person should know and what stops nothing. */
  readonly onWarning?: (message: string) => void;
}

/** Makes the events of the scan; they end when the signal says so. */
export type ScanEventSource = (signal: AbortSignal) => AsyncIterable<ScanEvent>;

/** More than this is not gathered until the next tick but given to the disk at once. */
const FLUSH_BYTES = 16 * 1024 * 1024;

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
  const writer = new ScanWriter(options, failed);
  const stop = AbortSignal.any([signal, failed.signal]);
  try {
    for await (const event of source(stop)) {
      const outcome = await writer.handle(event, stop);
      if (outcome !== undefined) return outcome;
      if (failed.signal.aborted) break;
    }
    failed.signal.throwIfAborted();
    return await writer.interrupt();
  } catch (error) {
    await writer.fail(error);
    throw error;
  }
}

/** In an order that does not depend on which channel was heard of first. */
function byDataset(a: { dataset: string }, b: { dataset: string }): number {
  return a.dataset < b.dataset ? -1 : 1;
}

interface OpenFile {
  readonly thread: FileSystemThread;
  readonly handle: FileHandle;
  readonly path: string;
  readonly suffix: string;
}

/** The state of one scan while it is written. */
class ScanWriter {
  readonly #options: WriteScanOptions;
  readonly #failed: AbortController;
  /** One flush after the other; the bytes are bounded by the budget. */
  readonly #queue = new PQueue({ concurrency: 1 });
  readonly #gathering = new Gathering();
  readonly #counts = new ChannelCounts();
  readonly #datasets = new Map<string, { channel: Channel; isText: boolean }>();
  #scan: ScanIdentity | undefined;
  #info: InfoDict = new Map();
  #target: ScanTarget | undefined;
  #tree: ScanTree | undefined;
  #file: OpenFile | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WriteScanOptions, failed: AbortController) {
    this.#options = options;
    this.#failed = failed;
  }

  /** @returns the outcome with the scan's last event */
  async handle(event: ScanEvent, stop: AbortSignal): Promise<ScanOutcome | undefined> {
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
        await this.#addPoints(event, stop);
        return undefined;
      case 'gap':
        this.#addGap(event);
        return undefined;
      case 'scanEnded':
        this.#info = event.info;
        return this.#end(event.state, '');
      case 'scanAbandoned':
        this.#info = event.info;
        return this.#end(
          undefined,
          'The scan has no end in Redis: it is still running, or its publisher was stopped.',
        );
      case 'scanLost':
        return this.#end(undefined, `The scan was lost before its end: ${event.why}.`);
      case 'images':
      case 'memberScan':
      case 'channelEnded':
      case 'stateChanged':
        return undefined;
    }
  }

  /** Stops before the scan's end: what came so far is in the file, whose status stays RUNNING. */
  async interrupt(): Promise<ScanOutcome> {
    if (this.#file === undefined) throw new ScanWriterError('target', 'Stopped before anything was written.');
    await this.#flushAll();
    const message = 'The writer was stopped before the end of the scan.';
    const { thread, handle } = this.#openFile();
    const rewrite = this.#openTree().entries.map(({ path }) => {
      return { op: 'rewriteText', path: `${path}/writer/message`, value: message } as const;
    });
    await thread.call('giveUp', [handle, rewrite]);
    this.#file = undefined;
    return this.#outcome('RUNNING', undefined, message, undefined);
  }

  /** After an error of ours: the file says FAILED and why, where that can still be written. */
  async fail(error: unknown): Promise<void> {
    clearInterval(this.#timer);
    await this.#queue.onIdle();
    this.#options.budget.release(this.#gathering.take().bytes);
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    const operations = (this.#tree?.entries ?? []).flatMap(({ path }) => [
      { op: 'rewriteText', path: `${path}/writer/message`, value: messageOf(error) } as const,
      { op: 'rewriteText', path: `${path}/writer/status`, value: 'FAILED' } as const,
    ]);
    await file.thread.call('giveUp', [file.handle, operations]).catch((reason: unknown) => {
      this.#options.onWarning?.(messageOf(reason));
    });
  }

  async #start({ scan, info }: ScanEventOf<'scanStarted'>): Promise<ScanOutcome | undefined> {
    const { threads, force, directories, files, program } = this.#options;
    this.#scan = scan;
    this.#info = info;
    const target = scanTarget(scan, info, this.#options.target);
    this.#target = target;
    const thread = await threads.of(target.file);
    const claim = await thread.call('claim', [
      { file: target.file, roots: target.roots, scan, force, directories },
    ]);
    this.#tree = new ScanTree(scan, info, { program, fileName: claim.file, now: Date.now() / 1000 });
    if (claim.kind === 'complete') return this.#wasComplete(claim);
    if (claim.suffix !== '') {
      this.#options.onWarning?.(`${target.file} is another file: scan ${scan.dbName} goes to ${claim.file}.`);
    }
    const handle = await thread.call('create', [claim, this.#tree.start(), files]);
    this.#file = { thread, handle, path: claim.file, suffix: claim.suffix };
    this.#timer = setInterval(() => {
      this.#flushSoon();
    }, this.#options.flushMilliseconds);
    if (this.#options.linkAtStart) {
      this.#updateMaster().catch((error: unknown) => this.#options.onWarning?.(messageOf(error)));
    }
    return undefined;
  }

  #addChannel(channel: Channel): void {
    this.#gathering.addOperations(this.#openTree().addChannel(channel));
    if (channel.kind === 'data') this.#counts.add(channel);
  }

  async #addPoints(points: ScanEventOf<'chunk' | 'records'>, stop: AbortSignal): Promise<void> {
    // Waiting here is the back-pressure that stops the reading of Redis.
    if (!(await this.#options.budget.reserve(bytesOf(points), stop))) return;
    const dataset = this.#datasetFor(points);
    if (points.type === 'chunk') this.#gathering.addChunk(dataset, points);
    else this.#gathering.addRecords(dataset, points);
    const count = points.type === 'chunk' ? points.count : points.values.length;
    this.#counts.addPoints(points.channel, points.firstIndex, count);
    if (this.#gathering.bytes >= FLUSH_BYTES) this.#flushSoon();
  }

  #datasetFor(points: Chunk | Records): string {
    const tree = this.#openTree();
    const { channel } = points;
    const path = tree.datasetOf(channel);
    if (!this.#datasets.has(path)) {
      const [type, shape] = 'bytes' in points ? [points.dtype, points.shape] : (['text', []] as const);
      this.#gathering.addOperations(tree.firstPoints(channel, type, shape));
      this.#datasets.set(path, { channel, isText: type === 'text' });
    }
    return path;
  }

  #addGap({ channel, from, to, cause }: Gap): void {
    this.#counts.addMissing(channel, from, to === undefined ? -1 : to - from, cause);
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

  async #flush(): Promise<void> {
    if (this.#gathering.isEmpty) return;
    const { thread, handle } = this.#openFile();
    const { operations, blocks, bytes } = this.#gathering.take();
    const buffers = blocks.flatMap(({ points }) =>
      'dtype' in points ? [points.bytes.buffer as ArrayBuffer] : [],
    );
    try {
      const refused = await thread.call('write', [handle, operations, blocks], buffers);
      for (const { dataset, first, count, reason } of refused) {
        const known = this.#datasets.get(dataset);
        if (known !== undefined) this.#counts.takeBack(known.channel, first, count, reason);
      }
    } finally {
      this.#options.budget.release(bytes);
    }
    this.#reportProgress();
  }

  async #flushAll(): Promise<void> {
    clearInterval(this.#timer);
    await this.#queue.onIdle();
    this.#failed.signal.throwIfAborted();
    await this.#flush();
  }

  async #end(state: ScanState | undefined, message: string): Promise<ScanOutcome> {
    await this.#flushAll();
    const { thread, handle } = this.#openFile();
    const tree = this.#openTree();
    const { missing, received: counts } = this.#counts;
    const isWhole = missing.length === 0;
    const status = state === undefined ? 'ABANDONED' : isWhole ? 'SUCCEEDED' : 'INCOMPLETE';
    const datasets = [...this.#datasets]
      .map(([dataset, { isText }]) => ({ dataset, isText }))
      .sort(byDataset);
    const manifest = await thread.call('hash', [handle, datasets]);
    const report = {
      status,
      message,
      now: Date.now() / 1000,
      state,
      info: this.#info,
      counts,
      missing,
      manifest,
    } as const;
    const received = sumByName(tree.countsOf(counts));
    const kept = await thread.call('finish', [
      { file: handle, operations: tree.end(report), isWhole, received },
    ]);
    if (kept !== undefined)
      this.#options.onWarning?.(`The earlier file holds points that are gone from Redis: kept as ${kept}.`);
    const master = await this.#finalMaster();
    this.#file = undefined;
    this.#reportProgress();
    return this.#outcome(status, state, message, master);
  }

  /** A master that cannot be written never costs the scan. */
  async #finalMaster(): Promise<string | undefined> {
    try {
      return await this.#updateMaster();
    } catch (error) {
      this.#options.onWarning?.(messageOf(error));
      return undefined;
    }
  }

  async #updateMaster(): Promise<string | undefined> {
    const { masters, directories, files, program } = this.#options;
    const target = this.#target;
    if (target?.master === undefined) return undefined;
    const { thread, path: file, suffix } = this.#openFile();
    return masters.update(thread, {
      master: target.master,
      roots: target.roots,
      links: this.#openTree().entries.map(({ name, path }) => ({
        name: `${name}${suffix}`,
        file,
        target: path,
      })),
      creatorVersion: `${program.name} ${program.version}`,
      fileTime: new Date().toISOString(),
      directories,
      files,
    });
  }

  #wasComplete({ file, endReason, channels }: Extract<Claim, { kind: 'complete' }>): ScanOutcome {
    return {
      scan: this.#scanIdentity(),
      file,
      master: this.#target?.master,
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
    master: string | undefined,
  ): ScanOutcome {
    const missing = this.#counts.missing.map(({ channel, first, count, reason }): MissingPoints => {
      return { channel: channel.name, first, count, reason };
    });
    return {
      scan: this.#scanIdentity(),
      file: this.#openTree().fileName,
      master,
      status,
      endReason: state === undefined ? undefined : endReasonOf(state),
      channels: this.#openTree().countsOf(this.#counts.received),
      missing,
      message,
      wasComplete: false,
    };
  }

  #reportProgress(): void {
    this.#options.onProgress?.({
      scan: this.#scanIdentity(),
      file: this.#openTree().fileName,
      points: this.#counts.points,
      rows: this.#counts.longest,
      expected: this.#openTree().expectedPoints,
    });
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
