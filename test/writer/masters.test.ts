import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MasterRequest } from '../../src/writer/files/index.js';
import { Masters } from '../../src/writer/index.js';
import type { FileSystemThread } from '../../src/writer/thread/index.js';
import { DIRECTORIES, FILES } from './files/support.js';

interface Answers {
  /** How an update comes out: how long it kept the thread. */
  readonly update?: () => Promise<number>;
  /** Masters that have all links already. */
  readonly complete?: readonly string[];
}

/** Stands for the thread and notes which updates it is asked for. */
function fakeThread({ update = () => Promise.resolve(1), complete = [] }: Answers = {}) {
  const requests: MasterRequest[] = [];
  const call = async (method: string, [request]: [MasterRequest]): Promise<unknown> => {
    if (method === 'findLinks') return complete.includes(request.master) ? request.master : undefined;
    requests.push(request);
    return { master: 'done', milliseconds: await update() };
  };
  return { requests, thread: { call } as unknown as FileSystemThread };
}

function request(master: string, ...names: string[]): MasterRequest {
  const links = names.map((name) => ({ name, file: `${name}.h5`, target: `/${name}`, startTimestamp: 1 }));
  const words = { creatorVersion: 'v', fileTime: 't', directories: DIRECTORIES, files: FILES };
  return { master, roots: [], links, ...words };
}

const namesOf = ({ links }: MasterRequest): string[] => links.map(({ name }) => name);

describe('masters', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('are written at once, and then once a second with all that came, in the order in which it came', async () => {
    const { requests, thread } = fakeThread();
    const masters = new Masters();
    await masters.update(thread, request('m', '1.1'));
    expect(requests.map(namesOf)).toEqual([['1.1']]);
    const later = ['2.1', '3.1', '4.1'].map((name) => masters.update(thread, request('m', name)));
    await vi.advanceTimersByTimeAsync(900);
    expect(requests).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(requests.map(namesOf)).toEqual([['1.1'], ['2.1', '3.1', '4.1']]);
    expect(await Promise.all(later)).toEqual(['done', 'done', 'done']);
    const again = masters.update(thread, request('m', '5.1'));
    await vi.advanceTimersByTimeAsync(1_000);
    await again;
    expect(requests).toHaveLength(3);
  });

  it('do not wait for each other', async () => {
    const { requests, thread } = fakeThread();
    const masters = new Masters();
    await Promise.all(['a', 'b'].map((name) => masters.update(thread, request(name, '1.1'))));
    expect(requests).toHaveLength(2);
  });

  it('are written at once again after a second of peace', async () => {
    const { requests, thread } = fakeThread();
    const masters = new Masters();
    await masters.update(thread, request('m', '1.1'));
    await vi.advanceTimersByTimeAsync(1_001);
    await masters.update(thread, request('m', '2.1'));
    expect(requests).toHaveLength(2);
  });

  it('do not wait for hours when somebody sets the clock back', async () => {
    const { requests, thread } = fakeThread();
    const masters = new Masters();
    await masters.update(thread, request('m', '1.1'));
    vi.setSystemTime(Date.now() - 3_600_000);
    const later = masters.update(thread, request('m', '2.1'));
    await vi.advanceTimersByTimeAsync(1_000);
    await later;
    expect(requests).toHaveLength(2);
  });

  it('that fail say so to everybody who waited, and are tried again with the next', async () => {
    let fails = true;
    const update = (): Promise<number> =>
      fails ? Promise.reject(new Error('disk full')) : Promise.resolve(1);
    const { requests, thread } = fakeThread({ update });
    const masters = new Masters();
    await expect(masters.update(thread, request('m', '1.1'))).rejects.toThrow('disk full');
    const waiting = ['2.1', '3.1'].map(async (name) => {
      await expect(masters.update(thread, request('m', name))).rejects.toThrow('disk full');
    });
    await vi.advanceTimersByTimeAsync(1_000);
    await Promise.all(waiting);
    fails = false;
    const last = masters.update(thread, request('m', '4.1'));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await last).toBe('done');
    expect(requests).toHaveLength(3);
  });

  it('that take long are written less often, so that their share of the time stays small', async () => {
    const { requests, thread } = fakeThread({ update: () => Promise.resolve(200) });
    const masters = new Masters();
    await masters.update(thread, request('m', '1.1'));
    const later = masters.update(thread, request('m', '2.1'));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(requests).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_100);
    await later;
    expect(requests).toHaveLength(2);
  });

  it('wait half a minute at most, however long the disk stood still', async () => {
    const { requests, thread } = fakeThread({ update: () => Promise.resolve(3_600_000) });
    const masters = new Masters();
    await masters.update(thread, request('m', '1.1'));
    const later = masters.update(thread, request('m', '2.1'));
    await vi.advanceTimersByTimeAsync(30_100);
    await later;
    expect(requests).toHaveLength(2);
  });

  it('are not written while they are being written, and then with all that came meanwhile', async () => {
    const answers: (() => void)[] = [];
    const update = (): Promise<number> =>
      new Promise((resolve) => {
        answers.push(() => {
          resolve(1);
        });
      });
    const { requests, thread } = fakeThread({ update });
    const masters = new Masters();
    const all = ['1.1', '2.1', '3.1'].map((name) => masters.update(thread, request('m', name)));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(requests.map(namesOf)).toEqual([['1.1']]);
    answers[0]?.();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(requests.map(namesOf)).toEqual([['1.1'], ['2.1', '3.1']]);
    answers[1]?.();
    await Promise.all(all);
  });

  it('that have the links already are neither written nor waited for', async () => {
    const { requests, thread } = fakeThread({ complete: ['m'] });
    const masters = new Masters();
    expect(await masters.update(thread, request('m', '1.1'))).toBe('m');
    expect(await masters.update(thread, request('m', '1.1'))).toBe('m');
    expect(requests).toHaveLength(0);
  });

  it('are written at once when the writer is to stop, also those that come after that', async () => {
    const stop = new AbortController();
    const { requests, thread } = fakeThread({ update: () => Promise.resolve(1_000) });
    const masters = new Masters(stop.signal);
    await masters.update(thread, request('m', '1.1'));
    const later = ['2.1', '3.1'].map((name) => masters.update(thread, request('m', name)));
    await vi.advanceTimersByTimeAsync(10);
    expect(requests).toHaveLength(1);
    stop.abort();
    await vi.advanceTimersByTimeAsync(0);
    await Promise.all(later);
    await masters.update(thread, request('m', '4.1'));
    expect(requests.map(namesOf)).toEqual([['1.1'], ['2.1', '3.1'], ['4.1']]);
  });
});
