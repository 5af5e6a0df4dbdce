import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LAYOUT, type LayoutOptions } from '../../src/layout/index.js';
import type { Compression } from '../../src/writer/index.js';
import { chainOf, channelOf, type Plain } from '../support/scanInfo.js';
import { hasReaders, runPython } from '../support/python.js';
import { readBack, type Dumped } from './hdf5/support.js';
import { benchIn, eventsIn, scanFile, SCAN_FILE, sourceOf, write, type Bench } from './support.js';

const FAST = channelOf('axis:robx');
const DIODE = channelOf('ctrl:diode1');
const COUNTS = channelOf('ctrl:n', { dtype: 'int32' });
const SPECTRUM = channelOf('mca:spectrum_det0', { dtype: 'uint32', shape: [2] });

const benchWith = (layout: Partial<LayoutOptions>): Bench =>
  benchIn(undefined, { layout: { ...DEFAULT_LAYOUT, ...layout } });

const read = async (bench: Bench): Promise<Record<string, Dumped>> =>
  readBack(path.join(bench.directory, SCAN_FILE));
/** An object of the entry, its values in a row. */
function at(file: Record<string, Dumped>, name: string): Dumped | undefined {
  const object = file[`/12.1/${name}`];
  if (object === undefined || !Array.isArray(object.values)) return object;
  return { ...object, values: object.values.flat(Infinity) as unknown };
}

const MESH = {
  ...chainOf({
    axis: {
      devices: {
        axis: ['axis:robx', 'axis:roby'],
        diode: ['ctrl:diode1', 'ctrl:n'],
        mca: ['mca:spectrum_det0'],
      },
      spectra: ['mca:spectrum_det0'],
    },
  }),
  data_dim: 2n,
  npoints: 6n,
  npoints1: 3n,
  npoints2: 2n,
};

describe.skipIf(!hasReaders())('a mesh in its own shape', () => {
  const meshOf = async (points: number, more: Record<string, Plain> = {}) => {
    const bench = benchWith({ keepShape: true });
    const events = eventsIn(bench.directory, { ...MESH, ...more });
    const values = Array.from({ length: points }, (_, n) => n + 1);
    const outcome = await write(
      bench,
      sourceOf(
        events.started(),
        events.chunk(DIODE, 0, values.slice(0, 2)),
        events.chunk(DIODE, 2, values.slice(2)),
        events.chunk(COUNTS, 0, values),
        events.chunk(
          SPECTRUM,
          0,
          values.flatMap((value) => [value, -value]),
          { shape: [2] },
        ),
        events.ended(),
      ),
    );
    return { outcome, file: await read(bench) };
  };

  it('has the slow motor first', async () => {
    const { outcome, file } = await meshOf(6);
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', missing: [] });
    expect(at(file, 'instrument/diode1/data')).toMatchObject({
      shape: [2, 3],
      values: [1, 2, 3, 4, 5, 6],
      attributes: { interpretation: { value: 'image' } },
    });
    expect(at(file, 'instrument/spectrum_det0/data')).toMatchObject({
      shape: [2, 3, 2],
      attributes: { interpretation: { value: 'spectrum' } },
    });
  });

  it('has all its places when it was interrupted: NaN, 0 in integers', async () => {
    const { outcome, file } = await meshOf(2);
    expect(outcome.channels).toContainEqual({ name: 'ctrl:diode1', expected: 6, received: 2 });
    expect(at(file, 'instrument/diode1/data')).toMatchObject({
      shape: [2, 3],
      values: [1, 2, 'nan', 'nan', 'nan', 'nan'],
    });
    expect(at(file, 'instrument/n/data')).toMatchObject({ shape: [2, 3], values: [1, 2, 0, 0, 0, 0] });
  });

  it('takes more points than planned on further lines', async () => {
    const { file } = await meshOf(7);
    expect(at(file, 'instrument/diode1/data')).toMatchObject({
      shape: [3, 3],
      values: [1, 2, 3, 4, 5, 6, 7, 'nan', 'nan'],
    });
  });

  it('is flat when the plan contradicts itself', async () => {
    const { file } = await meshOf(6, { npoints: 7n });
    expect(at(file, 'instrument/diode1/data')?.shape).toEqual([6]);
  });

  it('keeps an earlier file that holds more, whatever its shape', async () => {
    const bench = benchIn();
    const [flat, shaped] = [false, true].map((keepShape) => ({
      ...bench,
      options: { ...bench.options, layout: { ...DEFAULT_LAYOUT, keepShape } },
    })) as [Bench, Bench];
    const events = eventsIn(bench.directory, MESH);
    const signal = AbortSignal.timeout(60_000);
    await write(shaped, sourceOf(events.started(), events.chunk(DIODE, 0, [1, 2, 3, 4])), signal);
    await write(flat, sourceOf(events.started(), events.chunk(DIODE, 0, [1, 2, 3]), events.ended()), signal);
    expect(bench.warnings.join()).toContain('_earlier1');
  });
});

describe.skipIf(!hasReaders())('a scan of one point with scalarCt', () => {
  const ct = { npoints: 1n };

  it('has no dimension of points', async () => {
    const bench = benchWith({ scalarCt: true });
    const events = eventsIn(bench.directory, ct);
    const text = channelOf('ctrl:text', { dtype: undefined });
    const outcome = await write(
      bench,
      sourceOf(
        events.started(),
        events.chunk(DIODE, 0, [5]),
        events.chunk(SPECTRUM, 0, [1, 2], { shape: [2] }),
        events.records(text, 0, ['word']),
        events.ended(),
      ),
    );
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', missing: [] });
    expect(outcome.channels).toContainEqual({ name: 'ctrl:diode1', expected: 1, received: 1 });
    const file = await read(bench);
    expect(at(file, 'instrument/diode1/data')).toMatchObject({ shape: [], values: 5 });
    expect(at(file, 'instrument/mca_spectrum_det0/data')).toMatchObject({ shape: [2], values: [1, 2] });
    expect(at(file, 'instrument/ctrl_text/data')).toMatchObject({ shape: [], values: 'word' });
    expect(at(file, 'measurement/diode1')).toMatchObject({ target: '/12.1/instrument/diode1/data' });
    expect(at(file, 'writer/manifest/sha256')?.shape).toEqual([3]);
  });

  it('loses nothing when BLISS publishes more points than it said', async () => {
    const bench = benchWith({ scalarCt: true });
    const events = eventsIn(bench.directory, ct);
    const outcome = await write(
      bench,
      sourceOf(
        events.started(),
        events.chunk(DIODE, 0, [5]),
        () => new Promise((resolve) => setTimeout(resolve, 5 * bench.options.flushMilliseconds)),
        events.chunk(DIODE, 1, [6]),
        events.ended(),
      ),
    );
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', missing: [] });
    expect(at(await read(bench), 'instrument/diode1/data')?.values).toEqual([5, 6]);
  });
});

describe.skipIf(!hasReaders())('points of different length', () => {
  it('are filled up, and their lengths stand beside them', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const ragged = channelOf('ctrl:ragged', { shape: [2] });
    const outcome = await write(
      bench,
      sourceOf(
        events.started(),
        events.chunk(ragged, 0, [1, 2, 3, 4], { shape: [2] }),
        events.gap(ragged, 2, 3),
        events.chunk(ragged, 3, [5, 6, 7], { shape: [3] }),
        events.chunk(ragged, 4, [8], { shape: [1] }),
        events.ended(),
      ),
    );
    expect(outcome.channels).toEqual([{ name: 'ctrl:ragged', expected: 10, received: 4 }]);
    const file = await read(bench);
    expect(at(file, 'instrument/ctrl_ragged/data')).toMatchObject({
      shape: [5, 3],
      values: [1, 2, 'nan', 3, 4, 'nan', 'nan', 'nan', 'nan', 5, 6, 7, 8, 'nan', 'nan'],
    });
    expect(at(file, 'instrument/ctrl_ragged/data_lengths')?.values).toEqual([2, 2, 0, 3, 1]);
  });

  it('have both lengths of an image, and a plot whose axes fit', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const image = channelOf('ctrl:image', { shape: [1, 2], dtype: 'int16' });
    const spectrum = channelOf('ctrl:diode1', { shape: [2], dtype: 'int16' });
    await write(
      bench,
      sourceOf(
        events.started(),
        events.chunk(FAST, 0, [0, 1]),
        events.chunk(image, 0, [1, 2], { shape: [1, 2] }),
        events.chunk(image, 1, [3, 4], { shape: [2, 1] }),
        events.chunk(spectrum, 0, [1, 2], { shape: [2] }),
        events.chunk(spectrum, 1, [3, 4, 5], { shape: [3] }),
        events.ended(),
      ),
    );
    const file = await read(bench);
    expect(at(file, 'instrument/ctrl_image/data_lengths')).toMatchObject({
      shape: [2, 2],
      values: [1, 2, 2, 1],
    });
    expect(at(file, 'plotselect/datadim0')?.shape).toEqual([3]);
  });

  it('are not mentioned when all are alike', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    await write(
      bench,
      sourceOf(events.started(), events.chunk(SPECTRUM, 0, [1, 2, 3, 4], { shape: [2] }), events.ended()),
    );
    expect(at(await read(bench), 'instrument/mca_spectrum_det0/data_lengths')).toBeUndefined();
  });
});

describe.skipIf(!hasReaders())('compression', () => {
  const FILTERS: [string, Compression, string][] = [
    ['gzip', { filter: 'gzip', level: 4 }, "d.compression == 'gzip' and d.compression_opts == 4"],
    ['bitshuffle', { filter: 'bitshuffle' }, "'32008' in d._filters"],
  ];

  it.each(FILTERS)('with %s is read by h5py, one spectrum a chunk', async (_, compression, isCompressed) => {
    const bench = benchWith({ compression });
    const events = eventsIn(bench.directory);
    const spectrum = channelOf('mca:spectrum_det0', { dtype: 'uint32', shape: [512] });
    const values = Array.from({ length: 3 * 512 }, (_, n) => n % 7);
    await write(
      bench,
      sourceOf(
        events.started(),
        events.chunk(spectrum, 0, values, { shape: [512] }),
        events.chunk(DIODE, 0, [1, 2, 3]),
        events.ended(),
      ),
    );
    const script = `import h5py, numpy, sys
f = h5py.File(sys.argv[1], 'r')
d = f['12.1/instrument/mca_spectrum_det0/data']
assert d.chunks == (1, 512) and (${isCompressed}), (d.chunks, d._filters)
assert numpy.array_equal(d[()], (numpy.arange(1536) % 7).reshape(3, 512))
assert d.id.get_storage_size() < 3 * 512, d.id.get_storage_size()
assert f['12.1/instrument/diode1/data'].compression is None`;
    expect(await runPython(['-c', script, scanFile(bench)])).toMatchObject({ stderr: '', status: 0 });
  });

  it('leaves points alone that would be a chunk of some bytes each', async () => {
    const bench = benchWith({ compression: { filter: 'gzip', level: 1 } });
    const events = eventsIn(bench.directory);
    await write(
      bench,
      sourceOf(events.started(), events.chunk(SPECTRUM, 0, [1, 2], { shape: [2] }), events.ended()),
    );
    const script = `import h5py, sys
assert h5py.File(sys.argv[1], 'r')['12.1/instrument/mca_spectrum_det0/data'].compression is None`;
    expect(await runPython(['-c', script, scanFile(bench)])).toMatchObject({ status: 0 });
  });
});
