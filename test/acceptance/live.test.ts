import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  copyDetectorFiles,
  expectLikeReference,
  expectPyMcaSeesTheSame,
  filesBelow,
  mapTo,
} from '../support/acceptance.js';
import { LIVE_CASES } from '../support/cases.js';
import { scanWriter, startScanWriter, type CliResult } from '../support/cli.js';
import { hasReaders, runPython, runReader } from '../support/python.js';
import { recordingFolder, recordingMeta } from '../support/recordings.js';
import { replayAll } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../support/testRedis.js';

const SCAN_FILE = /_scan\d{4}\.h5$/;
const AT_RECORDED_PACE = 1;

const OF_ANOTHER_PYTHON = LIVE_CASES.filter((recording) => recording.endsWith('_protocol4'));
const OTHERS = LIVE_CASES.filter((recording) => !OF_ANOTHER_PYTHON.includes(recording));

/**
 * All recordings are published into one Redis at the same time, as parallel scans of one session are; those of another
 * Python version have the same names and go into another.
 */
describe.skipIf(!hasRedis() || !hasReaders()).each([
  ['recordings of Python 3.7', OTHERS],
  ['recordings of Python 3.11', OF_ANOTHER_PYTHON],
])('run while scans are published: %s', (_, cases) => {
  let redis: TestRedis;
  let url: string;
  let live: string;
  let ended: CliResult;

  beforeAll(async () => {
    redis = await startRedis();
    url = `${redis.url}/1`;
    live = await scratchDirectory();
    const writer = startScanWriter(['run', '--all-sessions', '--redis', url, '--map', mapTo(live)]);
    await writer.waitFor('following');
    for (const recording of cases) await copyDetectorFiles(recording, live);
    await replayAll(url, cases, AT_RECORDED_PACE);
    await allClosed(live, savedScans(cases));
    ended = await writer.end('SIGTERM');
  }, 150_000);
  afterAll(() => redis.stop());

  it('ends with 0 on SIGTERM', () => {
    expect(ended.status, ended.stderr).toBe(0);
  });

  it('leaves nothing but finished files', async () => {
    expect(await filesBelow(live, /^\.|\.(lock|tmp)$|_r\d+\.h5$|_earlier/)).toEqual([]);
  });

  it.each(cases)('writes %s as the reference writer does', async (recording) => {
    await expectLikeReference(recording, live);
  });

  it('writes the same data as a backfill', async () => {
    const backfilled = await scratchDirectory();
    for (const recording of cases) await copyDetectorFiles(recording, backfilled);
    const { stdout } = await scanWriter(['list', '--redis', url, '--json']);
    const { scans } = JSON.parse(stdout) as { scans: { scan: string; saved: boolean }[] };
    for (const { scan } of scans.filter(({ saved }) => saved)) {
      const result = await scanWriter(['backfill', scan, '--redis', url, '--map', mapTo(backfilled)]);
      expect(result.status, result.stderr).toBe(0);
    }
    const files = (await filesBelow(live, /\.h5$/)).filter((file) => !/\/scan\d{4}\//.test(file));
    expect(files).not.toHaveLength(0);
    for (const file of files) {
      const other = path.join(backfilled, path.relative(live, file));
      const result = await runReader('same_data.py', [file, other]);
      expect(result, `${file}\n${result.stdout}${result.stderr}`).toMatchObject({ status: 0 });
    }
  }, 300_000);

  it('makes files that h5dump reads', async () => {
    const files = await filesBelow(live, SCAN_FILE);
    const dump = `import subprocess, sys
for f in sys.argv[1:]: subprocess.run(["h5dump", "-H", f], check=True, stdout=subprocess.DEVNULL)`;
    expect(await runPython(['-c', dump, ...files])).toMatchObject({ status: 0 });
  });

  if (cases.includes('mca')) {
    it('shows PyMca spectra with live time', async () => {
      const mca = path.join(live, 'mca/inhse_session/data.h5');
      await expectPyMcaSeesTheSame(
        mca,
        path.join(recordingFolder('mca'), 'reference/mca/inhse_session/data.h5'),
      );
    });
  }
});

/** Waits until every scan's file is there and none is being written any more. */
async function allClosed(directory: string, scans: number): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const files = await filesBelow(directory, SCAN_FILE);
    const locks = await filesBelow(directory, /\.lock$/);
    if (files.length >= scans && locks.length === 0) return;
    if (Date.now() > deadline) throw new Error(`${files.length} of ${scans} files, ${locks.length} locks`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Scans that are saved: those that are not have names with a leading underscore. */
function savedScans(recordings: readonly string[]): number {
  const names = recordings.flatMap((recording) => recordingMeta(recording).scans.map(({ name }) => name));
  return names.filter((name) => !name.startsWith('_')).length;
}
