import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { loadHdf5, type ScanProgress } from '../../src/writer/index.js';
import { deadPid } from '../support/children.js';
import { chainOf, channelOf, EventsOf, scanOf } from '../support/scanInfo.js';
import { runPython } from '../support/python.js';
import { readBack, type Dumped } from './hdf5/support.js';
import { filesIn, temporaryDirectory, writeLock } from './files/support.js';
import {
  benchIn,
  eventsIn,
  infoIn,
  scanFile,
  SCAN_FILE,
  sourceOf,
  until,
  write,
  type Bench,
} from './support.js';

const MOTOR = channelOf('axis:robx', { unit: 'mm' });
const TIMER = channelOf('timer:elapsed_time', { unit: 's' });
const DIODE = channelOf('ctrl:diode1');

/** The finished file as h5py reads it. */
const read = (bench: Bench, name = SCAN_FILE): Promise<Record<string, Dumped>> =>
  readBack(path.join(bench.directory, name));

const valuesAt = (file: Record<string, Dumped>, name: string): unknown => file[`/12.1/${name}`]?.values;

/** `writer/channels` and `writer/missing` as rows. */
function rowsAt(file: Record<string, Dumped>, group: string, columns: readonly string[]): unknown[][] {
  const values = columns.map((column) => valuesAt(file, `writer/${group}/${column}`) as unknown[]);
  return (values[0] ?? []).map((_, row) => values.map((column) => column[row]));
}
const missingIn = (file: Record<string, Dumped>) =>
  rowsAt(file, 'missing', ['channel', 'first', 'count', 'reason']);

describe('a scan', () => {
  it('is in its file, whole, with a master that leads to it', async () => {
    const bench = benchIn(undefined, { linkAtStart: true });
    const events = eventsIn(bench.directory);
    const outcome = await write(
      bench,
      sourceOf(
        events.started(),
        events.added(MOTOR),
        events.added(TIMER),
        events.added(DIODE),
        events.chunk(MOTOR, 0, [0, 1]),
        events.chunk(DIODE, 0, [10]),
        events.chunk(MOTOR, 2, [2]),
        events.chunk(DIODE, 1, [11, 12]),
        events.chunk(TIMER, 0, [0.5, 1, 1.5]),
        events.ended(),
      ),
    );
    expect(outcome).toMatchObject({
      status: 'SUCCEEDED',
      endReason: 'SUCCESS',
      file: scanFile(bench),
      master: path.join(bench.directory, 'a.h5'),
      missing: [],
      message: '',
      wasComplete: false,
    });
    expect(outcome.channels).toEqual([
      { name: 'axis:robx', expected: 10, received: 3 },
      { name: 'timer:elapsed_time', expected: 10, received: 3 },
      { name: 'ctrl:diode1', expected: 10, received: 3 },
    ]);
    const file = await read(bench);
    expect(valuesAt(file, 'instrument/robx/value')).toEqual([0, 1, 2]);
    expect(valuesAt(file, 'instrument/diode1/data')).toEqual([10, 11, 12]);
    expect(file['/12.1/instrument/robx/value']?.attributes).toMatchObject({ units: { value: 'mm' } });
    expect(file['/12.1/measurement/diode1']).toMatchObject({ target: '/12.1/instrument/diode1/data' });
    expect(valuesAt(file, 'writer/status')).toBe('SUCCEEDED');
    expect(rowsAt(file, 'channels', ['name', 'expected', 'received'])).toHaveLength(3);
    expect(rowsAt(file, 'manifest', ['dataset'])).toHaveLength(3);
    expect(filesIn(bench.directory)).toEqual(['a.h5', SCAN_FILE]);
    expect(bench.budget.used).toBe(0);
    expect(bench.warnings).toEqual([]);
  });

  it('without any point has all else', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const outcome = await write(
      bench,
      sourceOf(events.started(), events.added(DIODE), events.ended('FAILED')),
    );
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', endReason: 'FAILURE' });
    const file = await read(bench);
    expect(file['/12.1/instrument/diode1']?.kind).toBe('group');
    expect(file['/12.1/measurement']).toBeUndefined();
    expect(valuesAt(file, 'end_reason')).toBe('FAILURE');
    expect(rowsAt(file, 'channels', ['name', 'received'])).toEqual([['ctrl:diode1', 0]]);
  });

  it('without any channel has all else', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    await write(bench, sourceOf(events.started(), events.ended('USER_ABORTED')));
    expect(valuesAt(await read(bench), 'end_reason')).toBe('USER_ABORT');
  });

  it('whose chunks come out of several channels in any order is placed by index', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    await write(
      bench,
      sourceOf(
        events.started(),
        events.chunk(DIODE, 0, [1]),
        events.chunk(MOTOR, 0, [5, 6, 7]),
        () => new Promise((resolve) => setTimeout(resolve, 60)),
        events.chunk(DIODE, 1, [2, 3]),
        events.chunk(MOTOR, 3, [8]),
        events.ended(),
      ),
    );
    const file = await read(bench);
    expect(valuesAt(file, 'instrument/diode1/data')).toEqual([1, 2, 3]);
    expect(valuesAt(file, 'instrument/robx/value')).toEqual([5, 6, 7, 8]);
  });

  it('that is already complete is left as it is', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const source = sourceOf(events.started(), events.chunk(DIODE, 0, [1]), events.ended('USER_ABORTED'));
    await write(bench, source);
    const before = fs.statSync(scanFile(bench)).mtimeMs;
    expect(await write(bench, source)).toMatchObject({
      wasComplete: true,
      status: 'SUCCEEDED',
      endReason: 'USER_ABORT',
      channels: [{ name: 'ctrl:diode1', received: 1 }],
    });
    expect(fs.statSync(scanFile(bench)).mtimeMs).toBe(before);
  });

  it('that is already complete gets the link that its master has not', async () => {
    const bench = benchIn();
    const master = path.join(bench.directory, 'a.h5');
    const other = new EventsOf(scanOf(undefined, 1), infoIn(bench.directory));
    await write(bench, sourceOf(other.started(), other.ended()));
    const events = eventsIn(bench.directory);
    const source = sourceOf(events.started(), events.ended());
    await write(bench, source);
    fs.rmSync(master);
    expect(await write(bench, source)).toMatchObject({ wasComplete: true, master });
    expect(await read(bench, 'a.h5')).toHaveProperty('/12.1_r1', {
      kind: 'external',
      file: 'a_scan0012_r1.h5',
      target: '/12.1',
    });
    const { ino } = fs.statSync(master);
    await write(bench, source);
    expect(fs.statSync(master).ino).toBe(ino);
  });

  it('of a number that another has goes beside it, and both are in the master', async () => {
    const bench = benchIn();
    const other = new EventsOf(scanOf(undefined, 1), infoIn(bench.directory));
    await write(bench, sourceOf(other.started(), other.ended()));
    const events = eventsIn(bench.directory);
    const outcome = await write(bench, sourceOf(events.started(), events.ended()));
    expect(path.basename(outcome.file)).toBe('a_scan0012_r1.h5');
    expect(bench.warnings).toEqual([expect.stringContaining('a_scan0012_r1.h5')]);
    expect(Object.keys(await read(bench, 'a.h5'))).toEqual(['/', '/12.1', '/12.1_r1']);
  });

  it('with 300 channels has all of them', async () => {
    const bench = benchIn();
    const names = Array.from({ length: 300 }, (_, n) => `ctrl:c${n}`);
    const chain = chainOf({ axis: { devices: { axis: ['axis:robx'], ctrl: names } } });
    const events = new EventsOf(scanOf(), infoIn(bench.directory, chain));
    const channels = names.map((name) => channelOf(name));
    const points = [0, 1, 2].flatMap((index) =>
      channels.map((channel, n) => events.chunk(channel, index, [1000 * index + n])),
    );
    const outcome = await write(
      bench,
      sourceOf(
        events.started(),
        ...channels.map((channel) => events.added(channel)),
        ...points,
        events.ended(),
      ),
    );
    expect(outcome.channels).toHaveLength(300);
    const file = await read(bench);
    names.forEach((_, n) => {
      expect(valuesAt(file, `instrument/c${n}/data`)).toEqual([n, 1000 + n, 2000 + n]);
      expect(file[`/12.1/measurement/c${n}`]?.kind).toBe('soft');
    });
  });

  it('and another in one directory at once are both in their master', async () => {
    const bench = benchIn(undefined, { linkAtStart: true });
    const scans = [1, 2, 3, 4].map((n) => {
      const scan = scanOf(`s:mnt:data:${n}_ascan`, n);
      return new EventsOf(scan, infoIn(bench.directory, { scan_nb: BigInt(n) }));
    });
    await Promise.all(
      scans.map((events, n) =>
        write(bench, sourceOf(events.started(), events.chunk(DIODE, 0, [n]), events.ended())),
      ),
    );
    expect(Object.keys(await read(bench, 'a.h5'))).toEqual(['/', '/1.1', '/2.1', '/3.1', '/4.1']);
    expect(filesIn(bench.directory)).toHaveLength(5);
  });

  it('has its master on the file system of the master, not on its own', async () => {
    const [fast, slow] = [temporaryDirectory(), temporaryDirectory()];
    const bench = benchIn(slow);
    const target = { ...bench.options.target, template: `${fast}/{name}.h5`, roots: [fast, slow] };
    const events = eventsIn(slow);
    const split = { ...bench, options: { ...bench.options, target } };
    const asked = vi.spyOn(bench.options.threads, 'of');
    const outcome = await write(split, sourceOf(events.started(), events.ended()));
    expect(asked.mock.calls).toEqual([[outcome.file], [path.join(slow, 'a.h5')]]);
    asked.mockRestore();
    expect(outcome.file).toBe(path.join(fast, '12_ascan.h5'));
    expect(filesIn(slow)).toEqual(['a.h5']);
  });
});

describe('scan_info that nobody expects', () => {
  it('of 10,000 motors with any names is a file with as many positions, each in its group', async () => {
    const bench = benchIn();
    const odd = ['', '.', '..', '/', 'a/b', 'a_b', '../../x', 'nul\0', '\ud800', 'long'.repeat(250)];
    const motors = [...odd, ...Array.from({ length: 9_990 }, (_, n) => `m${n}`)];
    const positions = Object.fromEntries(motors.map((name, n) => [name, n]));
    const positioners = { positioners_start: positions, positioners_units: { m1: 'mm', m2: 5n } };
    const events = eventsIn(bench.directory, { positioners, npoints: 'many', scan_nb: '12', title: 12n });
    const outcome = await write(
      bench,
      sourceOf(events.started(), events.chunk(DIODE, 0, [1, 2]), events.ended()),
    );
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', missing: [] });
    const script = `import h5py, json, sys
f = h5py.File(sys.argv[1], 'r')
start = f['12.1/instrument/positioners_start']
print(json.dumps([len(start), sorted(v[()] for v in start.values()) == list(range(10000)), sorted(f), start['m1'].attrs['units']]))`;
    const { stdout, stderr } = await runPython(['-c', script, outcome.file]);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual([10_000, true, ['12.1'], 'mm']);
  });
});

describe('points that are not there', () => {
  it('are rows of NaN, named, and make the file INCOMPLETE', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const whole = channelOf('ctrl:whole', { dtype: 'int32' });
    const outcome = await write(
      bench,
      sourceOf(
        events.started(),
        events.chunk(DIODE, 0, [1]),
        events.gap(DIODE, 1, 3),
        events.chunk(DIODE, 3, [4]),
        events.gap(DIODE, 4, undefined, 'gone'),
        events.gap(whole, 0, 2),
        events.chunk(whole, 2, [7]),
        events.gap(MOTOR, 0, 5),
        events.ended(),
      ),
    );
    expect(outcome).toMatchObject({ status: 'INCOMPLETE', endReason: 'SUCCESS' });
    const file = await read(bench);
    expect(valuesAt(file, 'instrument/diode1/data')).toEqual([1, 'nan', 'nan', 4]);
    expect(valuesAt(file, 'instrument/ctrl_whole/data')).toEqual([0, 0, 7]);
    expect(missingIn(file)).toEqual([
      ['ctrl:diode1', 1, 2, 'trimmed by Redis'],
      ['ctrl:diode1', 4, -1, 'gone'],
      ['ctrl:whole', 0, 2, 'trimmed by Redis'],
      ['axis:robx', 0, 5, 'trimmed by Redis'],
    ]);
    expect(valuesAt(file, 'writer/status')).toBe('INCOMPLETE');
    expect(outcome.channels).toContainEqual({ name: 'axis:robx', expected: 10, received: 0 });
  });

  it('and that no gap explains are named all the same', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const outcome = await write(
      bench,
      sourceOf(events.started(), events.chunk(DIODE, 2, [3]), events.chunk(DIODE, 5, [6]), events.ended()),
    );
    expect(outcome.status).toBe('INCOMPLETE');
    expect(outcome.missing).toEqual([
      { channel: 'ctrl:diode1', first: 0, count: 2, reason: 'never came' },
      { channel: 'ctrl:diode1', first: 3, count: 2, reason: 'never came' },
    ]);
  });

  it('because their type changed are named with the reason', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const counter = channelOf('ctrl:n', { dtype: 'int32' });
    const outcome = await write(
      bench,
      sourceOf(
        events.started(),
        events.chunk(counter, 0, [1, 2]),
        events.chunk(counter, 2, [3, 3.5, 4], { dtype: 'float64' }),
        events.records(counter, 5, ['five']),
        events.chunk(counter, 6, [6, 6], { shape: [2] }),
        events.chunk(counter, 7, [7]),
        events.ended(),
      ),
    );
    expect(outcome.status).toBe('INCOMPLETE');
    expect(outcome.channels).toEqual([{ name: 'ctrl:n', expected: 10, received: 5 }]);
    expect(outcome.missing.map(({ first, count }) => [first, count])).toEqual([
      [3, 1],
      [5, 1],
      [6, 1],
    ]);
    expect(valuesAt(await read(bench), 'instrument/ctrl_n/data')).toEqual([1, 2, 3, 0, 4, 0, 0, 7]);
  });
});

describe('points of other kinds', () => {
  it('that are text are text', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const text = channelOf('ctrl:text', { dtype: undefined });
    const outcome = await write(
      bench,
      sourceOf(
        events.started(),
        events.records(text, 0, ['a', 'é']),
        events.gap(text, 2, 3),
        events.records(text, 3, ['']),
        events.chunk(text, 4, [1]),
        events.ended(),
      ),
    );
    expect(valuesAt(await read(bench), 'instrument/ctrl_text/data')).toEqual(['a', 'é', '', '']);
    expect(outcome.missing.map(({ first, count }) => [first, count])).toEqual([
      [2, 1],
      [4, 1],
    ]);
  });

  it('that are spectra of different length are padded with NaN', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const spectrum = channelOf('ctrl:mca', { shape: [3] });
    await write(
      bench,
      sourceOf(
        events.started(),
        events.chunk(spectrum, 0, [], { shape: [0] }),
        events.chunk(spectrum, 1, [1, 2, 3, 4, 5, 6], { shape: [3] }),
        events.chunk(spectrum, 3, [7], { shape: [1] }),
        events.ended(),
      ),
    );
    const file = await read(bench);
    expect(file['/12.1/instrument/ctrl_mca/data']).toMatchObject({
      shape: [4, 3],
      attributes: { interpretation: { value: 'spectrum' } },
      values: [
        ['nan', 'nan', 'nan'],
        [1, 2, 3],
        [4, 5, 6],
        [7, 'nan', 'nan'],
      ],
    });
  });
});

describe('a scan whose end was not published', () => {
  it('is ABANDONED, with all that there is', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const outcome = await write(
      bench,
      sourceOf(events.started(), events.chunk(DIODE, 0, [1, 2]), events.abandoned()),
    );
    expect(outcome).toMatchObject({
      status: 'ABANDONED',
      endReason: undefined,
      master: expect.anything() as string,
    });
    const file = await read(bench);
    expect(valuesAt(file, 'instrument/diode1/data')).toEqual([1, 2]);
    expect([valuesAt(file, 'end_time'), valuesAt(file, 'end_reason')]).toEqual([undefined, undefined]);
    expect(valuesAt(file, 'writer/message')).toContain('no end in Redis');
  });

  it('is completed by a later writing', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    await write(bench, sourceOf(events.started(), events.chunk(DIODE, 0, [1]), events.abandoned()));
    const later = await write(
      bench,
      sourceOf(events.started(), events.chunk(DIODE, 0, [1, 2]), events.ended()),
    );
    expect(later.status).toBe('SUCCEEDED');
    expect(filesIn(bench.directory)).toEqual(['a.h5', SCAN_FILE]);
    expect(Object.keys(await read(bench, 'a.h5'))).toEqual(['/', '/12.1']);
  });

  it('because its keys are gone says so, and never costs an earlier file with more points', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    await write(bench, sourceOf(events.started(), events.chunk(DIODE, 0, [1, 2, 3]), events.abandoned()));
    const outcome = await write(bench, sourceOf(events.started(), events.lost('its keys expired')));
    expect(outcome).toMatchObject({
      status: 'ABANDONED',
      message: expect.stringContaining('keys expired') as string,
    });
    expect(bench.warnings).toEqual([expect.stringContaining('a_scan0012_earlier1.h5')]);
    expect(valuesAt(await read(bench, 'a_scan0012_earlier1.h5'), 'instrument/diode1/data')).toEqual([
      1, 2, 3,
    ]);
  });
});

it('a scan that was lost does not cost an earlier file that cannot be read', async () => {
  const bench = benchIn();
  const events = eventsIn(bench.directory);
  await write(bench, sourceOf(events.started(), events.chunk(DIODE, 0, [1, 2, 3]), events.abandoned()));
  fs.chmodSync(scanFile(bench), 0o644);
  fs.truncateSync(scanFile(bench), 1000);
  writeLock(scanFile(bench), { pid: deadPid() });
  await write(bench, sourceOf(events.started(), events.lost('its keys expired')));
  expect(filesIn(bench.directory)).toContain('a_scan0012_earlier1.h5');
});

describe('while a scan is written', () => {
  it('others read every point that a flush has passed, also through the master', async () => {
    const bench = benchIn(undefined, { linkAtStart: true });
    const events = eventsIn(bench.directory);
    const seen: ScanProgress[] = [];
    const options = { ...bench.options, onProgress: (progress: ScanProgress) => seen.push(progress) };
    const readRows = async (file: string): Promise<string> => {
      const script = `import h5py, sys; print(h5py.File(sys.argv[1], 'r')['12.1/measurement/diode1'][()].tolist())`;
      return (await runPython(['-c', script, path.join(bench.directory, file)])).stdout.trim();
    };
    const rows: string[] = [];
    await write(
      { ...bench, options },
      sourceOf(
        events.started(),
        events.chunk(DIODE, 0, [1, 2]),
        () => until(() => seen.at(-1)?.points === 2),
        async () => rows.push(await readRows(SCAN_FILE)),
        events.chunk(DIODE, 2, [3]),
        () => until(() => seen.at(-1)?.points === 3),
        async () => rows.push(await readRows(SCAN_FILE), await readRows('a.h5')),
        events.ended(),
      ),
    );
    expect(rows).toEqual(['[1.0, 2.0]', '[1.0, 2.0, 3.0]', '[1.0, 2.0, 3.0]']);
    expect(seen.at(-1)).toMatchObject({ points: 3, rows: 3, expected: 10, file: scanFile(bench) });
  });

  it('progress counts what is flushed, not what was read', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const hdf5 = await loadHdf5();
    const seen: number[] = [];
    const stored: number[] = [];
    const onProgress = ({ points }: ScanProgress): void => {
      seen.push(points);
      const file = hdf5.openForReading(scanFile(bench));
      stored.push(file.rows('/12.1/instrument/diode1/data'));
      file.close();
    };
    const options = { ...bench.options, flushMilliseconds: 10, onProgress };
    const chunks = Array.from({ length: 400 }, (_, n) => events.chunk(DIODE, n, [n]));
    const slowly = chunks.flatMap((chunk, n) =>
      n % 20 === 0 ? [chunk, () => new Promise((resolve) => setTimeout(resolve, 3))] : [chunk],
    );
    const outcome = await write({ ...bench, options }, sourceOf(events.started(), ...slowly, events.ended()));
    expect(outcome.channels).toMatchObject([{ received: 400 }]);
    expect(seen.length).toBeGreaterThan(3);
    expect(seen).toEqual(stored);
    expect(seen.at(-1)).toBe(400);
  });
});
