import { chmodSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { filesBelow, mapTo } from '../support/acceptance.js';
import { scanWriter, type CliResult } from '../support/cli.js';
import { hasReaders, runPython } from '../support/python.js';
import { recordingMeta } from '../support/recordings.js';
import { flush, replayAll } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../support/testRedis.js';

interface Verified {
  readonly compared: Record<string, number>;
  readonly differences: { channel: string; first: number; count: number; what: string }[];
}

describe.skipIf(!hasRedis() || !hasReaders())('verify', () => {
  let redis: TestRedis;
  let url: string;
  let directory: string;

  beforeAll(async () => {
    redis = await startRedis();
    url = `${redis.url}/1`;
  });
  beforeEach(async () => {
    await flush(url);
    directory = await scratchDirectory();
  });
  afterAll(() => redis.stop());

  const backfilled = async (
    recording: string,
    ...options: string[]
  ): Promise<[scan: string, file: string]> => {
    await replayAll(url, [recording], 0);
    const [scan] = recordingMeta(recording).scans;
    const args = ['backfill', scan?.db_name ?? '', '--redis', url, '--map', mapTo(directory), ...options];
    const { stderr, status } = await scanWriter(args);
    expect([0, 4], stderr).toContain(status);
    const [file = ''] = await filesBelow(directory, /_scan\d+\.h5$/);
    return [scan?.db_name ?? '', file];
  };
  const verify = (...args: string[]): Promise<CliResult> =>
    scanWriter(['verify', '--redis', url, '--map', mapTo(directory), ...args]);
  const found = (result: CliResult): Verified => JSON.parse(result.stdout) as Verified;
  const change = async (file: string, script: string): Promise<void> => {
    chmodSync(file, 0o644);
    const { stderr } = await runPython([
      '-c',
      `import h5py, sys\nf = h5py.File(sys.argv[1], 'r+')\n${script}`,
      file,
    ]);
    expect(stderr).toBe('');
  };

  it.each([
    ['loopscan', []],
    ['mca', ['--compression', 'bitshuffle']],
    ['amesh', ['--keep-shape']],
    ['ct', ['--scalar-ct']],
    ['dtypes_plain', ['--generic']],
    ['multi_top_master', []],
    ['more_points', []],
  ])('finds no difference in %s, written with %j', async (recording, options) => {
    const [scan, file] = await backfilled(recording, ...options);
    for (const subject of [scan, file]) {
      const result = await verify(subject, '--json');
      expect(result, result.stdout).toMatchObject({ status: 0, stderr: '' });
      const { compared, differences } = found(result);
      expect(differences).toEqual([]);
      expect(Object.values(compared).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    }
  });

  it('takes what Redis has lost as it is', async () => {
    const [scan] = await backfilled('trimmed_slow_reader');
    expect(await verify(scan)).toMatchObject({ status: 0 });
  });

  it('names the points that are not as they were published', async () => {
    const [scan, file] = await backfilled('loopscan');
    await change(file, `f['1.1/measurement/diode3'][2:4] += 1e-9`);
    const result = await verify(scan, '--json');
    expect(result.status).toBe(5);
    const [different, changed] = found(result).differences;
    expect(different).toMatchObject({ first: 2, count: 2, what: 'not as it was published' });
    expect(different?.channel).toContain('diode3');
    expect(changed?.what).toContain('changed or damaged');
  });

  it('misses points, links and datasets', async () => {
    const [scan, file] = await backfilled('loopscan');
    await change(
      file,
      `f['1.1/instrument/diode3/data'].resize((1,))
del f['1.1/measurement/epoch']
del f['1.1/instrument/elapsed_time/value']`,
    );
    const { stdout, status } = await verify(scan);
    expect(status).toBe(5);
    expect(stdout).toMatch(/diode3, points 1 to \d+: not as it was published/);
    expect(stdout).toMatch(/timer:epoch: no link in measurement/);
    expect(stdout).toMatch(/timer:elapsed_time, points 0 to \d+: not as it was published/);
  });

  it('holds a file against its own hashes once Redis has forgotten the scan', async () => {
    const [scan, file] = await backfilled('mca');
    await flush(url);
    const whole = await verify(file);
    expect(whole).toMatchObject({ status: 0, stdout: '' });
    expect(whole.stderr).toMatch(/Only held against its own hashes.*not in Redis/);
    expect((await scanWriter(['verify', file, '--redis', 'redis://127.0.0.1:1/1'])).status).toBe(0);
    await change(file, `f['1.1/instrument/simu1_det0/data'][1, 7] += 1`);
    const changed = await verify(file);
    expect(changed.status).toBe(5);
    expect(changed.stdout).toMatch(/simu1:spectrum_det0: .*changed or damaged/);
    expect((await verify(scan)).status).toBe(3);
  });

  it('does not take another scan of the same name for it', async () => {
    const [scan, file] = await backfilled('loopscan');
    await change(file, `for e in f: f[e]['writer/start_timestamp'][()] = 5.0`);
    const result = await verify(file);
    expect(result).toMatchObject({ status: 0 });
    expect(result.stderr).toContain('another scan of the name');
    expect(await verify(scan)).toMatchObject({ status: 1 });
  });

  it.each([
    ['no such scan', 'nothing:here:1_x', 3, /not in Redis/],
    ['no such file', 'missing.h5', 1, /There is no file \S+\/missing\.h5/],
    ['a file that is not ours', 'foreign.h5', 1, /not the file of a scan that this program wrote/],
    ['what is no HDF5', 'text.h5', 1, /text\.h5/],
  ])('says what is wrong with %s', async (_, subject, status, sentence) => {
    await replayAll(url, ['ct'], 0);
    const script = `import h5py, sys
h5py.File(sys.argv[1] + '/foreign.h5', 'w').close(); open(sys.argv[1] + '/text.h5', 'w').write('text')`;
    await runPython(['-c', script, directory]);
    const isFile = subject.endsWith('.h5');
    const result = await verify(isFile ? path.join(directory, subject) : subject);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toMatch(sentence);
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
  });

  it('says that a scan has no file yet, and how to get one', async () => {
    await replayAll(url, ['ct'], 0);
    const [scan] = recordingMeta('ct').scans;
    const result = await verify(scan?.db_name ?? '');
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/no file of scan .*backfill/);
  });
});
