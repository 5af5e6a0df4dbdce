import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ScanWriterError, type DType, type ScanEvent } from '../../src/scan/index.js';
import { FileSystemThread } from '../../src/writer/thread/fileSystemThread.js';
import type { WriteScanOptions } from '../../src/writer/index.js';
import { canMount, temporaryMount } from '../support/mounts.js';
import { channelOf, infoOf } from '../support/scanInfo.js';
import { edfBlock, edfFile, pixelsOf, type BlockRequest } from './edf/support.js';
import { filesIn } from './files/support.js';
import { readBack, type Dumped } from './hdf5/support.js';
import { benchIn, eventsIn, scanFile, SCAN_FILE, sourceOf, write, type Bench } from './support.js';

const CAMERA = channelOf('cam:image', { kind: 'images' });
const DIODE = channelOf('ctrl:diode1');
const SHAPE = [2, 3] as const;
const DATA = '/12.1/instrument/cam_image/data';

const copying = (rest: Partial<WriteScanOptions> = {}, directory?: string): Bench =>
  benchIn(directory, { images: 'copy', ...rest });

/** What the camera says of its files, below the directory of the bench. */
function imagesOf(
  bench: Bench,
  ready: number,
  changes: Record<string, string | bigint> = {},
): Extract<ScanEvent, { type: 'images' }> {
  const reference = infoOf({
    saving_mode: 'AUTO_FRAME',
    saving_format: 'EDF',
    saving_directory: path.join(bench.directory, 'scan0012'),
    saving_prefix: 'cam_',
    saving_index_format: '%04d',
    saving_suffix: '.edf',
    saving_frame_per_file: 1n,
    ...changes,
  });
  const { scan } = eventsIn(bench.directory);
  return { type: 'images', scan, channel: CAMERA, ready, saved: ready, reference };
}

/** Puts the files of the camera where it says that they are. */
function saveFiles(bench: Bench, contents: readonly (Buffer | undefined)[]): void {
  fs.mkdirSync(path.join(bench.directory, 'scan0012'), { recursive: true });
  for (const [index, content] of contents.entries()) {
    if (content !== undefined) fs.writeFileSync(imageFile(bench, index), content);
  }
}

const imageFile = (bench: Bench, index: number): string =>
  path.join(bench.directory, 'scan0012', `cam_${String(index).padStart(4, '0')}.edf`);

const blocks = (images: readonly number[], request: BlockRequest = {}): Buffer[] =>
  images.map((image) => edfBlock(request, image));

/** Images of numbers as h5py prints them. */
function valuesOf(images: readonly number[], dtype: DType = 'uint16'): number[][][] {
  return images.map((image) => {
    const bytes = pixelsOf(image, dtype, SHAPE);
    const pixel = (row: number, column: number): number => bytes.readUInt16LE(2 * (row * SHAPE[1] + column));
    return [0, 1].map((row) => [0, 1, 2].map((column) => pixel(row, column)));
  });
}

const sha256 = (...parts: readonly Buffer[]): string =>
  createHash('sha256').update(Buffer.concat(parts)).digest('hex');

async function writeImages(bench: Bench, images: ScanEvent, signal?: AbortSignal): ReturnType<typeof write> {
  const events = eventsIn(bench.directory);
  return write(
    bench,
    sourceOf(events.started(), events.chunk(DIODE, 0, [1, 2]), images, events.ended()),
    signal,
  );
}

/** What the threads were asked for meanwhile. */
async function callsOf(act: () => Promise<void>): Promise<string[]> {
  const call = vi.spyOn(FileSystemThread.prototype, 'call');
  await act();
  const methods = call.mock.calls.map(([method]) => method);
  call.mockRestore();
  return methods;
}

const read = (bench: Bench): Promise<Record<string, Dumped>> => readBack(scanFile(bench));

function manifestOf(file: Record<string, Dumped>): Record<string, unknown> {
  const [datasets, hashes] = ['dataset', 'sha256'].map(
    (name) => file[`/12.1/writer/manifest/${name}`]?.values,
  );
  return Object.fromEntries((datasets as string[]).map((name, index) => [name, (hashes as string[])[index]]));
}

describe('copied images', () => {
  it('are a dataset of the scan as linked ones are, with the names of their files beside it', async () => {
    const bench = copying();
    saveFiles(bench, blocks([0, 1, 2]));
    expect(await writeImages(bench, imagesOf(bench, 3))).toMatchObject({
      status: 'SUCCEEDED',
      channels: [{ received: 2 }, { name: 'cam:image', received: 3 }],
      missing: [],
    });
    const file = await read(bench);
    expect(file[DATA]).toMatchObject({
      shape: [3, 2, 3],
      dtype: 'uint16',
      values: valuesOf([0, 1, 2]),
      attributes: { interpretation: { value: 'image' } },
    });
    expect(file['/12.1/measurement/cam_image']).toMatchObject({ kind: 'soft', target: DATA });
    expect(file[`${DATA}_files`]?.values).toEqual([0, 1, 2].map((n) => `scan0012/cam_000${n}.edf::0`));
    expect(manifestOf(file)[DATA]).toBe(
      sha256(...[0, 1, 2].map((image) => pixelsOf(image, 'uint16', SHAPE))),
    );
    expect(bench.warnings).toEqual([]);
    expect(bench.budget.used).toBe(0);
  });

  it('come from files of several images', async () => {
    const bench = copying();
    saveFiles(bench, [edfFile(2), edfFile(2, {}, 2), edfFile(1, {}, 4)]);
    const images = imagesOf(bench, 5, { saving_frame_per_file: 2n });
    expect(await writeImages(bench, images)).toMatchObject({ status: 'SUCCEEDED' });
    const file = await read(bench);
    expect(file[DATA]?.values).toEqual(valuesOf([0, 1, 2, 3, 4]));
    expect(file[`${DATA}_files`]?.values).toContain('scan0012/cam_0001.edf::1');
  });

  it('that are not there are rows of 0, and named', async () => {
    const bench = copying();
    const [first, , third, fourth = Buffer.alloc(0)] = blocks([0, 1, 2, 3]);
    saveFiles(bench, [first, undefined, third, fourth.subarray(0, -1), edfBlock({ shape: [5, 5] })]);
    const outcome = await writeImages(bench, imagesOf(bench, 5));
    expect(outcome).toMatchObject({
      status: 'INCOMPLETE',
      missing: [
        { channel: 'cam:image', first: 1, count: 1, reason: 'its file scan0012/cam_0001.edf is not there' },
        { first: 3, count: 1, reason: 'its file scan0012/cam_0003.edf has only 0 images' },
        { first: 4, count: 1, reason: expect.stringContaining('5 x 5 uint16, not 2 x 3 uint16') as string },
      ],
    });
    const file = await read(bench);
    const none = [0, 1].map(() => [0, 0, 0]);
    const [zeroth, second] = valuesOf([0, 2]);
    expect(file[DATA]?.values).toEqual([zeroth, none, second]);
    const hash = sha256(pixelsOf(0, 'uint16', SHAPE), Buffer.alloc(12), pixelsOf(2, 'uint16', SHAPE));
    expect(manifestOf(file)[DATA]).toBe(hash);
    expect(file['/12.1/writer/status']?.values).toBe('INCOMPLETE');
  });

  it.each([
    // The counter, the dataset, an image, two portions of NaN, an image, the end.
    ['NaN', 'float32', new Float32Array(2 ** 20).fill(NaN), 7],
    // Nothing is written for 0.
    ['0', 'uint32', new Uint32Array(2 ** 20), 5],
  ] as const)('that are not there, also many, are %s of %s', async (_, dtype, missing, writes) => {
    const bench = copying();
    const shape = [1024, 1024] as const;
    const [first, last] = [0, 11].map((image) => edfBlock({ dtype, shape }, image));
    saveFiles(bench, [first, ...Array.from({ length: 10 }, () => undefined), last]);
    const calls = await callsOf(async () => {
      expect(await writeImages(bench, imagesOf(bench, 12))).toMatchObject({
        status: 'INCOMPLETE',
        missing: Array.from({ length: 10 }, (_, index) => ({ first: index + 1, count: 1 })),
      });
    });
    expect(calls.filter((method) => method === 'write')).toHaveLength(writes);
    const none = Array.from({ length: 10 }, () => Buffer.from(missing.buffer));
    const hash = sha256(pixelsOf(0, dtype, shape), ...none, pixelsOf(11, dtype, shape));
    expect((await manifestByName(bench))[DATA]).toBe(hash);
  });

  it('of which none is there are listed only', async () => {
    const bench = copying();
    expect(await writeImages(bench, imagesOf(bench, 2))).toMatchObject({
      status: 'INCOMPLETE',
      missing: [
        { first: 0, count: 1 },
        { first: 1, count: 1 },
      ],
    });
    const file = await read(bench);
    expect(file[DATA]?.values).toEqual(['scan0012/cam_0000.edf::0', 'scan0012/cam_0001.edf::0']);
    expect(file['/12.1/measurement/cam_image']).toBeUndefined();
  });

  it.each(['EDFGZ', 'EDFLZ4', 'CBF', 'TIFF'])(
    'are not made of %s files: a person is told, once',
    async (format) => {
      const bench = copying();
      saveFiles(bench, blocks([0, 1]));
      expect(await writeImages(bench, imagesOf(bench, 2, { saving_format: format }))).toMatchObject({
        status: 'SUCCEEDED',
      });
      expect(bench.warnings).toEqual([
        expect.stringContaining(`cam:image are not copied: only EDF files are, and these are ${format}`),
      ]);
      expect((await read(bench))[DATA]?.values).toEqual([
        'scan0012/cam_0000.edf::0',
        'scan0012/cam_0001.edf::0',
      ]);
    },
  );

  it('are not made unless they are asked for', async () => {
    const bench = benchIn();
    saveFiles(bench, blocks([0]));
    await writeImages(bench, imagesOf(bench, 1));
    expect((await read(bench))[DATA]?.values).toEqual(['scan0012/cam_0000.edf::0']);
  });

  it('are waited for while the detector still writes them', async () => {
    const bench = copying({ imagesMilliseconds: 20_000 });
    const [first, second = Buffer.alloc(0)] = blocks([0, 1]);
    saveFiles(bench, [first, second.subarray(0, 400)]);
    setTimeout(() => {
      fs.writeFileSync(imageFile(bench, 1), second);
    }, 600);
    const calls = await callsOf(async () => {
      expect(await writeImages(bench, imagesOf(bench, 2))).toMatchObject({
        status: 'SUCCEEDED',
        missing: [],
      });
    });
    // Some times a second, not all the time.
    expect(calls.filter((method) => method === 'readEdf').length).toBeLessThan(10);
    expect((await read(bench))[DATA]?.values).toEqual(valuesOf([0, 1]));
  });
});

/** Of a file that is too large to be printed. */
async function manifestByName(bench: Bench): Promise<Record<string, unknown>> {
  const { loadHdf5 } = await import('../../src/writer/index.js');
  const file = (await loadHdf5()).openForReading(scanFile(bench));
  const [datasets = [], hashes = []] = ['dataset', 'sha256'].map((name) =>
    file.readTexts(`/12.1/writer/manifest/${name}`),
  );
  file.close();
  return Object.fromEntries(datasets.map((name, index) => [name, hashes[index]]));
}

/** Images that take some calls to copy. */
function saveMany(bench: Bench, count: number): ScanEvent {
  const shape = [1024, 2048] as const;
  saveFiles(bench, [edfFile(count, { shape })]);
  return imagesOf(bench, count, { saving_frame_per_file: BigInt(count) });
}

describe('the copying of images', () => {
  it('comes in portions, between which the thread is for other scans', async () => {
    const bench = copying();
    const images = saveMany(bench, 20);
    const calls = await callsOf(async () => {
      expect(await writeImages(bench, images)).toMatchObject({ status: 'SUCCEEDED' });
    });
    // 80 MiB at 16 MiB a call.
    expect(calls.filter((method) => method === 'readEdf').length).toBeGreaterThanOrEqual(5);
    expect(calls.filter((method) => method === 'hashSoFar').length).toBeGreaterThanOrEqual(5);
    expect(bench.budget.used).toBe(0);
  });

  it('is stopped between two images: the file stays RUNNING, and is written anew later', async () => {
    const stop = new AbortController();
    const bench = copying({
      onProgress: ({ points }) => {
        if (points > 2) stop.abort();
      },
    });
    const images = saveMany(bench, 30);
    const outcome = await writeImages(bench, images, stop.signal);
    expect(outcome).toMatchObject({
      status: 'RUNNING',
      message: expect.stringContaining('stopped') as string,
    });
    expect(outcome.channels[1]?.received).toBeLessThan(30);
    expect(bench.budget.used).toBe(0);
    const again = { ...bench, options: { ...bench.options, onProgress: () => undefined } };
    expect(await writeImages(again, images)).toMatchObject({
      status: 'SUCCEEDED',
      channels: [{}, { received: 30 }],
    });
    expect(filesIn(bench.directory).filter((name) => name.endsWith('.h5'))).toEqual(['a.h5', SCAN_FILE]);
  });

  it('that is stopped while it waits ends at once', async () => {
    const stop = new AbortController();
    const bench = copying({ imagesMilliseconds: 60_000 });
    setTimeout(() => {
      stop.abort();
    }, 300);
    expect(await writeImages(bench, imagesOf(bench, 1), stop.signal)).toMatchObject({ status: 'RUNNING' });
  });

  it.runIf(canMount)('to a full disk fails the scan, with a word about the disk', async () => {
    const images = saveMany(copying(), 4);
    if (images.type !== 'images') throw new TypeError('no images');
    const full = copying({}, temporaryMount('size=6m'));
    const failure: unknown = await writeImages(full, images).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ScanWriterError);
    expect(String(failure)).toContain('disk is full');
    expect(full.budget.used).toBe(0);
  });

  it.runIf(canMount)('goes from one file system to another, each in its own thread', async () => {
    const bench = copying();
    const camera = copying({}, temporaryMount('size=1m'));
    saveFiles(camera, blocks([0, 1]));
    expect(await writeImages(bench, imagesOf(camera, 2))).toMatchObject({ status: 'SUCCEEDED', missing: [] });
    expect((await read(bench))[DATA]?.values).toEqual(valuesOf([0, 1]));
  });

  it('keeps an earlier file that has images which are gone', async () => {
    const bench = copying();
    saveFiles(bench, blocks([0, 1]));
    const events = eventsIn(bench.directory);
    const abandoned = sourceOf(events.started(), imagesOf(bench, 2), events.abandoned());
    expect(await write(bench, abandoned)).toMatchObject({ status: 'ABANDONED' });
    fs.rmSync(imageFile(bench, 1));
    expect(await write(bench, sourceOf(events.started(), imagesOf(bench, 2), events.ended()))).toMatchObject({
      status: 'INCOMPLETE',
    });
    expect(bench.warnings).toEqual([expect.stringContaining('_earlier1.h5')]);
  });
});

describe('linked images', () => {
  it('are no reason to keep an earlier file that has them as well', async () => {
    const bench = benchIn();
    saveFiles(bench, blocks([0, 1]));
    const events = eventsIn(bench.directory);
    await write(bench, sourceOf(events.started(), imagesOf(bench, 2), events.abandoned()));
    await write(bench, sourceOf(events.started(), imagesOf(bench, 2), events.ended()));
    expect(bench.warnings).toEqual([]);
    expect(filesIn(bench.directory)).not.toContain('a_scan0012_earlier1.h5');
  });
});
