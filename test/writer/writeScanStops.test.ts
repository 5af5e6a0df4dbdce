import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ByteBudget, type ScanProgress } from '../../src/writer/index.js';
import { ScanWriterError, type ScanEvent } from '../../src/scan/index.js';
import { canMount, temporaryMount } from '../support/mounts.js';
import { channelOf } from '../support/scanInfo.js';
import { readBack } from './hdf5/support.js';
import { filesIn } from './files/support.js';
import {
  benchIn,
  eventsIn,
  exists,
  scanFile,
  SCAN_FILE,
  sourceOf,
  until,
  untilStopped,
  write,
  type Bench,
} from './support.js';

const DIODE = channelOf('ctrl:diode1');

const read = (bench: Bench) => readBack(scanFile(bench));

async function statusAndMessage(bench: Bench): Promise<unknown[]> {
  const file = await read(bench);
  return ['status', 'message'].map((name) => file[`/12.1/writer/${name}`]?.values);
}

/** The error with which writing ends. */
async function failure(writing: Promise<unknown>): Promise<unknown> {
  return writing.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error,
  );
}

describe('a writer that is stopped', () => {
  it('leaves what came in a file that is still RUNNING, without lock, to be gone on with', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const stop = new AbortController();
    const outcome = await write(
      bench,
      sourceOf(
        events.started(),
        events.chunk(DIODE, 0, [1, 2]),
        () => {
          stop.abort();
          return Promise.resolve();
        },
        events.chunk(DIODE, 2, [3]),
        events.ended(),
      ),
      stop.signal,
    );
    expect(outcome).toMatchObject({ status: 'RUNNING', endReason: undefined, channels: [{ received: 2 }] });
    expect(await statusAndMessage(bench)).toEqual(['RUNNING', expect.stringContaining('stopped')]);
    expect((await read(bench))['/12.1/instrument/diode1/data']?.values).toEqual([1, 2]);
    expect(filesIn(bench.directory)).toEqual([`.${SCAN_FILE}.journal`, SCAN_FILE]);
    const again = sourceOf(events.started(), events.chunk(DIODE, 0, [1, 2, 3]), events.ended());
    expect(await write(bench, again)).toMatchObject({ status: 'SUCCEEDED', channels: [{ received: 3 }] });
  });

  it('while it waits for memory loses the point honestly: the end that comes next is not believed', async () => {
    const budget = new ByteBudget(16);
    const bench = benchIn(undefined, { budget });
    const events = eventsIn(bench.directory);
    await budget.reserve(16, new AbortController().signal);
    const stop = new AbortController();
    // This source does not look at the signal.
    const deaf = async function* (): AsyncGenerator<ScanEvent> {
      yield events.started();
      setTimeout(() => {
        stop.abort();
      }, 50);
      yield events.chunk(DIODE, 0, [1]);
      await Promise.resolve();
      yield events.ended();
    };
    expect(await write(bench, deaf, stop.signal)).toMatchObject({ status: 'RUNNING' });
    expect(budget.used).toBe(16);
    expect((await statusAndMessage(bench))[0]).toBe('RUNNING');
  });

  it.each([
    ['ends', undefined],
    ['throws the reason of the signal', (signal: AbortSignal) => signal.reason as unknown],
    ['throws an AbortError', () => new DOMException('This operation was aborted', 'AbortError')],
  ])('has a file that is RUNNING also when its source %s', async (_, thrown) => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const stop = new AbortController();
    const source = sourceOf(events.started(), events.chunk(DIODE, 0, [1]), async (signal) => {
      setTimeout(() => {
        stop.abort();
      }, 20);
      await untilStopped(signal);
      if (thrown !== undefined) throw thrown(signal);
    });
    expect(await write(bench, source, stop.signal)).toMatchObject({ status: 'RUNNING' });
    expect((await statusAndMessage(bench))[0]).toBe('RUNNING');
  });

  it('before the first event says that nothing was written', async () => {
    const bench = benchIn();
    const error = await failure(write(bench, sourceOf(), AbortSignal.abort()));
    expect(error).toMatchObject({
      tag: 'target',
      message: expect.stringContaining('before anything') as string,
    });
    expect(filesIn(bench.directory)).toEqual([]);
  });

  it('has linked the scan in its master before it returns', async () => {
    const bench = benchIn(undefined, { linkAtStart: true });
    const events = eventsIn(bench.directory);
    const stop = new AbortController();
    const source = sourceOf(events.started(), () => {
      stop.abort();
      return Promise.resolve();
    });
    await write(bench, source, stop.signal);
    expect(exists(bench, 'a.h5')).toBe(true);
  });
});

describe('a source that fails', () => {
  it('makes the file FAILED with its message, and the error is passed on', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const lost = new ScanWriterError('unreachable', 'Redis is gone: look at its host.');
    const source = sourceOf(events.started(), events.chunk(DIODE, 0, [1]), () => Promise.reject(lost));
    expect(await failure(write(bench, source))).toBe(lost);
    expect(await statusAndMessage(bench)).toEqual(['FAILED', lost.message]);
    expect(bench.budget.used).toBe(0);
    expect(exists(bench, `.${SCAN_FILE}.lock`)).toBe(false);
  });

  it('before the scan is known leaves nothing', async () => {
    const bench = benchIn();
    const lost = new Error('nothing there');
    expect(
      await failure(
        write(
          bench,
          sourceOf(() => Promise.reject(lost)),
        ),
      ),
    ).toBe(lost);
    expect(filesIn(bench.directory)).toEqual([]);
  });

  it('with an AbortError that nobody asked for is a failure', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const strange = new DOMException('timed out', 'AbortError');
    expect(
      await failure(
        write(
          bench,
          sourceOf(events.started(), () => Promise.reject(strange)),
        ),
      ),
    ).toBe(strange);
    expect((await statusAndMessage(bench))[0]).toBe('FAILED');
  });
});

describe('a scan that cannot be written', () => {
  it.each([
    ['is not saved', { save: false }, 'unsaved'],
    ['would be outside', { filename: '/elsewhere/a.h5' }, 'usage'],
  ])('because it %s leaves nothing', async (_, info, tag) => {
    const bench = benchIn();
    const events = eventsIn(bench.directory, info);
    expect(await failure(write(bench, sourceOf(events.started())))).toMatchObject({ tag });
    expect(filesIn(bench.directory)).toEqual([]);
  });

  it('because another writer is at it does not touch its file', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const stop = new AbortController();
    const first = write(bench, sourceOf(events.started(), untilStopped), stop.signal);
    await until(() => exists(bench));
    expect(await failure(write(bench, sourceOf(events.started())))).toMatchObject({ tag: 'locked' });
    stop.abort();
    expect(await first).toMatchObject({ status: 'RUNNING' });
  });

  it('still is when only its master cannot be', async () => {
    const bench = benchIn();
    for (const name of ['a.h5', 'a_master.h5'])
      fs.writeFileSync(path.join(bench.directory, name), 'precious');
    const events = eventsIn(bench.directory);
    const outcome = await write(bench, sourceOf(events.started(), events.ended()));
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', master: undefined });
    expect(bench.warnings[0]).toContain('Move them away');
  });

  it('because its thread died fails and says so, and the next scan is written', async () => {
    const bench = benchIn();
    const events = eventsIn(bench.directory);
    const thread = await bench.options.threads.of(scanFile(bench));
    const source = sourceOf(events.started(), events.chunk(DIODE, 0, [1]), async (signal) => {
      await thread.close();
      await untilStopped(signal);
    });
    expect(await failure(write(bench, source))).toMatchObject({ name: 'ScanWriterError' });
    expect(bench.budget.used).toBe(0);
    expect(bench.warnings.length).toBeGreaterThan(0);
    const next = eventsIn(bench.directory, { filename: path.join(bench.directory, 'next.h5') });
    expect(await write(bench, sourceOf(next.started(), next.ended()))).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe.runIf(canMount)('a disk that is full', () => {
  /** Spectra until the disk is full and the source is told to stop. */
  function flood(bench: Bench, endsItself: boolean) {
    const events = eventsIn(bench.directory);
    const spectrum = channelOf('ctrl:mca', { shape: [1024] });
    const values = new Array<number>(1024).fill(1.5);
    return async function* (signal: AbortSignal): AsyncGenerator<ScanEvent> {
      yield events.started();
      for (let n = 0; n < 2_000; n++) {
        if (signal.aborted) return;
        yield events.chunk(spectrum, n, values, { shape: [1024] });
      }
      if (!endsItself) await untilStopped(signal);
      else yield events.ended();
    };
  }

  it.each([true, false])(
    'stops the scan with a sentence and lets go of everything (ends itself: %s)',
    async (ends) => {
      const bench = benchIn(temporaryMount('size=1m'));
      const error = await failure(write(bench, flood(bench, ends)));
      expect(error).toMatchObject({
        name: 'ScanWriterError',
        retryable: true,
        message: expect.stringMatching(/No space left|disk is full/) as string,
      });
      expect(bench.budget.used).toBe(0);
      expect(exists(bench, `.${SCAN_FILE}.lock`)).toBe(false);
      const raw = fs.readFileSync(scanFile(bench)).toString('latin1');
      expect(raw).not.toContain('SUCCEEDED');
    },
  );

  it('is what is told, not what the source says when it is stopped for it', async () => {
    const bench = benchIn(temporaryMount('size=1m'), { budget: new ByteBudget(2 ** 24) });
    const events = eventsIn(bench.directory);
    const tooMuch = events.chunk(DIODE, 0, new Array<number>(200_000).fill(1));
    const source = sourceOf(events.started(), tooMuch, async (signal) => {
      await untilStopped(signal);
      throw new Error('the connection was closed');
    });
    const error = await failure(write(bench, source));
    expect(error).toMatchObject({ message: expect.stringMatching(/No space left|disk is full/) as string });
  });

  it('when only the end does not fit never says SUCCEEDED', async () => {
    const bench = benchIn(temporaryMount('size=1m'));
    const events = eventsIn(bench.directory, { notes: {} });
    const filler = path.join(bench.directory, 'filler');
    const metadata = { big: 'x'.repeat(400_000) };
    const end = eventsIn(bench.directory, { scan_meta_categories: ['mine'], mine: metadata });
    const seen: ScanProgress[] = [];
    const options = { ...bench.options, onProgress: (progress: ScanProgress) => seen.push(progress) };
    const source = sourceOf(
      events.started(),
      events.chunk(DIODE, 0, [1, 2, 3]),
      () => until(() => seen.length > 0),
      () => {
        fs.writeFileSync(filler, Buffer.alloc(700_000));
        return Promise.resolve();
      },
      events.ended('DONE', end.info),
    );
    expect(await failure(write({ ...bench, options }, source))).toMatchObject({ retryable: true });
    expect(fs.readFileSync(scanFile(bench)).toString('latin1')).not.toContain('SUCCEEDED');
    fs.rmSync(filler);
    const again = sourceOf(
      events.started(),
      events.chunk(DIODE, 0, [1, 2, 3]),
      events.ended('DONE', end.info),
    );
    expect(await write(bench, again)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('a source that is faster than the disk', () => {
  it('never has more in memory than the budget, and every point arrives', async () => {
    const LIMIT = 64 * 1024;
    const CHUNK = 1024;
    const budget = new ByteBudget(LIMIT);
    const bench = benchIn(undefined, { budget, flushMilliseconds: 5 });
    const events = eventsIn(bench.directory);
    let most = 0;
    const chunks = 600;
    const source = async function* (): AsyncGenerator<ScanEvent> {
      yield events.started();
      for (let n = 0; n < chunks; n++) {
        most = Math.max(most, budget.used);
        const values = Array.from({ length: CHUNK / 8 }, (_, i) => (n * CHUNK) / 8 + i);
        yield await Promise.resolve(events.chunk(DIODE, (n * CHUNK) / 8, values));
      }
      yield events.ended();
    };
    const outcome = await write(bench, source);
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', channels: [{ received: (chunks * CHUNK) / 8 }] });
    expect(most).toBeLessThanOrEqual(LIMIT);
    expect(most).toBeGreaterThan(LIMIT / 2);
    expect(budget.used).toBe(0);
  });

  it('goes on although a point alone is larger than the budget, and no tick is near', async () => {
    const bench = benchIn(undefined, { budget: new ByteBudget(10), flushMilliseconds: 1e8 });
    const events = eventsIn(bench.directory);
    const chunks = [0, 1, 2, 3].map((n) => events.chunk(DIODE, 3 * n, [n, n, n]));
    const outcome = await write(bench, sourceOf(events.started(), ...chunks, events.ended()));
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', channels: [{ received: 12 }] });
  });
});
