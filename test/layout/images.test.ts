import { describe, expect, it } from 'vitest';
import { isPlainEdf, savedImages } from '../../src/layout/index.js';
import type { InfoDict, InfoValue } from '../../src/scan/index.js';
import { planImages } from '../../src/writer/imagePlan.js';

const REFERENCE: Record<string, InfoValue> = {
  saving_mode: 'AUTO_FRAME',
  saving_format: 'HDF5',
  saving_directory: '/data/scan0001',
  saving_prefix: 'cam_',
  saving_index_format: '%04d',
  saving_suffix: '.h5',
  saving_frame_per_file: 3n,
  user_instrument_name: 'id00',
  user_detector_name: 'cam',
  lima_version: '1.9.7',
};
const reference = (changes: Record<string, InfoValue> = {}): InfoDict =>
  new Map(Object.entries({ ...REFERENCE, ...changes }));

describe('files of a detector', () => {
  it('are counted by their frames', () => {
    expect(savedImages(reference(), 7)).toEqual({
      dataset: '/entry_0000/id00/cam/data',
      format: 'HDF5',
      files: [
        { path: '/data/scan0001/cam_0000.h5', first: 0, count: 3 },
        { path: '/data/scan0001/cam_0001.h5', first: 3, count: 3 },
        { path: '/data/scan0001/cam_0002.h5', first: 6, count: 1 },
      ],
    });
  });

  it('have another path inside with old versions of Lima, and none in other formats', () => {
    const old = savedImages(reference({ lima_version: '<1.9.1' }), 1);
    expect(old?.dataset).toBe('/entry_0000/instrument/cam/data/array');
    expect(savedImages(reference({ saving_format: 'EDF', saving_suffix: '.edf' }), 1)).toMatchObject({
      dataset: undefined,
      files: [{ path: '/data/scan0001/cam_0000.edf' }],
    });
  });

  it.each<[string, Record<string, InfoValue>, number]>([
    ['images that are not saved', { saving_mode: 'NOSAVING' }, 5],
    ['a directory that is none', { saving_directory: 'scan0001' }, 5],
    ['frames a file that cannot be', { saving_frame_per_file: 0n }, 5],
    ['more files than there can be', { saving_frame_per_file: 1n }, 2 ** 50],
  ])('are not guessed for %s', (_, changes, frames) => {
    expect(savedImages(reference(changes), frames)).toBeUndefined();
  });

  it('do not leave their directory by the parts of their names', () => {
    const [file] =
      savedImages(reference({ saving_prefix: '../../etc/', saving_suffix: '/x\0' }), 1)?.files ?? [];
    expect(file?.path).toBe('/data/scan0001/.._.._etc_0000_x_');
  });
});

describe('the format of images', () => {
  it.each(['EDF', 'edf', 'EDFConcat'])('%s has pixels as they are', (format) => {
    expect(isPlainEdf(format)).toBe(true);
  });

  it.each(['EDFGZ', 'EDFLZ4', 'HDF5', 'CBF', 'TIFF', 'RAW', ''])('%s has not', (format) => {
    expect(isPlainEdf(format)).toBe(false);
  });
});

describe('how images get into the file of a scan', () => {
  const files = savedImages(reference(), 7)?.files ?? [];
  const dataset = '/entry_0000/id00/cam/data';
  const found = (frames: number) => ({ frames, frameShape: [4, 6], dtype: 'uint16' as const });
  const SCAN_FILE = '/data/sample_scan0001.h5';

  it('one whole HDF5 file by an external link', () => {
    const [file] = files;
    const { plan, missing } = planImages(SCAN_FILE, file ? [file] : [], dataset, [found(3)]);
    expect(plan).toMatchObject({ kind: 'external', file: 'scan0001/cam_0000.h5', dataset });
    expect(missing).toEqual([]);
  });

  it('several as a virtual dataset', () => {
    const { plan, missing, available } = planImages(SCAN_FILE, files, dataset, [
      found(3),
      found(3),
      found(1),
    ]);
    expect(plan).toMatchObject({ kind: 'virtual', shape: [7, 4, 6], dtype: 'uint16' });
    expect(available).toEqual([
      { first: 0, count: 3 },
      { first: 3, count: 3 },
      { first: 6, count: 1 },
    ]);
    expect(missing).toEqual([]);
  });

  it('never more frames than a file has, and each missing one is named', () => {
    const { plan, missing } = planImages(SCAN_FILE, files, dataset, [found(2), undefined, found(1)]);
    expect(plan).toMatchObject({
      shape: [7, 4, 6],
      mappings: [
        { file: 'scan0001/cam_0000.h5', first: 0, count: 2 },
        { file: 'scan0001/cam_0002.h5', first: 6, count: 1 },
      ],
    });
    expect(missing).toMatchObject([
      { first: 2, count: 1, reason: expect.stringMatching(/has only 2 images/) as string },
      { first: 3, count: 3, reason: expect.stringMatching(/not there/) as string },
    ]);
  });

  it('no frames where there are none', () => {
    expect(planImages(SCAN_FILE, files, dataset, [undefined, undefined, undefined]).plan).toBeUndefined();
    expect(planImages(SCAN_FILE, files, dataset, [found(0), undefined, undefined]).plan).toBeUndefined();
  });

  it('files of another shape are left out', () => {
    const other = { ...found(3), frameShape: [5, 5] };
    const { plan } = planImages(SCAN_FILE, files, dataset, [found(3), other, found(1)]);
    expect(plan).toMatchObject({ mappings: [{ first: 0 }, { first: 6 }] });
  });

  it('other formats as a list of names', () => {
    const edf = { frames: Number.MAX_SAFE_INTEGER, frameShape: [], dtype: 'uint8' as const };
    const { plan } = planImages(SCAN_FILE, files.slice(0, 2), undefined, [edf, edf]);
    expect(plan).toMatchObject({
      kind: 'list',
      names: [
        'scan0001/cam_0000.h5::0',
        'scan0001/cam_0000.h5::1',
        'scan0001/cam_0000.h5::2',
        'scan0001/cam_0001.h5::0',
        'scan0001/cam_0001.h5::1',
        'scan0001/cam_0001.h5::2',
      ],
    });
  });
});
