import fs from 'node:fs';
import type { ImageFile } from '../../layout/index.js';
import { elementCount, itemSize, messageOf } from '../../scan/index.js';
import {
  headerTextBytes,
  MAX_HEADER_BYTES,
  parseHeader,
  type EdfBlock,
  type EdfProblem,
  type PixelType,
} from './header.js';

/** How far a file was read. */
export interface EdfPlace {
  /** Images of it that are done. */
  readonly frame: number;
  /** Where the header of the next one begins. */
  readonly offset: number;
}

export const FILE_START: EdfPlace = { frame: 0, offset: 0 };

export interface EdfRequest {
  /** What is left to read, in order. */
  readonly files: readonly ImageFile[];
  /** How far the first of them was read. */
  readonly place: EdfPlace;
  /** What all images have to be; undefined as long as none was read. */
  readonly pixels: PixelType | undefined;
  /** Whether what is not there may still come: then it is not missing but waited for. */
  readonly mayCome: boolean;
}

/** Images without a hole that were read in one go. */
export interface EdfBatch {
  readonly pixels: PixelType | undefined;
  /** Images `[first, first + count)` of the scan. */
  readonly first: number;
  readonly count: number;
  /** Their pixels, one image after the other, little-endian. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly missing: readonly MissingImages[];
  /** Files that are done. */
  readonly filesDone: number;
  /** How far the file after them was read. */
  readonly place: EdfPlace;
  /** It ended at something that is not there yet. */
  readonly isWaiting: boolean;
}

export interface MissingImages {
  readonly path: string;
  readonly first: number;
  readonly count: number;
  /** The end of a sentence that begins with the name of the file. */
  readonly why: string;
}

/** What one call reads at most, unless a single image has more, so that other scans of the thread have their turn. */
export const BATCH_BYTES = 16 * 1024 * 1024;
const BATCH_MILLISECONDS = 100;
/** Most headers are within it. */
const HEADER_BYTES = 4096;

/**
 * Reads the next images of uncompressed EDF files, as many as one call may. Names come from Redis and files from
 * anybody: only plain files are opened, what a header says is checked against limits and the size of its file, and
 * what cannot be read is said, not thrown.
 */
export function readEdf({ files, place, pixels, mayCome }: EdfRequest): EdfBatch {
  const wanted = files.reduce((sum, { count }) => sum + count, -place.frame);
  const frames = new Frames(pixels, wanted);
  const missing: MissingImages[] = [];
  let filesDone = 0;
  let reached = place;
  for (const file of files) {
    const read = readFile(file, reached, frames, missing);
    reached = read.place;
    const isLater = read.why !== undefined && mayCome;
    if (isLater || read.isCut)
      return { ...frames.taken(), missing, filesDone, place: reached, isWaiting: isLater };
    if (read.why !== undefined) {
      const { frame } = reached;
      missing.push({ path: file.path, first: file.first + frame, count: file.count - frame, why: read.why });
    }
    filesDone += 1;
    reached = FILE_START;
  }
  return { ...frames.taken(), missing, filesDone, place: reached, isWaiting: false };
}

interface FileRead {
  readonly place: EdfPlace;
  /** It has more, for the next call. */
  readonly isCut: boolean;
  /** Why the images from there on cannot be had. */
  readonly why?: string;
}

function readFile(file: ImageFile, from: EdfPlace, frames: Frames, missing: MissingImages[]): FileRead {
  let { frame, offset } = from;
  const stop = (why: string): FileRead => ({ place: { frame, offset }, isCut: false, why });
  let handle: number | undefined;
  try {
    // A pipe of that name must not keep us waiting.
    handle = fs.openSync(file.path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY);
    const stat = fs.fstatSync(handle);
    if (!stat.isFile()) return stop('is not a plain file');
    while (frame < file.count) {
      if (!frames.hasRoomFor(file.first + frame)) return { place: { frame, offset }, isCut: true };
      if (offset >= stat.size) return stop(hasOnly(frame));
      const block = readBlock(handle, offset, stat.size);
      if ('why' in block) return stop(block.why);
      const { pixels, headerBytes, pixelBytes, blockBytes } = block;
      const next = offset + headerBytes + blockBytes;
      if (pixels === undefined) {
        if (offset > 0) return stop('has a block without an image');
        offset = next;
        continue;
      }
      if (offset + headerBytes + pixelBytes > stat.size) return stop(hasOnly(frame));
      const first = file.first + frame;
      const why = frames.read(handle, offset + headerBytes, first, pixels, block);
      if (why !== undefined) missing.push({ path: file.path, first, count: 1, why });
      frame += 1;
      offset = next;
    }
    return { place: { frame, offset }, isCut: false };
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return stop(isGone ? 'is not there' : `cannot be read (${messageOf(error)})`);
  } finally {
    if (handle !== undefined) fs.closeSync(handle);
  }
}

function readBlock(handle: number, offset: number, fileBytes: number): EdfBlock | EdfProblem {
  const left = fileBytes - offset;
  for (const limit of [HEADER_BYTES, MAX_HEADER_BYTES]) {
    const bytes = Buffer.alloc(Math.min(limit, left));
    readAll(handle, bytes, offset);
    const start = bytes.findIndex((byte) => byte > 32);
    if (start >= 0 && bytes[start] !== OPENING_BRACE) return { why: notEdf(bytes, offset) };
    const end = headerTextBytes(bytes);
    if (end !== undefined) return parseHeader(bytes.subarray(0, end));
    if (left <= limit) break;
  }
  return { why: 'has a header without an end' };
}

const OPENING_BRACE = 0x7b;
const GZIP = 0x8b1f;
const LZ4 = 0x184d2204;

function notEdf(bytes: Buffer, offset: number): string {
  if (offset > 0) return 'has something that is no image';
  const isCompressed =
    bytes.length >= 4 &&
    (bytes.readUInt16LE() === GZIP ||
      bytes.readUInt32LE() === LZ4 ||
      bytes.toString('latin1', 0, 3) === 'BZh');
  return isCompressed ? 'is compressed' : 'is not an EDF file';
}

function hasOnly(frames: number): string {
  return `has only ${frames} images`;
}

function readAll(handle: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    const read = fs.readSync(handle, bytes, done, bytes.length - done, position + done);
    if (read === 0) throw new Error('it became shorter');
    done += read;
  }
}

/** Images of one kind that follow each other, read into one buffer. */
class Frames {
  #pixels: PixelType | undefined;
  readonly #wanted: number;
  #first = 0;
  #count = 0;
  #bytes = new Uint8Array(0);
  #used = 0;
  #looked = 0;
  readonly #until = performance.now() + BATCH_MILLISECONDS;

  constructor(pixels: PixelType | undefined, wanted: number) {
    this.#pixels = pixels;
    this.#wanted = wanted;
  }

  /** Every call gets on by one image at least. */
  hasRoomFor(image: number): boolean {
    if (this.#looked > 0 && performance.now() >= this.#until) return false;
    const isNext = image === this.#first + this.#count;
    return this.#used === 0 || (isNext && this.#used + frameBytes(this.#pixels) <= this.#bytes.length);
  }

  /** @returns why it is not one of these images */
  read(
    handle: number,
    position: number,
    image: number,
    pixels: PixelType,
    { isBigEndian }: EdfBlock,
  ): string | undefined {
    this.#looked += 1;
    this.#pixels ??= pixels;
    if (!isSame(pixels, this.#pixels))
      return `has an image of ${describe(pixels)}, not ${describe(this.#pixels)} as before`;
    const size = frameBytes(pixels);
    if (this.#bytes.length === 0) {
      const fitting = Math.max(1, Math.floor(BATCH_BYTES / size));
      this.#bytes = new Uint8Array(size * Math.max(1, Math.min(fitting, this.#wanted)));
    }
    const target = Buffer.from(this.#bytes.buffer, this.#used, size);
    readAll(handle, target, position);
    if (isBigEndian) swap(target, itemSize(pixels.dtype));
    this.#used += size;
    if (this.#count === 0) this.#first = image;
    this.#count += 1;
    return undefined;
  }

  taken(): Pick<EdfBatch, 'pixels' | 'first' | 'count' | 'bytes'> {
    const bytes = this.#bytes.subarray(0, this.#used);
    return { pixels: this.#pixels, first: this.#first, count: this.#count, bytes };
  }
}

/** Bytes of one image; 0 when not known. */
export function frameBytes(pixels: PixelType | undefined): number {
  return pixels === undefined ? 0 : elementCount(pixels.frameShape) * itemSize(pixels.dtype);
}

function swap(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16();
  if (size === 4) bytes.swap32();
  if (size === 8) bytes.swap64();
}

function isSame(a: PixelType, b: PixelType): boolean {
  return a.dtype === b.dtype && String(a.frameShape) === String(b.frameShape);
}

function describe({ dtype, frameShape }: PixelType): string {
  return `${frameShape.join(' x ')} ${dtype}`;
}
