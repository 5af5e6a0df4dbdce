import { mkdtempSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { filesBelow } from '../support/acceptance.js';
import { startScanWriter, type CliResult } from '../support/cli.js';
import { hasReaders, runReader } from '../support/python.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedisServer } from '../support/testRedis.js';

describe.skipIf(!hasRedisServer())('demo', () => {
  let folder: string;
  let results: CliResult[];

  /** Two at the same time in one folder, and temporary files where the test can see them. */
  beforeAll(async () => {
    folder = await scratchDirectory();
    const TMPDIR = await scratchDirectory();
    const demos = [0, 1].map(() => startScanWriter(['demo'], { TMPDIR }, folder));
    results = await Promise.all(demos.map((demo) => demo.end()));
    expect(await readdir(TMPDIR)).toEqual([]);
  }, 70_000);

  it('ends by itself with 0 and says how to open what it wrote', () => {
    for (const { status, stdout, stderr } of results) {
      expect(status, stderr).toBe(0);
      expect(stdout).toMatch(/ascan.*SUCCEEDED[\s\S]*mca.*SUCCEEDED/);
      expect(stdout).toMatch(/simu1_det0: data \(5 x 1024\)/);
      for (const reader of ['pymca', 'silx view', 'h5py.File']) expect(stdout).toContain(reader);
    }
  });

  it('writes beside what another demo wrote', async () => {
    expect((await readdir(folder)).sort()).toEqual(['scan-writer-demo', 'scan-writer-demo-2']);
    expect(await filesBelow(folder, /_scan0001\.h5$/)).toHaveLength(4);
    expect(await filesBelow(folder, /^\./)).toEqual([]);
  });

  it.skipIf(!hasReaders())('writes files that PyMca reads', async () => {
    const file = path.join(folder, 'scan-writer-demo/ascan/inhse_session/data.h5');
    const seen = await runReader('read_like_pymca.py', [file]);
    expect(seen.status, seen.stderr).toBe(0);
    expect(JSON.parse(seen.stdout)).toMatchObject({ entries: { '1.1': { scanned: ['robx'] } } });
  });

  it('is stopped by Ctrl-C without leaving a process', async () => {
    const empty = await scratchDirectory();
    const TMPDIR = mkdtempSync(path.join(empty, 'tmp-'));
    const demo = startScanWriter(['demo'], { TMPDIR }, empty);
    await demo.waitFor('A BLISS session scans');
    const { status, stderr } = await demo.end('SIGINT');
    expect(status, stderr).toBe(0);
    expect(await readdir(TMPDIR)).toEqual([]);
    expect(await processesNaming(TMPDIR)).toEqual([]);
  });

  it('says how to get a redis-server where there is none', async () => {
    const { status, stdout, stderr } = await startScanWriter(['demo'], { PATH: '/nowhere' }).end();
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(
      /^scan-writer: The demo needs a redis-server.*apt-get install redis-server.*\.\n$/,
    );
  });
});

/** Command lines of this machine's processes that have a text in them. */
async function processesNaming(text: string): Promise<string[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(text));
}
