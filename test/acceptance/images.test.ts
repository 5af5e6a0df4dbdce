import { rename } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyDetectorFiles, mapTo } from '../support/acceptance.js';
import { scanWriter, startScanWriter } from '../support/cli.js';
import { hasReaders, runPython } from '../support/python.js';
import { replayAll } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../support/testRedis.js';

const RECORDING = 'lima_hdf5_multi';
const SCAN = `inhse_session:mnt:beamline00:${RECORDING}:1_loopscan`;
const FOLDER = `${RECORDING}/inhse_session`;

/** Frames through a file of ours by h5py and by silx, and as they are in the detector's files. */
const READ = `
import glob, json, sys
import h5py, numpy, silx.io
name, detector = sys.argv[1:]
inner = "entry_0000/esrf-id00a/lima_simulator/data"
own = numpy.concatenate([h5py.File(f)[inner][()] for f in sorted(glob.glob(detector + "/*.h5"))])
seen = {"detector": list(own.shape)}
for reader, opener in (("h5py", h5py.File), ("silx", silx.io.open)):
    with opener(name, "r") if reader == "h5py" else opener(name) as h5:
        data = h5["1.1/measurement/lima_simulator"]
        seen[reader] = {"shape": list(data.shape), "equal": bool(numpy.array_equal(data[: len(own)], own[: len(data)])),
                        "interpretation": data.attrs["interpretation"]}
print(json.dumps(seen))
`;

describe.skipIf(!hasRedis() || !hasReaders())('images of a detector', () => {
  let redis: TestRedis;
  let url: string;

  beforeAll(async () => {
    redis = await startRedis();
    url = `${redis.url}/1`;
    await replayAll(url, [RECORDING], 0);
  });
  afterAll(() => redis.stop());

  it('are read through the file of the scan and through its master, also after the tree was moved', async () => {
    const directory = await scratchDirectory();
    await copyDetectorFiles(RECORDING, directory);
    expect(await scanWriter(['backfill', SCAN, '--redis', url, '--map', mapTo(directory)])).toMatchObject({
      status: 0,
    });
    const moved = path.join(await scratchDirectory(), 'moved');
    await rename(path.join(directory, FOLDER), moved);
    for (const name of ['data_scan0001.h5', 'data.h5']) {
      const result = await runPython(['-c', READ, path.join(moved, name), path.join(moved, 'scan0001')]);
      expect(result.status, result.stderr).toBe(0);
      const whole = { shape: [8, 64, 48], equal: true, interpretation: 'image' };
      expect(JSON.parse(result.stdout)).toEqual({ detector: [8, 64, 48], h5py: whole, silx: whole });
    }
  });

  it('are named when their files are not there', async () => {
    const directory = await scratchDirectory();
    await copyDetectorFiles(RECORDING, directory);
    const folder = path.join(directory, FOLDER, 'scan0001');
    await rename(path.join(folder, 'lima_simulator_0001.h5'), path.join(folder, 'elsewhere'));
    const result = await scanWriter(['backfill', SCAN, '--redis', url, '--map', mapTo(directory), '--json']);
    expect(result.status, result.stderr).toBe(4);
    expect(JSON.parse(result.stdout)).toMatchObject({
      status: 'INCOMPLETE',
      points: { 'lima_simulator:image': { expected: 8, received: 5 } },
      missing: [{ channel: 'lima_simulator:image', first: 3, count: 3 }],
    });
  });

  it('are not mentioned with --images none', async () => {
    const directory = await scratchDirectory();
    const args = ['backfill', SCAN, '--redis', url, '--map', mapTo(directory), '--images', 'none'];
    expect(await scanWriter(args)).toMatchObject({ status: 0 });
  });

  it('are waited for while the detector still writes them', async () => {
    const server = await startRedis();
    try {
      const live = `${server.url}/1`;
      const directory = await scratchDirectory();
      await copyDetectorFiles(RECORDING, directory);
      const late = path.join(directory, FOLDER, 'scan0001/lima_simulator_0002.h5');
      await rename(late, `${late}.part`);
      const writer = startScanWriter(['run', '--all-sessions', '--redis', live, '--map', mapTo(directory)]);
      await writer.waitFor('following');
      await replayAll(live, [RECORDING], 0);
      setTimeout(() => void rename(`${late}.part`, late), 2_500);
      await writer.waitFor('SUCCEEDED');
      expect(await writer.end('SIGTERM')).toMatchObject({ status: 0 });
    } finally {
      await server.stop();
    }
  });
});
