import { statSync } from 'node:fs';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadHdf5, type Hdf5File, type Hdf5Library } from '../../src/writer/index.js';
import { filesBelow, mapTo } from '../support/acceptance.js';
import { scanWriter, startScanWriter, type RunningCli } from '../support/cli.js';
import { flush, replayPart } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../support/testRedis.js';

const LOOPSCAN = 'inhse_session:mnt:beamline00:loopscan:1_loopscan';
/** Whether points are in a file that is being written: what is just changed may not be readable. */
function hasRows(hdf5: Hdf5Library, file: string): boolean {
  let opened: Hdf5File | undefined;
  try {
    opened = hdf5.openForReading(file);
    const { length } = opened
      .names('/1.1/measurement')
      .filter((name) => opened?.shapeOf(`/1.1/measurement/${name}`)[0] !== 0);
    return length > 0;
  } catch {
    return false;
  } finally {
    opened?.close();
  }
}

const PUBLISHER = 'beamline-host:4711';

describe.skipIf(!hasRedis())('a scan', () => {
  let redis: TestRedis;
  let url: string;
  let directory: string;
  let state: string;
  const running: RunningCli[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    url = `${redis.url}/1`;
  });
  beforeEach(async () => {
    await flush(url);
    directory = await scratchDirectory();
    state = path.join(await scratchDirectory(), 'state');
  });
  afterEach(async () => {
    for (const writer of running.splice(0)) await writer.end('SIGKILL');
  });
  afterAll(() => redis.stop());

  const start = async (...options: string[]): Promise<RunningCli> => {
    const args = ['run', '--all-sessions', '--redis', url, '--map', mapTo(directory), '--state', state];
    const writer = startScanWriter([...args, '--flush', '50ms', ...options]);
    running.push(writer);
    await writer.waitFor('following');
    return writer;
  };
  const scanFiles = (): Promise<string[]> => filesBelow(directory, /_scan\d+.*\.h5$/);
  const onlyFile = async (): Promise<string> => {
    const [file = '', ...others] = await scanFiles();
    expect(others).toEqual([]);
    return file;
  };
  const writerWords = async (): Promise<(string | undefined)[]> => {
    const file = (await loadHdf5()).openForReading(await onlyFile());
    try {
      return ['status', 'message'].map((word) => file.readText(`/1.1/writer/${word}`));
    } finally {
      file.close();
    }
  };
  const rowsAppear = async (): Promise<void> => {
    const hdf5 = await loadHdf5();
    for (;;) {
      const [file] = await scanFiles();
      if (file !== undefined && hasRows(hdf5, file)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  /** Every value, count and link as published. */
  const verify = async (): Promise<void> => {
    const { status, stderr } = await scanWriter([
      'verify',
      LOOPSCAN,
      '--redis',
      url,
      '--map',
      mapTo(directory),
    ]);
    expect([status, stderr]).toEqual([0, expect.any(String)]);
  };

  it('whose publisher is gone is abandoned, and taken up when more comes', async () => {
    const writer = await start('--quiet', '1s');
    await replayPart(url, 'loopscan', 0, 0.7);
    await writer.waitFor(`${LOOPSCAN} ABANDONED`);
    expect(await writerWords()).toEqual(['ABANDONED', expect.stringContaining('no end in Redis')]);
    await replayPart(url, 'loopscan', 0.7, 1);
    await writer.waitFor(`${LOOPSCAN} SUCCEEDED`);
    await verify();
    expect(await filesBelow(directory, /^\.|_earlier/)).toEqual([]);
  });

  it('that was abandoned is left as it is at the next start, until more comes', async () => {
    const first = await start('--quiet', '1s');
    await replayPart(url, 'loopscan', 0, 0.7);
    await first.waitFor(`${LOOPSCAN} ABANDONED`);
    await first.end('SIGTERM');
    const { ino, mtimeMs } = statSync(await onlyFile());
    const second = await start('--quiet', '1s');
    await second.waitFor(`${LOOPSCAN} found`);
    await second.end('SIGTERM');
    expect(statSync(await onlyFile())).toMatchObject({ ino, mtimeMs });
    await replayPart(url, 'loopscan', 0.7, 1);
    await (await start()).waitFor(`${LOOPSCAN} SUCCEEDED`);
    await verify();
  });

  it('whose publisher is connected may count for as long as it likes', async () => {
    const publisher = new Redis(url, { connectionName: PUBLISHER });
    try {
      await publisher.ping();
      const writer = await start('--quiet', '1s');
      await replayPart(url, 'loopscan', 0, 0.7);
      await rowsAppear();
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      expect((await writerWords())[0]).toBe('RUNNING');
      publisher.disconnect();
      await writer.waitFor(`${LOOPSCAN} ABANDONED`);
    } finally {
      publisher.disconnect();
    }
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('is gone on with in its file after %s', async (signal) => {
    const first = await start();
    await replayPart(url, 'loopscan', 0, 0.7);
    await rowsAppear();
    await first.end(signal);
    const { ino } = statSync(await onlyFile());
    const second = await start();
    await replayPart(url, 'loopscan', 0.7, 1);
    await second.waitFor(`${LOOPSCAN} SUCCEEDED`);
    expect(statSync(await onlyFile()).ino).toBe(ino);
    await verify();
    expect(await filesBelow(directory, /^\.|_earlier/)).toEqual([]);
  });

  it('that Redis has lost meanwhile gets an end with what had come', async () => {
    const first = await start();
    await replayPart(url, 'loopscan', 0, 0.7);
    await rowsAppear();
    await first.end('SIGKILL');
    await flush(url);
    await replayPart(url, 'ct', 0, 1);
    const second = await start('--session', 'inhse_session');
    await second.waitFor('Redis holds the scan no more');
    const file = (await scanFiles()).find((name) => name.includes('loopscan')) ?? '';
    const opened = (await loadHdf5()).openForReading(file);
    const words = ['status', 'message'].map((word) => opened.readText(`/1.1/writer/${word}`));
    opened.close();
    expect(words).toEqual(['ABANDONED', expect.stringContaining('Redis held the scan no more')]);
    expect(await filesBelow(path.dirname(file), /^\./)).toEqual([]);
    expect((await scanWriter(['verify', file])).status).toBe(0);
    expect((await scanWriter(['check', file])).status).toBe(0);
  });
});
