import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { filesBelow, mapTo } from '../support/acceptance.js';
import { scanWriter, startScanWriter, type RunningCli } from '../support/cli.js';
import { flush, replayAll } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../support/testRedis.js';

const CT = 'inhse_session:mnt:beamline00:ct:1_ct';
const LOOPSCAN = 'inhse_session:mnt:beamline00:loopscan:1_loopscan';

describe.skipIf(!hasRedis())('a service that starts again', () => {
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
    const writer = startScanWriter([...args, ...options]);
    running.push(writer);
    await writer.waitFor('following');
    return writer;
  };
  const files = async (): Promise<string[]> =>
    (await filesBelow(directory, /_scan\d+.*\.h5$/)).map((file) => path.relative(directory, file));

  it('writes what came and ended while it was away, and nothing twice', async () => {
    await (await start()).end('SIGTERM');
    await replayAll(url, ['ct', 'loopscan'], 0);
    const second = await start();
    await second.waitFor(`${CT} SUCCEEDED`);
    await second.waitFor(`${LOOPSCAN} SUCCEEDED`);
    await second.end('SIGTERM');
    const written = await files();
    expect(written).toHaveLength(2);
    const third = await start();
    await third.waitFor(`${CT} was written before`);
    await third.waitFor(`${LOOPSCAN} was written before`);
    expect((await third.end('SIGTERM')).status).toBe(0);
    expect(await files()).toEqual(written);
  });

  it('leaves scans alone that ended before its very first start, unless asked for more', async () => {
    await replayAll(url, ['ct'], 0);
    await (await start()).end('SIGTERM');
    expect(await files()).toEqual([]);
    await (await start()).end('SIGTERM');
    expect(await files()).toEqual([]);
    const asked = await start('--since', '2020-01-01');
    await asked.waitFor(`${CT} SUCCEEDED`);
    expect(await files()).toHaveLength(1);
  });

  it('does not make again what somebody moved away; backfill does', async () => {
    const first = await start('--since', '9999d');
    await replayAll(url, ['ct'], 0);
    await first.waitFor(`${CT} SUCCEEDED`);
    await first.end('SIGTERM');
    const [file = ''] = await files();
    renameSync(path.join(directory, file), path.join(directory, 'mine.h5'));
    const second = await start();
    await second.waitFor('was written before');
    await second.end('SIGTERM');
    expect(await files()).toEqual([]);
    const args = ['backfill', CT, '--redis', url, '--map', mapTo(directory)];
    expect((await scanWriter(args)).status).toBe(0);
    expect(await files()).toEqual([file]);
  });

  it('writes a scan anew that a killed one had begun, when it has ended meanwhile', async () => {
    const first = await start();
    const published = replayAll(url, ['loopscan'], 1);
    await first.waitFor(`${LOOPSCAN} found`);
    await first.end('SIGKILL');
    await published;
    const second = await start();
    await second.waitFor(`${LOOPSCAN} SUCCEEDED`);
    await second.end('SIGTERM');
    expect(await files()).toHaveLength(1);
    expect(await filesBelow(directory, /^\.|_earlier/)).toEqual([]);
  });

  it('writes what it had to refuse, once it may', async () => {
    const args = ['run', '--all-sessions', '--redis', url, '--root', directory, '--state', state];
    const first = startScanWriter(args);
    running.push(first);
    await first.waitFor('following');
    await replayAll(url, ['ct'], 0);
    await first.waitFor(`${CT} not written: `);
    await first.end('SIGTERM');
    await (await start()).waitFor(`${CT} SUCCEEDED`);
  });

  it('waits for a directory that is gone, and writes when it is back', async () => {
    const hidden = `${directory}-unmounted`;
    const writer = await start();
    renameSync(directory, hidden);
    await replayAll(url, ['loopscan'], 0);
    await writer.waitFor(`${LOOPSCAN} waits`);
    renameSync(hidden, directory);
    await writer.waitFor(`${LOOPSCAN} SUCCEEDED`);
    expect(await files()).toHaveLength(1);
  });

  it('says what is wrong with a state folder', async () => {
    writeFileSync(state, 'a file');
    const args = ['run', '--all-sessions', '--redis', url, '--map', mapTo(directory), '--state', state];
    const result = await scanWriter(args);
    expect(result.status).toBe(2);
    expect(result.stderr).toMatch(/state folder .* cannot be used: .* --state DIR/);
  });

  it('goes on with a memory whose last line was cut off', async () => {
    await (await start()).end('SIGTERM');
    writeFileSync(path.join(state, 'scans.jsonl'), '{"scan":"x","start":1,"fa', { flag: 'a' });
    await replayAll(url, ['ct'], 0);
    await (await start()).waitFor(`${CT} SUCCEEDED`);
  });

  const canMount = process.getuid?.() === 0 && existsSync('/bin/mount');
  it.runIf(canMount)('waits while the disk is full, and then writes every point', async () => {
    const disk = path.join(directory, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
    try {
      writeFileSync(path.join(disk, 'ballast'), Buffer.alloc(2 * 2 ** 20 - 64 * 1024));
      const args = ['run', '--all-sessions', '--redis', url, '--map', mapTo(disk), '--state', state];
      const writer = startScanWriter(args);
      running.push(writer);
      await writer.waitFor('following');
      await replayAll(url, ['mca'], 0);
      await writer.waitFor('waits');
      rmSync(path.join(disk, 'ballast'));
      await writer.waitFor('SUCCEEDED');
      const { stderr } = await writer.end('SIGTERM');
      expect(stderr).toMatch(/waits.*: .*disk is full/);
      expect(readdirSync(path.join(disk, 'mca/inhse_session'))).toEqual(['data.h5', 'data_scan0001.h5']);
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});
