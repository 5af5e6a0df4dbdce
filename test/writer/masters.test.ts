import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MasterRequest } from '../../src/writer/files/index.js';
import { Masters } from '../../src/writer/index.js';
import type { FileSystemThread } from '../../src/writer/thread/index.js';
import { DIRECTORIES, FILES } from './files/support.js';

/** Stands for the thread and notes what it is asked; `answer` says how it comes out. */
function fakeThread(answer: () => Promise<string> = () => Promise.resolve('done')) {
  const requests: MasterRequest[] = [];
  const call = async (_: string, [request]: [MasterRequest]): Promise<string> => {
    requests.push(request);
    return answer();
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
    const { requests, thread } = fakeThread(() =>
      fails ? Promise.reject(new Error('disk full')) : Promise.resolve('done'),
    );
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
});
