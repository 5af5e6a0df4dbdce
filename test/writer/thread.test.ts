import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { FileSystemThreads } from '../../src/writer/index.js';
import { canMount, temporaryMount } from '../support/mounts.js';
import { DIRECTORIES, temporaryDirectory } from './files/support.js';

function threadsOfTest(): FileSystemThreads {
  const threads = new FileSystemThreads();
  onTestFinished(() => threads.close());
  return threads;
}

afterEach(() => {
  vi.restoreAllMocks();
});

const file = (directory: string, name = 'x.h5'): string => path.join(directory, name);

describe('the threads of file systems', () => {
  it('are one for all files of a file system, also of directories to be made', async () => {
    const threads = threadsOfTest();
    const [a, b] = [temporaryDirectory(), temporaryDirectory()];
    const wanted = [file(a), file(b), file(a, 'new/deeper/x.h5'), file(a, 'y.h5')];
    const found = await Promise.all(wanted.map((target) => threads.of(target)));
    expect(new Set(found).size).toBe(1);
    expect(await threads.of(file(b, 'z.h5'))).toBe(found[0]);
  });

  it.runIf(canMount)('are one for each file system', async () => {
    const threads = threadsOfTest();
    const directories = [temporaryDirectory(), temporaryMount('size=1m'), temporaryMount('size=1m')];
    const found = await Promise.all(directories.map((directory) => threads.of(file(directory))));
    expect(new Set(found).size).toBe(3);
    expect(await threads.of(file(directories[1] ?? ''))).toBe(found[1]);
  });

  it('are asked with one thread where files are, however many want to know', async () => {
    const threads = threadsOfTest();
    let started = 0;
    const count = (): void => void (started += 1);
    process.on('worker', count);
    onTestFinished(() => void process.off('worker', count));
    const parent = temporaryDirectory();
    const found = await Promise.all(
      Array.from({ length: 20 }, (_, n) => threads.of(file(parent, `${n}/x.h5`))),
    );
    expect(new Set(found).size).toBe(1);
    // One that became the thread of the file system, one that asks, and some when that is slow.
    expect(started).toBeLessThan(10);
  });

  it('are no more than there are file systems when nobody asks', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const threads = threadsOfTest();
    const workers: Worker[] = [];
    const note = (worker: Worker): void => void workers.push(worker);
    process.on('worker', note);
    onTestFinished(() => void process.off('worker', note));
    const directory = temporaryDirectory();
    const thread = await threads.of(file(directory, 'a.h5'));
    await threads.of(file(directory, 'b.h5'));
    expect(workers).toHaveLength(2);
    const ended = once(workers[1] ?? process, 'exit');
    vi.advanceTimersByTime(10_000);
    await ended;
    expect(await threads.of(file(directory, 'c.h5'))).toBe(thread);
    expect(workers).toHaveLength(3);
  });

  it('do not wait for a file system that does not answer', async () => {
    const threads = threadsOfTest();
    const [hung, well] = [temporaryDirectory(), temporaryDirectory()];
    let questions = 0;
    const send = Object.getOwnPropertyDescriptor(Worker.prototype, 'postMessage')
      ?.value as Worker['postMessage'];
    vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, ...args) {
      if (!JSON.stringify(args).includes(hung)) send.apply(this, args);
      else questions += 1;
    });
    const stuck = Array.from({ length: 3 }, (_, n) => threads.of(file(hung, `${n}.h5`)));
    for (const one of stuck) one.catch(() => undefined);
    const thread = await threads.of(file(well));
    expect(await threads.of(file(well, 'new/y.h5'))).toBe(thread);
    expect(questions).toBe(1);
  });

  it('are replaced when they die; what they were asked fails and says what to do', async () => {
    const threads = threadsOfTest();
    const directory = temporaryDirectory();
    const created = once(process, 'worker') as Promise<[Worker]>;
    const first = await threads.of(file(directory));
    const [worker] = await created;
    // The thread may answer before it ends; a question that does not reach it is lost for sure.
    vi.spyOn(worker, 'postMessage').mockImplementation(() => undefined);
    const lost = first.call('device', [directory]);
    await worker.terminate();
    await expect(lost).rejects.toMatchObject({
      tag: 'hdf5',
      message: expect.stringContaining('start the writer again') as string,
    });
    await expect(first.call('device', [directory])).rejects.toMatchObject({ tag: 'hdf5' });
    expect(first.hasEnded).toBe(true);
    const second = await threads.of(file(directory));
    expect(second).not.toBe(first);
    expect(await second.call('device', [directory])).toBeGreaterThan(0);
  });

  it('pass on what went wrong as it was', async () => {
    const threads = threadsOfTest();
    const thread = await threads.of(file(temporaryDirectory()));
    const root = '/nowhere/at/all';
    const scan = { dbName: 's', startTimestamp: 1 };
    const rest = { scan, force: false, directories: DIRECTORIES, layout: '' };
    const request = { file: `${root}/x.h5`, roots: [root], ...rest };
    await expect(thread.call('claim', [request])).rejects.toMatchObject({
      name: 'ScanWriterError',
      tag: 'target',
      retryable: true,
      subject: root,
    });
    await expect(thread.call('hash', [99, []])).rejects.toThrow('no open file 99');
  });

  it('refuse what cannot be sent to them and go on', async () => {
    const threads = threadsOfTest();
    const directory = temporaryDirectory();
    const thread = await threads.of(file(directory));
    const unsendable = (() => undefined) as unknown as string;
    await expect(thread.call('device', [unsendable])).rejects.toThrow();
    expect(await thread.call('device', [directory])).toBeGreaterThan(0);
  });

  it('that were closed do nothing more, and say so', async () => {
    const threads = new FileSystemThreads();
    const directory = temporaryDirectory();
    const thread = await threads.of(file(directory));
    await threads.close();
    await expect(thread.call('device', [directory])).rejects.toMatchObject({ tag: 'target' });
    await expect(threads.of(file(directory))).rejects.toMatchObject({ tag: 'target' });
  });
});
