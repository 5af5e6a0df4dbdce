import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareWithReference, copyDetectorFiles, mapTo } from '../support/acceptance.js';
import { scanWriter } from '../support/cli.js';
import { hasReaders, runPython } from '../support/python.js';
import { recordingFolder } from '../support/recordings.js';
import { replayAll } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../support/testRedis.js';

const EDF = 'lima_edf_single';
const HDF5 = 'lima_hdf5_multi';
const scanOf = (recording: string): string => `inhse_session:mnt:beamline00:${recording}:1_loopscan`;

/**
 * Images in a file of ours by h5py, silx and PyMca, held against those that fabio and PyMca read in the EDF files that
 * the reference writer lists.
 */
const READ = `
import json, os, sys
import h5py, numpy, fabio, silx.io
from silx.gui.data.DataViews import DataInfo
from PyMca5.PyMcaIO import EdfFile
from PyMca5.PyMcaIO.HDF5Stack1D import HDF5Stack1D
name, reference, folder = sys.argv[1:]
with h5py.File(reference, "r") as h5:
    listed = [text.decode() for text in h5["1.1/instrument/lima_simulator2/data"][()]]
by_fabio, by_pymca = [], []
for text in listed:
    file, index = text.split("::")
    with fabio.open(os.path.join(folder, file)) as image: by_fabio.append(image.get_frame(int(index)).data)
    by_pymca.append(EdfFile.EdfFile(os.path.join(folder, file), "rb").GetData(int(index)))
own = numpy.array(by_fabio)
seen = {"detector": list(own.shape), "readers": numpy.array_equal(own, numpy.array(by_pymca))}
path = "1.1/measurement/lima_simulator2"
with h5py.File(name, "r") as h5:
    data = h5[path]
    seen["h5py"] = {"equal": numpy.array_equal(data[()], own), "dtype": str(data.dtype), "same_dtype": data.dtype == own.dtype,
                    "interpretation": data.attrs["interpretation"], "path": h5["1.1/measurement"].get("lima_simulator2", getlink=True).path}
    files = h5["1.1/instrument/lima_simulator2/data_files"][()]
    seen["files"] = [text.decode() for text in files] == listed
with silx.io.open(name) as h5:
    info = DataInfo(h5[path])
    seen["silx"] = {"equal": numpy.array_equal(h5[path][()], own), "interpretation": info.interpretation, "ndim": info.dim}
stack = HDF5Stack1D([name], {"entry": ["/1.1"], "y": "/measurement/lima_simulator2", "x": [], "m": None})
seen["pymca"] = numpy.array_equal(numpy.asarray(stack.data).reshape(own.shape), own)
print(json.dumps(seen, default=bool))
`;

describe.skipIf(!hasRedis() || !hasReaders())('--images copy', () => {
  let redis: TestRedis;
  let url: string;

  beforeAll(async () => {
    redis = await startRedis();
    url = `${redis.url}/1`;
    await replayAll(url, [EDF, HDF5], 0);
  });
  afterAll(() => redis.stop());

  const backfill = async (recording: string, directory: string): ReturnType<typeof scanWriter> => {
    const options = ['--redis', url, '--map', mapTo(directory), '--images', 'copy', '--json'];
    return scanWriter(['backfill', scanOf(recording), ...options]);
  };

  it('puts the pixels of EDF files into the file, which needs them no more', async () => {
    const directory = await scratchDirectory();
    await copyDetectorFiles(EDF, directory);
    const result = await backfill(EDF, directory);
    expect(result.status, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      status: 'SUCCEEDED',
      points: { 'lima_simulator2:image': { expected: 4, received: 4 } },
    });
    // All else is as the reference writer has it, which lists the files instead.
    expect((await compareWithReference(recordingFolder(EDF), directory)).lines).toEqual([
      expect.stringMatching(/^instrument +\S+\/lima_simulator2\/data: type object \/ uint32$/),
    ]);
    const folder = path.join(directory, EDF, 'inhse_session');
    const away = await scratchDirectory();
    await rename(path.join(folder, 'scan0001'), path.join(away, 'scan0001'));
    const reference = path.join(recordingFolder(EDF), 'reference', EDF, 'inhse_session/data.h5');
    for (const name of ['data_scan0001.h5', 'data.h5']) {
      const read = await runPython(['-c', READ, path.join(folder, name), reference, away]);
      expect(read.status, read.stderr).toBe(0);
      expect(JSON.parse(read.stdout)).toEqual({
        detector: [4, 64, 48],
        readers: true,
        files: true,
        h5py: {
          equal: true,
          dtype: 'uint32',
          same_dtype: true,
          interpretation: 'image',
          path: '/1.1/instrument/lima_simulator2/data',
        },
        silx: { equal: true, interpretation: 'image', ndim: 3 },
        pymca: true,
      });
    }
  });

  it('names an image whose file is gone', async () => {
    const directory = await scratchDirectory();
    await copyDetectorFiles(EDF, directory);
    await rm(path.join(directory, EDF, 'inhse_session/scan0001/lima_simulator2_0001.edf'));
    const result = await backfill(EDF, directory);
    expect(result.status, result.stderr).toBe(4);
    expect(JSON.parse(result.stdout)).toMatchObject({
      status: 'INCOMPLETE',
      points: { 'lima_simulator2:image': { received: 3 } },
      missing: [
        {
          channel: 'lima_simulator2:image',
          first: 1,
          count: 1,
          reason: 'its file scan0001/lima_simulator2_0001.edf is not there',
        },
      ],
    });
  });

  it('links the images of HDF5 files, as the reference writer does when it copies others', async () => {
    const directory = await scratchDirectory();
    await copyDetectorFiles(HDF5, directory);
    expect(await backfill(HDF5, directory)).toMatchObject({ status: 0, stderr: '' });
    expect(await compareWithReference(recordingFolder(HDF5), directory)).toEqual({ status: 0, lines: [] });
    const look = `import h5py, sys; print(h5py.File(sys.argv[1])["1.1/instrument/lima_simulator/data"].is_virtual)`;
    const file = path.join(directory, HDF5, 'inhse_session/data_scan0001.h5');
    expect(await runPython(['-c', look, file])).toMatchObject({ stdout: 'True\n' });
  });
});
