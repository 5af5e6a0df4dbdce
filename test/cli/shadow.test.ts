import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compareWithReference, filesBelow } from '../support/acceptance.js';
import { scanWriter, startScanWriter } from '../support/cli.js';
import { hasRecording, recordingFolder } from '../support/recordings.js';
import { flush, replayAll } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../support/testRedis.js';

/** How many of their scans are saved, and what may differ; each has masters or images of its own kind. */
const RECORDINGS: readonly (readonly [string, number, RegExp])[] = [
  ['ascan', 1, /^$/],
  ['lima_hdf5_multi', 1, /^$/],
  // Names of files, which are not beside ours.
  ['lima_edf_single', 1, /lima_simulator2\/data: .*scan0001\/lima_simulator2_0000\.edf::0/],
  ['policy', 4, /^$/],
];

describe.skipIf(!hasRedis())('run --shadow', () => {
  let redis: TestRedis;
  let url: string;
  let place: string;

  beforeAll(async () => {
    redis = await startRedis();
    url = `${redis.url}/1`;
  });
  beforeEach(async () => {
    await flush(url);
    place = await scratchDirectory();
  });
  afterAll(() => redis.stop());

  it.each(RECORDINGS.filter(([recording]) => hasRecording(recording)))(
    'writes %s beside the files of another writer, which stay as they are',
    async (recording, count, allowed) => {
      const [data, home, shadow] = ['data', 'home', 'shadow'].map((name) => path.join(place, name));
      if (data === undefined || home === undefined || shadow === undefined) return;
      cpSync(path.join(recordingFolder(recording), 'reference'), data, { recursive: true });
      mkdirSync(home);
      mkdirSync(shadow);
      for (const { name } of listing(data))
        chmodSync(path.join(data, name), name.endsWith('.h5') ? 0o444 : 0o555);
      const before = [...listing(data), ...listing(home)];

      // Without XDG_STATE_HOME it would remember in the home directory.
      const env = { HOME: home, XDG_STATE_HOME: '', TMPDIR: home };
      // What names directories for good is in the configuration already.
      const options = ['--root', data, '--map', `/mnt/beamline00=${data}`, '--accept-writer', 'nobody'];
      const writer = startScanWriter(
        ['run', '--all-sessions', '--redis', url, '--shadow', shadow, ...options],
        env,
      );
      await writer.waitFor('following');
      await replayAll(url, [recording], 0);
      const memory = path.join(shadow, '.scan-writer', 'scans.jsonl');
      await expect.poll(() => doneIn(memory), { timeout: 40_000 }).toBe(count);
      expect((await writer.end('SIGTERM')).status).toBe(0);

      expect([...listing(data), ...listing(home)]).toEqual(before);
      const mirror = path.join(shadow, 'mnt', 'beamline00');
      expect(await filesBelow(mirror, /_scan\d+\.h5$/)).toHaveLength(count);
      const { lines } = await compareWithReference(recordingFolder(recording), mirror);
      expect(lines.filter((line) => !allowed.test(line))).toEqual([]);
    },
  );

  it('wants its directory to be there', async () => {
    const missing = path.join(place, 'missing');
    const { status, stderr } = await scanWriter([
      'run',
      '--all-sessions',
      '--redis',
      url,
      '--shadow',
      missing,
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain(`${missing} does not exist: make it, or mount its disk`);
    expect(readdirSync(place)).toEqual([]);
  });
});

/** How many scans a service remembers as done. */
function doneIn(memory: string): number {
  return readFileSync(memory, 'utf8').split('"fate":"done"').length - 1;
}

interface Listed {
  readonly name: string;
  readonly facts: readonly (number | bigint)[];
}

/** All below a directory and itself, with what changes when somebody writes. */
function listing(directory: string): Listed[] {
  const names = ['.', ...readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()];
  return names.map((name) => {
    const { ino, size, mode, nlink, mtimeNs, ctimeNs } = lstatSync(path.join(directory, name), {
      bigint: true,
    });
    return { name, facts: [ino, size, mode, nlink, mtimeNs, ctimeNs] };
  });
}
