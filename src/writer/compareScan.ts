import path from 'node:path';
import { ScanTree, DEFAULT_LAYOUT, type MissingPoints } from '../layout/index.js';
import type { Channel, Chunk, Records, ScanEventOf, ScanIdentity } from '../scan/index.js';
import type { WrittenChannel, WrittenWords } from './files/index.js';
import type { FileHandle, FileSystemThread } from './thread/index.js';
import type { ScanEventSource } from './writeScanOptions.js';

/** Points `[first, first + count)` of a channel that the file does not have as they were published. */
export interface Difference {
  readonly channel: string;
  readonly first: number;
  /** -1 when it is not about certain points. */
  readonly count: number;
  readonly what: string;
}

/** How a file stands against what was published. */
export interface ScanComparison {
  readonly scan: ScanIdentity;
  readonly file: string;
  readonly status: string;
  /** Channel -> points that Redis still has and that were compared; empty when the scan is not in Redis. */
  readonly compared: ReadonlyMap<string, number>;
  /** Points that the file itself says it has not. */
  readonly missing: readonly MissingPoints[];
  readonly differences: readonly Difference[];
}

interface Seen {
  compared: number;
  /** Index behind the last point that was published, as far as Redis tells. */
  end: number;
}

/**
 * Holds the file of a scan against its events, value by value and count by count, and against its own manifest.
 * @param eventsOf the events of the scan whose file it is; undefined when it is not in Redis any more
 * @throws ScanWriterError `target` when the file is none of ours, or its writing has not ended; `hdf5`
 */
export async function compareScan(
  file: string,
  thread: FileSystemThread,
  eventsOf: (scan: ScanIdentity) => Promise<ScanEventSource | undefined>,
  signal: AbortSignal,
): Promise<ScanComparison> {
  const { handle, words } = await thread.call('openWritten', [file]);
  try {
    const source = await eventsOf(words.scan);
    const comparison = new Comparison(thread, handle, words);
    if (source !== undefined) await comparison.follow(source, signal);
    await comparison.checkManifest();
    comparison.checkLinks();
    const { compared, differences } = comparison;
    return {
      scan: words.scan,
      file: path.resolve(file),
      status: words.status,
      compared,
      missing: words.missing,
      differences,
    };
  } finally {
    await thread.call('closeWritten', [handle]);
  }
}

class Comparison {
  readonly differences: Difference[] = [];
  readonly #thread: FileSystemThread;
  readonly #handle: FileHandle;
  readonly #words: WrittenWords;
  readonly #seen = new Map<WrittenChannel, Seen>();
  #tree: ScanTree | undefined;

  constructor(thread: FileSystemThread, handle: FileHandle, words: WrittenWords) {
    this.#thread = thread;
    this.#handle = handle;
    this.#words = words;
  }

  get compared(): Map<string, number> {
    return new Map([...this.#seen].map(([{ name }, { compared }]) => [name, compared]));
  }

  async follow(source: ScanEventSource, signal: AbortSignal): Promise<void> {
    for await (const event of source(signal, () => 0)) {
      if (event.type === 'scanStarted') this.#begin(event);
      else if (event.type === 'chunk' || event.type === 'records') await this.#compare(event);
      else if (event.type === 'gap') this.#noteEnd(event.channel, event.to ?? event.from);
    }
    signal.throwIfAborted();
    for (const [written, seen] of this.#seen) this.#checkCount(written, seen);
  }

  async checkManifest(): Promise<void> {
    for (const dataset of await this.#thread.call('changedDatasets', [this.#handle])) {
      const name = this.#words.channels.find((channel) => channel.dataset === dataset)?.name ?? dataset;
      const what = 'its values are not those that were written: the file was changed or damaged';
      this.differences.push({ channel: name, first: 0, count: -1, what });
    }
  }

  checkLinks(): void {
    for (const { name, isStored, isLinked } of this.#words.channels) {
      if (!isStored || isLinked) continue;
      this.differences.push({
        channel: name,
        first: 0,
        count: -1,
        what: 'no link in measurement leads to it',
      });
    }
  }

  /** The tree is asked only for the entry of a channel, which no option of the layout changes. */
  #begin({ scan, info }: ScanEventOf<'scanStarted'>): void {
    const program = { name: '', version: '' };
    this.#tree = new ScanTree(scan, info, { program, fileName: '', now: 0, layout: DEFAULT_LAYOUT });
  }

  async #compare(points: Chunk | Records): Promise<void> {
    const { channel, firstIndex } = points;
    const isChunk = 'bytes' in points;
    const count = isChunk ? points.count : points.values.length;
    const written = this.#channelOf(channel);
    if (written === undefined) {
      this.#note(channel.name, firstIndex, count, 'the file does not have this channel');
      return;
    }
    const seen = this.#noteEnd(channel, firstIndex + count);
    seen.compared += count;
    const values = isChunk
      ? { dtype: points.dtype, shape: [count, ...points.shape], bytes: points.bytes }
      : points.values;
    const different = await this.#thread.call('differentPoints', [
      this.#handle,
      written.dataset,
      firstIndex,
      values,
    ]);
    for (const index of different) this.#note(channel.name, index, 1, 'not as it was published');
  }

  #noteEnd(channel: Channel, end: number): Seen {
    const written = this.#channelOf(channel);
    const seen = (written && this.#seen.get(written)) ?? { compared: 0, end: 0 };
    if (written !== undefined) this.#seen.set(written, seen);
    seen.end = Math.max(seen.end, end);
    return seen;
  }

  #channelOf(channel: Channel): WrittenChannel | undefined {
    const entry = this.#tree?.datasetOf(channel).split('/')[1];
    return this.#words.channels.find((written) => written.name === channel.name && written.entry === entry);
  }

  /** Every point that was published is in the file, or named as missing there. */
  #checkCount({ name, received }: WrittenChannel, { end: published }: Seen): void {
    const missing = this.#words.missing.filter(({ channel }) => channel === name);
    if (missing.some(({ count }) => count < 0)) return;
    const accounted = missing.reduce((sum, { count }) => sum + count, received);
    if (accounted === published) return;
    const what =
      accounted > published
        ? `the file has ${accounted - published} points more than were published`
        : `the file neither has nor misses ${published - accounted} of the points that were published`;
    this.differences.push({ channel: name, first: 0, count: -1, what });
  }

  #note(channel: string, first: number, count: number, what: string): void {
    const last = this.differences.at(-1);
    if (last?.channel === channel && last.what === what && last.first + last.count === first) {
      this.differences[this.differences.length - 1] = { ...last, count: last.count + count };
    } else {
      this.differences.push({ channel, first, count, what });
    }
  }
}
