import { stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mapTo } from '../support/acceptance.js';
import { startScanWriter } from '../support/cli.js';
import { hasReaders, runReader } from '../support/python.js';
import { replayAll } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../support/testRedis.js';

interface Growing {
  readonly attempts: Record<string, number>;
  readonly lengths: number[];
  readonly problems: string[];
}

/** a2scan takes 7 s for its 10 points. */
describe.skipIf(!hasRedis() || !hasReaders())('a file while it is written', () => {
  let redis: TestRedis;
  let url: string;

  beforeAll(async () => {
    redis = await startRedis();
    url = `${redis.url}/1`;
  });
  afterAll(() => redis.stop());

  it('opens in every reader, directly and through its master, and only grows', async () => {
    const directory = await scratchDirectory();
    const writer = startScanWriter(['run', '--all-sessions', '--redis', url, '--map', mapTo(directory)]);
    await writer.waitFor('following');
    const folder = path.join(directory, 'a2scan/inhse_session');
    const looks = ['data_scan0001.h5', 'data.h5'].map((name) =>
      runReader('read_growing.py', [path.join(folder, name), '1.1', '9']),
    );
    await replayAll(url, ['a2scan'], 1);
    for (const look of await Promise.all(looks)) {
      expect(look.status, look.stdout + look.stderr).toBe(0);
      const seen = JSON.parse(look.stdout) as Growing;
      // Started on nothing, saw it on its way, and ended with all points.
      expect(seen.lengths.at(-1)).toBe(10);
      expect(seen.lengths.length).toBeGreaterThan(3);
      expect(Math.min(...Object.values(seen.attempts))).toBeGreaterThan(5);
    }
    await writer.end('SIGTERM');
    const { mode } = await stat(path.join(folder, 'data_scan0001.h5'));
    expect((mode & 0o777).toString(8)).toBe('444');
  });
});
