import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadHdf5, type Hdf5Library } from '../../../src/writer/hdf5/index.js';
import { ScanFile } from '../../../src/writer/files/index.js';
import type { DatasetHash } from '../../../src/layout/index.js';
import type { DType } from '../../../src/scan/index.js';
import { runPython } from '../../support/python.js';
import { arrayOf } from '../../support/scanInfo.js';
import { readBack, thrown } from '../hdf5/support.js';
import { claimedIn, filesIn, modeOf, SCAN_FILES, temporaryDirectory, WrittenScan } from './support.js';

const NAME = 'a_scan0012.h5';

let hdf5: Hdf5Library;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});

describe('the file of a scan', () => {
  it('is read-only from the moment it can be seen, and still grows', async () => {
    const directory = temporaryDirectory();
    const written = new WrittenScan(claimedIn(directory, hdf5), hdf5);
    expect(modeOf(written.file.path)).toBe(0o444);
    written.add(1, 2).add(3);
    const { '/12.1/instrument/diode1/data': data } = await readBack(written.file.path);
    expect(data).toMatchObject({ values: [1, 2, 3], shape: [3] });
    written.finish();
    expect(modeOf(written.file.path)).toBe(0o444);
  });

  it('leaves no draft and, when it is done, no lock', () => {
    const directory = temporaryDirectory();
    const written = new WrittenScan(claimedIn(directory, hdf5), hdf5);
    expect(filesIn(directory)).toEqual([`.${NAME}.journal`, `.${NAME}.lock`, NAME]);
    written.finish();
    expect(filesIn(directory)).toEqual([NAME]);
  });

  it('gets the mode and the group that were asked for', () => {
    const directory = temporaryDirectory();
    const claim = claimedIn(directory, hdf5);
    const group = process.getuid?.() === 0 ? 4321 : process.getgid?.();
    const file = ScanFile.open(claim, [], { ...SCAN_FILES, fileMode: 0o640, group }, hdf5);
    expect([modeOf(claim.file), fs.statSync(claim.file).gid]).toEqual([0o640, group]);
    file.giveUp([], false);
  });

  it('never takes the place of one that appeared meanwhile', () => {
    const directory = temporaryDirectory();
    const claim = claimedIn(directory, hdf5);
    fs.writeFileSync(claim.file, 'precious');
    expect(thrown(() => ScanFile.open(claim, [], SCAN_FILES, hdf5))).toMatchObject({
      tag: 'target',
      retryable: true,
    });
    expect(fs.readFileSync(claim.file, 'utf8')).toBe('precious');
    expect(filesIn(directory)).toEqual([NAME]);
  });

  it('that cannot be begun gives its lock back', () => {
    const directory = temporaryDirectory();
    const claim = claimedIn(directory, hdf5);
    const impossible = { op: 'text', path: '/no/parent', value: '' } as const;
    expect(() => ScanFile.open(claim, [impossible], SCAN_FILES, hdf5)).toThrow();
    expect(filesIn(directory)).toEqual([]);
  });

  it('says SUCCEEDED only after all else is in it', () => {
    const directory = temporaryDirectory();
    const written = new WrittenScan(claimedIn(directory, hdf5), hdf5).add(1);
    const impossible = { op: 'text', path: '/no/parent', value: '' } as const;
    expect(() => written.file.write([impossible], [], undefined)).toThrow();
    written.file.giveUp([], false);
    const opened = hdf5.openForReading(written.file.path);
    expect(opened.readText('/12.1/writer/status')).toBe('RUNNING');
    opened.close();
    expect(filesIn(directory)).toEqual([NAME]);
  });
});

describe('points of another type than before', () => {
  /** A file with one dataset of a type, and what was refused of later blocks. */
  function writeBlocks(
    type: DType,
    ...blocks: { first: number; points: ReturnType<typeof arrayOf> | string[] }[]
  ) {
    const claim = claimedIn(temporaryDirectory(), hdf5);
    const file = ScanFile.open(claim, [], SCAN_FILES, hdf5);
    const dataset = { op: 'points', path: '/p', type, pointShape: [], chunkRows: 8 } as const;
    const refused = file.write(
      [dataset],
      blocks.map((block) => ({ dataset: '/p', ...block })),
      undefined,
    );
    file.giveUp([], false);
    return { refused, file: claim.file };
  }

  it('are stored where the values stay the same', async () => {
    const whole = { first: 1, points: arrayOf('float64', [2], [5, -6]) };
    const { refused, file } = writeBlocks('int32', { first: 0, points: arrayOf('int32', [1], [4]) }, whole);
    expect(refused).toEqual([]);
    expect((await readBack(file))['/p']).toMatchObject({ values: [4, 5, -6], dtype: 'int32' });
  });

  it('are refused one by one, whatever else came with them', async () => {
    const mixed = arrayOf('float64', [8], [0, 1, 2.5, 3, 4, 0.25, 0.75, 7]);
    const { refused, file } = writeBlocks('int32', { first: 10, points: mixed });
    expect(refused.map(({ first, count }) => [first, count])).toEqual([
      [12, 1],
      [15, 2],
    ]);
    expect(refused[0]?.reason).toContain('cannot hold these float64 values exactly');
    const { values } = (await readBack(file))['/p'] ?? {};
    expect((values as number[]).slice(10)).toEqual([0, 1, 0, 3, 4, 0, 0, 7]);
  });

  it('are refused as one when none can be stored', () => {
    const texts = ['a', 'b', 'c', 'd', 'e'];
    const spectra = arrayOf('float64', [4, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
    const { refused } = writeBlocks('float64', { first: 0, points: texts }, { first: 5, points: spectra });
    expect(refused.map(({ first, count }) => [first, count])).toEqual([
      [0, 5],
      [5, 4],
    ]);
  });

  it('that have too few bytes are refused, and those around them stay', () => {
    const short = { ...arrayOf('float64', [1], [1]), shape: [2] };
    const { refused } = writeBlocks('float64', { first: 0, points: short });
    expect(refused.map(({ first, count }) => [first, count])).toEqual([[1, 1]]);
  });
});

describe('hashes', () => {
  const TYPES: readonly DType[] = [
    'bool',
    'int8',
    'uint16',
    'int32',
    'int64',
    'float32',
    'float64',
    'complex128',
  ];

  it('are those of the raw values as h5py reads them', async () => {
    const claim = claimedIn(temporaryDirectory(), hdf5);
    const file = ScanFile.open(claim, [], SCAN_FILES, hdf5);
    for (const type of TYPES) {
      const path = `/${type}`;
      file.write([{ op: 'points', path, type, pointShape: [3], chunkRows: 8 }], [], undefined);
      const width = type === 'complex128' ? 6 : 3;
      const values = Array.from({ length: 5 * width }, (_, n) => (type === 'bool' ? n % 2 : n));
      // A hole before them.
      file.write([], [{ dataset: path, first: 2, points: arrayOf(type, [5, 3], values) }], undefined);
    }
    file.write(
      [{ op: 'points', path: '/none', type: 'float64', pointShape: [], chunkRows: 8 }],
      [],
      undefined,
    );
    file.write([{ op: 'points', path: '/text', type: 'text', pointShape: [], chunkRows: 8 }], [], undefined);
    file.write([], [{ dataset: '/text', first: 1, points: ['é', '', 'long'.repeat(1000)] }], undefined);
    const numbers = [...TYPES, 'none'].map((type) => ({
      dataset: `/${type}`,
      isText: false,
      isScalar: false,
    }));
    const hashes = file.hash([...numbers, { dataset: '/text', isText: true, isScalar: false }]);
    file.giveUp([], false);
    expect(byDataset(hashes)).toEqual(await hashesInH5py(claim.file));
  });

  it.each<[string, readonly Appended[]]>([
    [
      'one after the other',
      [
        {
          first: 0,
          rows: [
            [1, 2],
            [3, 4],
          ],
        },
        { first: 2, rows: [[5, 6]] },
      ],
    ],
    [
      'behind a hole',
      [
        { first: 0, rows: [[1, 2]] },
        { first: 3, rows: [[3, 4]] },
        { first: 4, rows: [[5, 6]] },
      ],
    ],
    [
      'into a hole',
      [
        { first: 0, rows: [[1, 2]] },
        { first: 2, rows: [[3, 4]] },
        { first: 1, rows: [[5, 6]] },
      ],
    ],
    [
      'once more',
      [
        {
          first: 0,
          rows: [
            [1, 2],
            [3, 4],
          ],
        },
        {
          first: 1,
          rows: [
            [5, 6],
            [7, 8],
          ],
        },
        { first: 3, rows: [[9, 9]] },
      ],
    ],
    [
      'longer than before',
      [
        { first: 0, rows: [[1, 2]] },
        { first: 1, rows: [[3, 4, 5]] },
        { first: 2, rows: [[6, 7, 8]] },
      ],
    ],
    [
      'shorter than before',
      [
        { first: 0, rows: [[1, 2]] },
        { first: 1, rows: [[3]] },
        { first: 2, rows: [[6, 7]] },
      ],
    ],
  ])('are of rows that were appended %s', async (_order, appended) => {
    const claim = claimedIn(temporaryDirectory(), hdf5);
    const file = ScanFile.open(claim, [], SCAN_FILES, hdf5);
    const dataset = '/p';
    file.write(
      [{ op: 'points', path: dataset, type: 'int32', pointShape: [2], chunkRows: 8 }],
      [],
      undefined,
    );
    for (const { first, rows } of appended) {
      const shape = [rows.length, rows[0]?.length ?? 0];
      file.write([], [{ dataset, first, points: arrayOf('int16', shape, rows.flat()) }], undefined);
    }
    const hashes = file.hash([{ dataset, isText: false, isScalar: false }]);
    file.giveUp([], false);
    expect(byDataset(hashes)).toEqual(await hashesInH5py(claim.file));
  });

  it('are read in blocks that bound memory', () => {
    const claim = claimedIn(temporaryDirectory(), hdf5);
    const file = ScanFile.open(claim, [], SCAN_FILES, hdf5);
    const rows = 5_000_000;
    file.write(
      [{ op: 'points', path: '/p', type: 'uint8', pointShape: [8], chunkRows: 4096 }],
      [],
      undefined,
    );
    file.write(
      [],
      [{ dataset: '/p', first: rows - 1, points: arrayOf('uint8', [1, 8], new Array<number>(8).fill(1)) }],
      undefined,
    );
    const [hash] = file.hash([{ dataset: '/p', isText: false, isScalar: false }]);
    expect(hash?.sha256).toHaveLength(64);
    file.giveUp([], false);
    expect(path.basename(claim.file)).toBe(NAME);
  });
});

interface Appended {
  readonly first: number;
  readonly rows: readonly (readonly number[])[];
}

function byDataset(hashes: readonly DatasetHash[]): Record<string, string> {
  return Object.fromEntries(hashes.map(({ dataset, sha256 }) => [dataset, sha256]));
}

/** SHA-256 of each dataset in the root of a file. */
async function hashesInH5py(file: string): Promise<unknown> {
  const script = `import h5py, hashlib, json, sys
found = {}
with h5py.File(sys.argv[1], 'r') as f:
    for name, d in f.items():
        raw = b''.join(v + b'\\0' for v in d[()]) if d.dtype.kind == 'O' else d[()].tobytes()
        found['/' + name] = hashlib.sha256(raw).hexdigest()
print(json.dumps(found))`;
  const { stdout, stderr } = await runPython(['-c', script, file]);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}
