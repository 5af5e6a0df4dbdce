import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  compareWithReference,
  copyDetectorFiles,
  expectCompared,
  expectLikeReference,
  expectPyMcaSeesTheSame,
  expectSound,
  filesBelow,
  mapTo,
} from '../support/acceptance.js';
import {
  EQUAL_CASES,
  KNOWN_DIFFERENCES,
  LIVE_CASES,
  ODD_VALUES,
  UNKNOWN_VARIANTS,
  VARIANTS,
} from '../support/cases.js';
import { scanWriter } from '../support/cli.js';
import { hasReaders, runReader } from '../support/python.js';
import { hasRecording, recordingFolder } from '../support/recordings.js';
import { flush, replayAll } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../support/testRedis.js';

interface Listed {
  readonly scan: string;
  readonly saved: boolean;
}

describe.skipIf(!hasRedis() || !hasReaders())('backfill of recorded scans', () => {
  let redis: TestRedis;
  let url: string;
  let scratch: string;

  beforeAll(async () => {
    redis = await startRedis();
    url = `${redis.url}/1`;
    scratch = await scratchDirectory();
  });
  afterAll(() => redis.stop());

  /** Recordings of the same scan have the same paths: each gets a directory of its own. */
  const directoryOf = async (recording: string): Promise<string> => {
    const directory = path.join(scratch, recording);
    await mkdir(directory, { recursive: true });
    return directory;
  };

  /** @returns what was said of each saved scan */
  async function backfillAll(
    directory: string,
    options: readonly string[] = [],
  ): Promise<{ status: string }[]> {
    const { stdout } = await scanWriter(['list', '--redis', url, '--json']);
    const { scans } = JSON.parse(stdout) as { scans: Listed[] };
    expect(scans).not.toHaveLength(0);
    const outcomes: { status: string }[] = [];
    for (const { scan, saved } of scans) {
      const result = await scanWriter([
        'backfill',
        scan,
        '--redis',
        url,
        '--map',
        mapTo(directory),
        '--json',
        ...options,
      ]);
      if (!saved) {
        expect(result).toMatchObject({ status: 2, stdout: '' });
        expect(result.stderr).toContain('--output FILE');
        continue;
      }
      const outcome = JSON.parse(result.stdout) as { status: string };
      expect(result.status, result.stderr).toBe(outcome.status === 'SUCCEEDED' ? 0 : 4);
      outcomes.push(outcome);
    }
    return outcomes;
  }

  async function publish(recording: string, name = recording): Promise<string> {
    await flush(url);
    await replayAll(url, [recording], 0);
    const directory = await directoryOf(name);
    await copyDetectorFiles(recording, directory);
    return directory;
  }

  it.each(EQUAL_CASES)('writes %s as the reference writer does', async (recording) => {
    const directory = await publish(recording);
    for (const { status } of await backfillAll(directory)) expect(status).toBe('SUCCEEDED');
    await expectLikeReference(recording, directory);
    expect(await filesBelow(directory, /^\.|_r\d+\.h5$/)).toEqual([]);
  });

  it.each(KNOWN_DIFFERENCES)(
    'differs from the reference writer in $recording: $reason',
    async ({ recording, lines: allowed, said, status }) => {
      const directory = await publish(recording);
      expect((await backfillAll(directory)).map((outcome) => outcome.status)).toContain(status);
      const { lines } = await compareWithReference(recordingFolder(recording), directory);
      expect(lines.filter((line) => !allowed.test(line))).toEqual([]);
      await expectCompared(path.join(recordingFolder(recording), 'reference'), directory, said);
    },
  );

  it.each(ODD_VALUES)('stores every value of %s as it was published', async (recording) => {
    const directory = await publish(recording, `${recording} generic`);
    await backfillAll(directory, ['--generic']);
    const result = await runReader('published_values.py', [recordingFolder(recording), directory]);
    expect(result, result.stdout).toMatchObject({ status: 0, stderr: '' });
  });

  it('knows the options of every variant', () => {
    expect(UNKNOWN_VARIANTS).toEqual([]);
  });

  it.each(VARIANTS)(
    'writes $recording as the reference writer does with the options of $variant: $options',
    async ({ recording, variant, folder, options, allowed, said }) => {
      const directory = await publish(recording, `${recording}__${variant}`);
      for (const { status } of await backfillAll(directory, options)) expect(status).toBe('SUCCEEDED');
      const { lines } = await compareWithReference(folder, directory, `reference__${variant}`);
      expect(lines.filter((line) => !allowed.test(line))).toEqual([]);
      await expectCompared(path.join(folder, `reference__${variant}`), directory, said);
      await expectSound(recording, directory);
    },
  );

  it.each(LIVE_CASES)('shows PyMca all of %s', async (recording) => {
    const directory = await directoryOf(recording);
    const reference = path.join(recordingFolder(recording), 'reference');
    for (const file of await filesBelow(reference, /\.h5$/)) {
      const ours = path.join(directory, path.relative(reference, file));
      if (!existsSync(`${ours.slice(0, -'.h5'.length)}_scan0001.h5`)) continue;
      // The reference wrote no entry for a scan that failed so early.
      if (recording !== 'failing_before_prepared') await expectPyMcaSeesTheSame(ours, file);
    }
  });

  it('writes scans that were published at the same time', async () => {
    const parallel = ['loopscan', 'ascan', 'many_points_blocks'].filter(hasRecording);
    await flush(url);
    await replayAll(url, parallel, 0);
    const directory = await directoryOf('parallel');
    await backfillAll(directory);
    for (const recording of parallel) await expectLikeReference(recording, directory);
  });

  it("writes the beamline's times, whatever zone this machine is in", async () => {
    await flush(url);
    await replayAll(url, ['loopscan'], 0);
    const directory = await directoryOf('other-zone');
    const scan = 'inhse_session:mnt:beamline00:loopscan:1_loopscan';
    const args = ['backfill', scan, '--redis', url, '--map', mapTo(directory)];
    expect(await scanWriter(args, { TZ: 'Asia/Tokyo' })).toMatchObject({ status: 0 });
    await expectLikeReference('loopscan', directory);
  });
});
