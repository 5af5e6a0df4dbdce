import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Channel, ScanEvent } from '../../src/scan/index.js';
import type { ScanEventSource } from '../../src/writer/index.js';
import { journalPath } from '../../src/writer/files/journal.js';
import { channelOf } from '../support/scanInfo.js';
import { filesIn, writeLock } from './files/support.js';
import { readBack } from './hdf5/support.js';
import { benchIn, eventsIn, SCAN_FILE, scanFile, sourceOf, write, type Bench } from './support.js';

const DIODE = channelOf('ctrl:diode1');
const read = (bench: Bench) => readBack(scanFile(bench));
const DATA = '/12.1/instrument/diode1/data';

/** Events of a channel from the index on that is asked for, as a subscriber gives them. */
function asking(
  channel: Channel,
  events: { before: readonly ScanEvent[]; from: (start: number) => readonly ScanEvent[] },
  asked: number[] = [],
): ScanEventSource {
  return async function* (_, startOf) {
    yield* events.before;
    const start = startOf(channel);
    asked.push(start);
    yield* events.from(start);
    await Promise.resolve();
  };
}

/** Writes what comes and stops before the scan's end. */
async function writeAndStop(bench: Bench, ...events: readonly ScanEvent[]): Promise<void> {
  const stop = new AbortController();
  const source = sourceOf(...events, () => {
    stop.abort();
    return Promise.resolve();
  });
  expect((await write(bench, source, stop.signal)).status).toBe('RUNNING');
}

/** As a writer leaves its journal that is killed in the middle of a change. */
const cutShort = (bench: Bench): void => {
  fs.appendFileSync(journalPath(scanFile(bench)), '~\n');
};

describe('a file whose writing was stopped', () => {
  it('is gone on with in its place, and only the rest is asked for', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    await writeAndStop(bench, events.started(), events.added(DIODE), events.chunk(DIODE, 0, [1, 2]));
    const { ino } = fs.statSync(scanFile(bench));
    const asked: number[] = [];
    const rest = asking(
      DIODE,
      {
        before: [events.started()],
        from: (start) => [events.added(DIODE), events.chunk(DIODE, start, [3, 4]), events.ended()],
      },
      asked,
    );
    expect(await write(bench, rest)).toMatchObject({
      status: 'SUCCEEDED',
      message: '',
      missing: [],
      channels: [{ name: DIODE.name, received: 4 }],
    });
    expect(asked).toEqual([2]);
    expect((await read(bench))[DATA]?.values).toEqual([1, 2, 3, 4]);
    expect(fs.statSync(scanFile(bench))).toMatchObject({ ino, mode: 0o100444 });
    expect(filesIn(bench.directory)).toEqual(['a.h5', SCAN_FILE]);
  });

  it('still names what was missing before', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const gap = events.gap(DIODE, 0, 3, 'trimmed');
    await writeAndStop(bench, events.started(), events.added(DIODE), gap, events.chunk(DIODE, 3, [4]));
    await writeAndStop(bench, events.started(), events.added(DIODE), events.chunk(DIODE, 4, [5]));
    const rest = sourceOf(
      events.started(),
      events.added(DIODE),
      events.gap(DIODE, 5, 7, 'undecodable'),
      events.chunk(DIODE, 7, [8]),
      events.ended(),
    );
    expect(await write(bench, rest)).toMatchObject({
      status: 'INCOMPLETE',
      missing: [
        { channel: DIODE.name, first: 0, count: 3, reason: 'trimmed' },
        { channel: DIODE.name, first: 5, count: 2, reason: 'undecodable' },
      ],
      channels: [{ received: 3 }],
    });
    expect((await read(bench))[DATA]?.values).toEqual(['nan', 'nan', 'nan', 4, 5, 'nan', 'nan', 8]);
  });

  it('goes on with spectra of different lengths, and with text', async () => {
    const spectrum = channelOf('mca:spectrum');
    const note = channelOf('ctrl:note');
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const start = [events.started(), events.added(spectrum), events.added(note)];
    await writeAndStop(
      bench,
      ...start,
      events.chunk(spectrum, 0, [1, 2], { shape: [2] }),
      events.chunk(spectrum, 1, [3, 4, 5], { shape: [3] }),
      events.records(note, 0, ['a', 'b']),
    );
    await write(
      bench,
      sourceOf(
        ...start,
        events.chunk(spectrum, 2, [6], { shape: [1] }),
        events.records(note, 2, ['c']),
        events.ended(),
      ),
    );
    const file = await read(bench);
    const group = '/12.1/instrument/mca_spectrum';
    expect(file[`${group}/data`]?.values).toEqual([
      [1, 2, 'nan'],
      [3, 4, 5],
      [6, 'nan', 'nan'],
    ]);
    expect(file[`${group}/data_lengths`]?.values).toEqual([2, 3, 1]);
    expect(file['/12.1/instrument/ctrl_note/data']?.values).toEqual(['a', 'b', 'c']);
  });

  it('with another layout is written anew, and takes what Redis has forgotten from the file before', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    await writeAndStop(bench, events.started(), events.added(DIODE), events.chunk(DIODE, 0, [1, 2]));
    const { ino } = fs.statSync(scanFile(bench));
    const other = { ...bench, options: { ...bench.options, images: 'none' as const } };
    const asked: number[] = [];
    const rest = asking(
      DIODE,
      {
        before: [events.started()],
        from: () => [
          events.added(DIODE),
          events.gap(DIODE, 0, 1),
          events.chunk(DIODE, 1, [2, 3]),
          events.ended(),
        ],
      },
      asked,
    );
    expect(await write(other, rest)).toMatchObject({ status: 'SUCCEEDED', missing: [] });
    expect(asked).toEqual([0]);
    expect(fs.statSync(scanFile(bench)).ino).not.toBe(ino);
    expect((await read(bench))[DATA]?.values).toEqual([1, 2, 3]);
    expect(filesIn(bench.directory)).toEqual(['a.h5', SCAN_FILE]);
  });
});

describe('a file whose writer was killed in the middle of a change', () => {
  const forgotten = (bench: Bench): ScanEventSource => {
    const events = eventsIn(bench.directory);
    const later = [events.gap(DIODE, 0, 3), events.chunk(DIODE, 3, [4]), events.ended()];
    return sourceOf(events.started(), events.added(DIODE), ...later);
  };

  it('is not trusted, but what Redis has forgotten is taken from it', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    await writeAndStop(bench, events.started(), events.added(DIODE), events.chunk(DIODE, 0, [1, 2]));
    cutShort(bench);
    expect(await write(bench, forgotten(bench))).toMatchObject({
      status: 'INCOMPLETE',
      missing: [{ first: 2, count: 1 }],
      channels: [{ received: 3 }],
    });
    expect((await read(bench))[DATA]?.values).toEqual([1, 2, 'nan', 4]);
    expect(filesIn(bench.directory)).toEqual(['a.h5', SCAN_FILE]);
  });

  it('is taken from, also when nothing else of a channel is left in Redis', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const start = [events.started(), events.added(DIODE)];
    await writeAndStop(bench, ...start, events.chunk(DIODE, 0, [1, 2]));
    cutShort(bench);
    const outcome = await write(bench, sourceOf(...start, events.gap(DIODE, 0, undefined), events.ended()));
    expect(outcome).toMatchObject({ status: 'INCOMPLETE', missing: [{ first: 2, count: -1 }] });
    const file = await read(bench);
    expect(file[DATA]?.values).toEqual([1, 2]);
    expect(Object.keys(file)).toContain('/12.1/measurement');
  });

  it('is kept when it can be read no more and may have what is missing', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    await writeAndStop(bench, events.started(), events.added(DIODE), events.chunk(DIODE, 0, [1, 2]));
    fs.chmodSync(scanFile(bench), 0o644);
    fs.truncateSync(scanFile(bench), 1000);
    const outcome = await write(bench, forgotten(bench));
    expect(outcome).toMatchObject({ status: 'INCOMPLETE', missing: [{ first: 0, count: 3 }] });
    expect(bench.warnings).toEqual([expect.stringContaining('a_scan0012_earlier1.h5')]);
    expect(filesIn(bench.directory)).toEqual(['a.h5', SCAN_FILE, 'a_scan0012_earlier1.h5']);
  });

  it.each([
    ['of another scan', (text: string) => text.replace('"scan":"', '"scan":"other:')],
    ['from before the machine went down', (text: string) => text.replace(/"boot":"\w/, '"boot":"x')],
    ['cut off', (text: string) => text.slice(0, -5)],
    ['of a file of another size', (text: string) => text.replaceAll(/"bytes":\d/g, '"bytes":9')],
    ['that is empty', () => ''],
    ['that is no JSON', () => 'garbage\n'],
  ])('is written anew with a journal %s', async (_, change) => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    await writeAndStop(bench, events.started(), events.added(DIODE), events.chunk(DIODE, 0, [1, 2]));
    const journal = journalPath(scanFile(bench));
    fs.writeFileSync(journal, change(fs.readFileSync(journal, 'utf8')));
    const asked: number[] = [];
    const all = [events.added(DIODE), events.chunk(DIODE, 0, [1, 2, 3]), events.ended()];
    const source = asking(DIODE, { before: [events.started()], from: () => all }, asked);
    expect(await write(bench, source)).toMatchObject({ status: 'SUCCEEDED', channels: [{ received: 3 }] });
    expect(asked).toEqual([0]);
    expect(filesIn(bench.directory)).toEqual(['a.h5', SCAN_FILE]);
  });
});

it('a writer whose lock was taken by one on another host changes nothing more', async () => {
  const bench = benchIn();
  const events = eventsIn(bench.directory);
  const source = sourceOf(
    events.started(),
    events.added(DIODE),
    events.chunk(DIODE, 0, [1]),
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      writeLock(scanFile(bench), { host: 'elsewhere', pid: 7 });
    },
    events.chunk(DIODE, 1, [2]),
    events.ended(),
  );
  await expect(write(bench, source)).rejects.toMatchObject({
    tag: 'locked',
    retryable: true,
    message: expect.stringContaining('taken over by process 7 on host elsewhere') as string,
  });
  const file = await read(bench);
  expect([file[DATA]?.values, file['/12.1/writer/status']?.values]).toEqual([[1], 'RUNNING']);
  expect(fs.existsSync(path.join(bench.directory, `.${SCAN_FILE}.lock`))).toBe(true);
});
