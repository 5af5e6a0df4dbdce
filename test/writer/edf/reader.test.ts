import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImageFile } from '../../../src/layout/index.js';
import type { DType } from '../../../src/scan/index.js';
import { FILE_START, readEdf, type EdfBatch, type PixelType } from '../../../src/writer/edf/index.js';
import { hasReaders, runPython } from '../../support/python.js';
import { temporaryDirectory } from '../files/support.js';
import { DATA_TYPES, edfBlock, edfFile, headerOf, pixelsOf } from './support.js';

/** Files of a directory, each with the images that it should have. */
function filesOf(
  directory: string,
  contents: readonly (readonly [Buffer | undefined, number])[],
): ImageFile[] {
  let first = 0;
  return contents.map(([content, count], index) => {
    const file = { path: path.join(directory, `cam_${index}.edf`), first, count };
    if (content !== undefined) fs.writeFileSync(file.path, content);
    first += count;
    return file;
  });
}

interface ReadAll {
  readonly pixels: PixelType | undefined;
  /** Image -> its pixels. */
  readonly images: Map<number, Buffer>;
  readonly missing: [first: number, count: number, why: string][];
  readonly calls: number;
}

/** All images of files, by as many calls as it takes. */
function readAll(files: readonly ImageFile[], atATime = files.length): ReadAll {
  const images = new Map<number, Buffer>();
  const missing: ReadAll['missing'] = [];
  let [done, calls, place] = [0, 0, FILE_START];
  let pixels: PixelType | undefined;
  while (done < files.length) {
    const next = files.slice(done, done + atATime);
    const batch: EdfBatch = readEdf({ files: next, place, pixels, mayCome: false });
    expect(batch.isWaiting).toBe(false);
    expect(batch.filesDone + batch.count + batch.missing.length).toBeGreaterThan(0);
    const size = batch.bytes.length / Math.max(1, batch.count);
    for (let index = 0; index < batch.count; index++) {
      expect(images.has(batch.first + index)).toBe(false);
      images.set(batch.first + index, Buffer.from(batch.bytes.subarray(index * size, (index + 1) * size)));
    }
    for (const { first, count, why } of batch.missing) missing.push([first, count, why]);
    done += batch.filesDone;
    calls += 1;
    ({ place, pixels } = batch);
  }
  return { pixels, images, missing, calls };
}

const expected = (images: readonly number[], dtype: DType = 'uint16', shape = [2, 3]): Map<number, Buffer> =>
  new Map(images.map((image) => [image, pixelsOf(image, dtype, shape)]));

const PIXELS = { dtype: 'uint16', frameShape: [2, 3] };

describe('images of EDF files', () => {
  it('are read from files of one image and of several', () => {
    const directory = temporaryDirectory();
    const files = filesOf(directory, [
      [edfFile(1), 1],
      [edfFile(3, {}, 1), 3],
      [edfFile(2, {}, 4), 2],
    ]);
    expect(readAll(files)).toMatchObject({
      pixels: PIXELS,
      images: expected([0, 1, 2, 3, 4, 5]),
      missing: [],
      calls: 1,
    });
  });

  it('are little-endian, whatever they were', () => {
    for (const [dtype, value] of [
      ['int16', Buffer.from([1, 2])],
      ['float32', Buffer.from([1, 2, 3, 4])],
      ['float64', Buffer.from([1, 2, 3, 4, 5, 6, 7, 8])],
      ['uint8', Buffer.from([1])],
    ] as const) {
      const request = {
        dtype,
        shape: [1, 1] as const,
        pixels: value,
        fields: { ByteOrder: 'HighByteFirst' },
      };
      const { images } = readAll(filesOf(temporaryDirectory(), [[edfBlock(request), 1]]));
      expect(images.get(0)).toEqual(Buffer.from(value.toReversed()));
    }
  });

  it('are read behind a block about the file, a long header and filled blocks', () => {
    const general = Buffer.from('{\nEDF_DataFormatVersion = 2.40 ;\nEDF_BinarySize = 0 ;\n}\n');
    const long = { fields: { remark: 'x'.repeat(100_000) } };
    const filled = { fields: { Size: undefined, EDF_BinarySize: '512' } };
    const content = Buffer.concat([
      general,
      edfBlock(long, 0),
      edfBlock(filled, 1),
      Buffer.alloc(500, 1),
      edfBlock({}, 2),
    ]);
    expect(readAll(filesOf(temporaryDirectory(), [[content, 3]]))).toMatchObject({
      images: expected([0, 1, 2]),
      missing: [],
    });
  });

  it('that are more than one call may read come by several calls, none twice', () => {
    const shape = [512, 1024] as const;
    const file = edfFile(20, { shape });
    const files = filesOf(temporaryDirectory(), [
      [file, 20],
      [edfFile(20, { shape }, 20), 20],
    ]);
    const { images, missing, calls } = readAll(files);
    expect(missing).toEqual([]);
    expect(calls).toBeGreaterThanOrEqual(3);
    expect([...images.keys()]).toEqual(Array.from({ length: 40 }, (_, index) => index));
    for (const [image, bytes] of images) expect(bytes.equals(pixelsOf(image, 'uint16', shape))).toBe(true);
  });

  it('that are larger than one call may read are read all the same', () => {
    const shape = [3000, 3000] as const;
    const files = filesOf(temporaryDirectory(), [[edfFile(2, { dtype: 'uint16', shape }), 2]]);
    const { images, calls } = readAll(files);
    expect(calls).toBeGreaterThanOrEqual(2);
    expect(images.get(1)?.equals(pixelsOf(1, 'uint16', shape))).toBe(true);
  });

  it('are given without a hole, so that each call has one place in the dataset', () => {
    const files = filesOf(temporaryDirectory(), [
      [edfFile(1), 1],
      [undefined, 1],
      [edfFile(1, {}, 2), 1],
    ]);
    const batch = readEdf({ files, place: FILE_START, pixels: undefined, mayCome: false });
    expect(batch).toMatchObject({ first: 0, count: 1, filesDone: 2 });
    expect(readAll(files)).toMatchObject({ images: expected([0, 2]), missing: [[1, 1, 'is not there']] });
  });

  it('come as they are written, when they may still come', () => {
    const directory = temporaryDirectory();
    const whole = edfFile(3);
    const files = filesOf(directory, [[whole.subarray(0, whole.length - 1), 3]]);
    const request = { files, pixels: undefined, mayCome: true };
    const early = readEdf({ ...request, place: FILE_START });
    expect(early).toMatchObject({ first: 0, count: 2, filesDone: 0, isWaiting: true, missing: [] });
    expect(readEdf({ ...request, place: early.place })).toMatchObject({ count: 0, isWaiting: true });
    filesOf(directory, [[whole, 3]]);
    const late = readEdf({ ...request, place: early.place });
    expect(late).toMatchObject({ first: 2, count: 1, filesDone: 1, isWaiting: false });
    expect(Buffer.from(late.bytes)).toEqual(pixelsOf(2, 'uint16', [2, 3]));
  });

  const cut = edfFile(3);
  it.each<[string, Buffer, [number, number, string]]>([
    ['is cut in the pixels of its last image', cut.subarray(0, cut.length - 1), [2, 1, 'has only 2 images']],
    ['is cut in a header', cut.subarray(0, 2 * 524 + 100), [2, 1, 'has a header without an end']],
    ['has fewer images', edfFile(2), [2, 1, 'has only 2 images']],
    ['is empty', Buffer.alloc(0), [0, 3, 'has only 0 images']],
    ['is compressed', gzipSync(cut), [0, 3, 'is compressed']],
    ['is something else', Buffer.from('BM not an image'), [0, 3, 'is not an EDF file']],
    ['is zeros', Buffer.alloc(3 * 524), [0, 3, 'has a header without an end']],
    [
      'has a header that never ends',
      Buffer.alloc(2 ** 20, '{ a = b ;\n'),
      [0, 3, 'has a header without an end'],
    ],
    [
      'goes on with something else',
      Buffer.concat([edfFile(1), Buffer.alloc(2000, 'x')]),
      [1, 2, 'has something that is no image'],
    ],
    [
      'lies about the size of an image',
      Buffer.concat([edfBlock({ fields: { Size: '999999999999' } }), edfFile(2, {}, 1)]),
      [1, 2, 'has only 1 images'],
    ],
    [
      'describes itself without end',
      Buffer.concat(Array.from({ length: 99 }, () => Buffer.from('{\nEDF_DataFormatVersion = 2 ;\n}\n'))),
      [0, 3, 'has a block without an image'],
    ],
  ])('are missing where their file %s', (_, content, missing) => {
    const read = readAll(filesOf(temporaryDirectory(), [[content, 3]]));
    expect(read.missing).toEqual([missing]);
    expect(read.images).toEqual(expected(Array.from({ length: missing[0] }, (_, index) => index)));
  });

  it('of another shape or type are missing one by one', () => {
    const content = Buffer.concat([
      edfBlock({}, 0),
      edfBlock({ shape: [3, 2] }, 1),
      edfBlock({ dtype: 'int16' }, 2),
      edfBlock({}, 3),
    ]);
    expect(readAll(filesOf(temporaryDirectory(), [[content, 4]]))).toMatchObject({
      images: expected([0, 3]),
      missing: [
        [1, 1, 'has an image of 3 x 2 uint16, not 2 x 3 uint16 as before'],
        [2, 1, 'has an image of 2 x 3 int16, not 2 x 3 uint16 as before'],
      ],
    });
  });

  it('are not looked for in pipes and directories', () => {
    const directory = temporaryDirectory();
    const [pipe, folder, ...rest] = filesOf(directory, [
      [undefined, 1],
      [undefined, 1],
      [edfFile(1, {}, 2), 1],
    ]);
    execFileSync('mkfifo', [pipe?.path ?? '']);
    fs.mkdirSync(folder?.path ?? '');
    const read = readAll([pipe, folder, ...rest].filter((file) => file !== undefined));
    expect(read).toMatchObject({ images: expected([2]) });
    expect(read.missing).toEqual([
      [0, 1, 'is not a plain file'],
      [1, 1, 'is not a plain file'],
    ]);
  });

  it('are the same in whatever portions they are asked for, and with whatever is damaged', () => {
    const directory = temporaryDirectory();
    const file = fc.record({ count: fc.integer({ min: 1, max: 4 }), cut: fc.option(fc.nat({ max: 2400 })) });
    fc.assert(
      fc.property(
        fc.array(file, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 6 }),
        (list, atATime) => {
          let first = 0;
          const contents = list.map(({ count, cut: length }) => {
            const content = edfFile(count, {}, first).subarray(0, length ?? undefined);
            first += count;
            return [content, count] as const;
          });
          const { images, missing } = readAll(filesOf(directory, contents), atATime);
          const lost = missing.flatMap(([from, count]) =>
            Array.from({ length: count }, (_, index) => from + index),
          );
          expect([...images.keys(), ...lost].sort((a, b) => a - b)).toEqual(
            Array.from({ length: first }, (_, i) => i),
          );
          for (const [image, bytes] of images) expect(bytes).toEqual(pixelsOf(image, 'uint16', [2, 3]));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('of damaged files are never read beyond the end, and never throw', () => {
    const directory = temporaryDirectory();
    const damage = fc.array(fc.tuple(fc.nat({ max: 3 * 524 - 1 }), fc.nat({ max: 255 })), { maxLength: 8 });
    fc.assert(
      fc.property(damage, (changes) => {
        const content = edfFile(3);
        for (const [at, byte] of changes) content[at] = byte;
        const { images, missing } = readAll(filesOf(directory, [[content, 3]]));
        const lost = missing.reduce((sum, [, count]) => sum + count, 0);
        expect(images.size + lost).toBe(3);
      }),
      { numRuns: 500 },
    );
  });
});

/** Files by fabio, the facility's own library, and what it reads in them. */
const WRITE = `
import json, sys, hashlib
import numpy, fabio
from fabio.edfimage import EdfImage
folder, names = sys.argv[1], sys.argv[2:]
told = {}
for name in names:
    images = [(numpy.arange(12 * 5).reshape(12, 5) * (k + 1) - (0 if name[0] == "u" else 30)).astype(name) for k in range(3)]
    one = EdfImage(data=images[0], header={"title": "one"})
    one.write(f"{folder}/{name}_one.edf")
    several = EdfImage(data=images[0], header={"title": "several"})
    for image in images[1:]: several.append_frame(data=image, header={"title": "more"})
    several.write(f"{folder}/{name}_several.edf")
    for kind in ("one", "several"):
        with fabio.open(f"{folder}/{name}_{kind}.edf") as read:
            told[f"{name}_{kind}"] = [hashlib.sha256(read.get_frame(k).data.astype(name).tobytes()).hexdigest()
                                      for k in range(read.nframes)]
print(json.dumps(told))
`;

describe.skipIf(!hasReaders())('images of files that fabio made', () => {
  it('are those that it reads, of every type', async () => {
    const { createHash } = await import('node:crypto');
    const directory = temporaryDirectory();
    const dtypes = Object.keys(DATA_TYPES) as DType[];
    const result = await runPython(['-c', WRITE, directory, ...dtypes]);
    expect(result.status, result.stderr).toBe(0);
    const told = JSON.parse(result.stdout) as Record<string, string[]>;
    expect(Object.keys(told)).toHaveLength(2 * dtypes.length);
    for (const [name, hashes] of Object.entries(told)) {
      const file = { path: path.join(directory, `${name}.edf`), first: 0, count: hashes.length };
      const { pixels, images, missing } = readAll([file]);
      expect(missing, name).toEqual([]);
      expect(pixels).toEqual({ dtype: name.split('_')[0], frameShape: [12, 5] });
      const ours = [...images.values()].map((bytes) => createHash('sha256').update(bytes).digest('hex'));
      expect(ours, name).toEqual(hashes);
    }
  });
});

describe('a header', () => {
  it('of the tests is as long as it says', () => {
    expect(headerOf().length).toBe(512);
  });
});
