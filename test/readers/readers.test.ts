import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasReaders, runPython, runReader } from '../support/python.js';
import { recordingFolder } from '../support/recordings.js';

/** The scripts judge our files, so they are judged first: with files of the facility's own writer. */
describe.skipIf(!hasReaders())('the readers', () => {
  const reference = path.join(recordingFolder('loopscan'), 'reference');
  const file = 'loopscan/inhse_session/data.h5';
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'readers-'));
    await cp(reference, folder, { recursive: true });
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('see in PyMca what is in a scan', async () => {
    const { status, stdout, stderr } = await runReader('read_like_pymca.py', [path.join(reference, file)]);
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    const { entries } = JSON.parse(stdout) as { entries: Record<string, { counters: string[] }> };
    expect(entries['1.1']?.counters.length).toBeGreaterThan(0);
  });

  it('find no difference between equal files, and one that is there', async () => {
    const args = [recordingFolder('loopscan'), folder];
    expect(await runReader('compare_with_reference.py', args)).toMatchObject({ status: 0 });
    const change =
      'import sys, h5py\nwith h5py.File(sys.argv[1], "a") as f: f["1.1/title"][()] = "something else"';
    expect(await runPython(['-c', change, path.join(folder, file)])).toMatchObject({ status: 0 });
    expect(await runReader('compare_with_reference.py', args)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('/1.1/title') as string,
    });
    const pair = [path.join(reference, file), path.join(folder, file)];
    expect(await runReader('h5compare.py', pair)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('DIFF /1.1/title') as string,
    });
  });

  it('that hang are ended', async () => {
    const { status } = await runPython(['-c', 'import time; time.sleep(60)'], { timeoutMs: 300 });
    expect(status).toBeNull();
  });
});
