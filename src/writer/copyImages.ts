import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImageFile, TreeOperation } from '../layout/index.js';
import { hasNaN, type Channel, type NumericArray } from '../scan/index.js';
import type { ByteBudget } from './byteBudget.js';
import type { ChannelCounts } from './channelCounts.js';
import { BATCH_BYTES, FILE_START, frameBytes, type EdfBatch, type PixelType } from './edf/index.js';
import type { OpenFile } from './openFile.js';
import type { FileSystemThread } from './thread/index.js';

export interface CopyImagesRequest {
  readonly channel: Channel;
  /** Where the detector's images are, in their order. */
  readonly files: readonly ImageFile[];
  /** The thread of their file system. */
  readonly source: FileSystemThread;
  readonly target: {
    readonly file: OpenFile;
    readonly dataset: string;
    /** Makes the dataset, once it is known what the images are. */
    readonly operations: (pixels: PixelType) => readonly TreeOperation[];
  };
  readonly counts: ChannelCounts;
  readonly budget: ByteBudget;
  readonly waitMilliseconds: number;
  readonly onProgress: () => void;
}

/** Files that one call is told of, so that a call with none that is there is short as well. */
const FILES_A_CALL = 256;
const POLL_MILLISECONDS = 250;

/**
 * Copies the images of a detector's EDF files into a dataset of the scan's file, some at a time, so that the threads
 * of both file systems also serve other scans. Image k goes to row k. Images that are not there yet are waited for, up
 * to a limit; what cannot be had is named as missing.
 * @returns what the images are; undefined when there was none, and then there is no dataset
 * @throws the reason of `stop`; ScanWriterError when the scan's file cannot be written
 */
export async function copyImages(
  request: CopyImagesRequest,
  stop: AbortSignal,
): Promise<PixelType | undefined> {
  const { files, source, budget, waitMilliseconds, onProgress } = request;
  const copies = new Copies(request, stop);
  const deadline = performance.now() + waitMilliseconds;
  let place = FILE_START;
  for (let done = 0; done < files.length;) {
    const { pixels } = copies;
    const bytes = Math.max(BATCH_BYTES, frameBytes(pixels));
    if (!(await budget.reserve(bytes, stop))) stop.throwIfAborted();
    let isWaiting: boolean;
    try {
      const mayCome = performance.now() < deadline;
      const next = files.slice(done, done + FILES_A_CALL);
      const batch = await source.call('readEdf', [{ files: next, place, pixels, mayCome }]);
      await copies.add(batch);
      done += batch.filesDone;
      ({ place, isWaiting } = batch);
    } finally {
      budget.release(bytes);
    }
    onProgress();
    if (isWaiting) await sleep(POLL_MILLISECONDS);
  }
  return copies.pixels;
}

/** What of a detector's images is in the scan's file. */
class Copies {
  pixels: PixelType | undefined;
  readonly #request: CopyImagesRequest;
  readonly #stop: AbortSignal;
  #rows = 0;

  constructor(request: CopyImagesRequest, stop: AbortSignal) {
    this.#request = request;
    this.#stop = stop;
  }

  async add({ pixels, first, count, bytes, missing }: EdfBatch): Promise<void> {
    const { channel, counts, target } = this.#request;
    const { file, dataset } = target;
    for (const { path: source, first, count, why } of missing) {
      const name = path.relative(path.dirname(file.path), source);
      counts.addGap(channel, first, count, `its file ${name} ${why}`);
    }
    if (pixels === undefined || count === 0) return;
    if (this.pixels === undefined) await file.write(target.operations(pixels), [], undefined);
    this.pixels = pixels;
    await this.#fillTo(first, pixels);
    const block = { dataset, first, points: framesOf(pixels, bytes) };
    const refused = await file.write([], [block], undefined, bytes.buffer);
    this.#rows = first + count;
    counts.addPoints(channel, first, count);
    for (const { first, count, reason } of refused) counts.refuse(channel, first, count, reason);
    await this.#hash();
  }

  /** NaN for a long row of missing images, which would be too much for one call. */
  async #fillTo(row: number, pixels: PixelType): Promise<void> {
    const { file, dataset } = this.#request.target;
    const step = Math.max(1, Math.floor(BATCH_BYTES / frameBytes(pixels)));
    while (hasNaN(pixels.dtype) && row - this.#rows > step) {
      this.#rows += step;
      const points = framesOf(pixels, nanFrame(pixels));
      await file.write([], [{ dataset, first: this.#rows - 1, points }], undefined);
      await this.#hash();
    }
  }

  /** As the images come, since they are in memory now. */
  async #hash(): Promise<void> {
    const { file, dataset } = this.#request.target;
    do this.#stop.throwIfAborted();
    while (!(await file.thread.call('hashSoFar', [file.handle, dataset])));
  }
}

function framesOf(pixels: PixelType, bytes: Uint8Array): NumericArray {
  const { dtype, frameShape } = pixels;
  return { dtype, shape: [bytes.length / frameBytes(pixels), ...frameShape], bytes };
}

function nanFrame(pixels: PixelType): Uint8Array {
  const bytes = new Uint8Array(frameBytes(pixels));
  const values = pixels.dtype === 'float32' ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
  values.fill(NaN);
  return bytes;
}
