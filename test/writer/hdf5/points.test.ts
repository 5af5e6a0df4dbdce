import { join } from 'node:path';
import { beforeEach, beforeAll, describe, expect, it } from 'vitest';
import { elements, type NumericArray } from '../../../src/scan/index.js';
import type { PointType } from '../../../src/layout/index.js';
import { loadHdf5, PointTypeError, type Hdf5File, type Hdf5Library } from '../../../src/writer/hdf5/index.js';
import { hasReaders, runPython } from '../../support/python.js';
import { numbers, readBack, scalars, temporaryFolder, thrown } from './support.js';

let hdf5: Hdf5Library;
let path: string;
let file: Hdf5File;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});
beforeEach(() => {
  path = join(temporaryFolder(), 'points.h5');
  file = hdf5.create(path);
  return () => {
    file.close();
  };
});

function makePoints(type: PointType, pointShape: readonly number[] = [], chunkRows = 4): void {
  file.apply({ op: 'points', path: '/p', type, pointShape, chunkRows });
}

async function points(): Promise<unknown> {
  file.close();
  return (await readBack(path))['/p']?.values;
}

describe.skipIf(!hasReaders())('appending', () => {
  it('grows a dataset over many chunks', async () => {
    makePoints('int32');
    for (let row = 0; row < 50; row += 5) file.append('/p', row, scalars('int32', row, 1, 2, 3, 4));
    expect(file.rows('/p')).toBe(50);
    const expected = Array.from({ length: 10 }, (_, block) => [5 * block, 1, 2, 3, 4]).flat();
    expect(await points()).toEqual(expected);
  });

  it('takes no points at all, and a dataset without points', async () => {
    makePoints('float64', [3]);
    file.append('/p', 100, numbers('float64', [0, 3], []));
    expect(file.rows('/p')).toBe(0);
    expect(await points()).toEqual([]);
  });

  it('overwrites rows that exist', async () => {
    makePoints('int16');
    file.append('/p', 0, scalars('int16', 1, 2, 3, 4, 5));
    file.append('/p', 1, scalars('int16', 20, 30));
    file.append('/p', 4, scalars('int16', 50, 60));
    expect(await points()).toEqual([1, 20, 30, 4, 50, 60]);
  });

  it.each([
    ['float64', 'nan'],
    ['float32', 'nan'],
    ['int64', 0],
    ['bool', 0],
    ['complex128', ['nan', 'nan']],
  ] as const)('fills a gap of %s', async (type, fill) => {
    makePoints(type);
    file.append('/p', 2, scalars(type, 1));
    file.append('/p', 9, scalars(type, 1));
    const one = type === 'complex128' ? [1, 0] : 1;
    expect(await points()).toEqual([fill, fill, one, fill, fill, fill, fill, fill, fill, one]);
  });

  it('fills a gap that is larger than a block', async () => {
    makePoints('float64', [1024], 64);
    const row = numbers('float64', [1, 1024], new Array<number>(1024).fill(7));
    file.append('/p', 0, row);
    // 80 MB
    file.append('/p', 10_001, row);
    file.close();
    const script =
      'import h5py,numpy,sys;d=h5py.File(sys.argv[1])["p"];print(d.shape,(d[0]==7).all(),(d[10001]==7).all(),numpy.isnan(d[1:10001]).all())';
    expect((await runPython(['-c', script, path])).stdout).toBe('(10002, 1024) True True True\n');
  });

  it('splits an append that is larger than a block', async () => {
    makePoints('uint32', [1000], 100);
    const rows = 20_000;
    const values = Uint32Array.from({ length: rows * 1000 }, (_, index) => index);
    file.append('/p', 0, {
      dtype: 'uint32',
      shape: [rows, 1000],
      bytes: new Uint8Array(values.buffer),
    });
    file.close();
    const script =
      'import h5py,numpy,sys;d=h5py.File(sys.argv[1])["p"][()];print(d.shape,(d.ravel()==numpy.arange(d.size)).all())';
    expect((await runPython(['-c', script, path])).stdout).toBe('(20000, 1000) True\n');
  });

  it('writes a point that is larger than a block', async () => {
    makePoints('uint8', [9000, 9000], 1);
    const bytes = new Uint8Array(81_000_000).map((_, index) => index % 251);
    file.append('/p', 1, { dtype: 'uint8', shape: [1, 9000, 9000], bytes });
    file.close();
    const script =
      'import h5py,numpy,sys;d=h5py.File(sys.argv[1])["p"][()];print(d.shape,d[0].any(),(d[1].ravel()==numpy.arange(81000000)%251).all())';
    expect((await runPython(['-c', script, path])).stdout).toBe('(2, 9000, 9000) False True\n');
  });

  it('cuts, and what is appended behind a cut finds no old values', async () => {
    makePoints('int32');
    file.append('/p', 0, scalars('int32', 1, 2, 3, 4, 5, 6, 7));
    file.cut('/p', 100);
    file.cut('/p', 2);
    expect(file.rows('/p')).toBe(2);
    file.append('/p', 6, scalars('int32', 70));
    expect(await points()).toEqual([1, 2, 0, 0, 0, 0, 70]);
  });

  it('continues a file that was closed', async () => {
    makePoints('float32', [2]);
    file.append('/p', 0, numbers('float32', [1, 2], [1, 2]));
    file.apply({ op: 'points', path: '/text', type: 'text', pointShape: [], chunkRows: 4 });
    file.appendTexts('/text', 0, ['a']);
    file.apply({ op: 'softLink', path: '/link', target: '/p' });
    file.close();
    file = hdf5.openForAppend(path);
    expect(file.rows('/link')).toBe(1);
    file.append('/p', 1, numbers('float32', [1, 2], [3, 4]));
    file.append('/link', 3, numbers('float32', [1, 2], [5, 6]));
    file.appendTexts('/text', 2, ['c']);
    expect(file.rows('/p')).toBe(4);
    file.close();
    const tree = await readBack(path);
    expect(tree['/p']?.values).toEqual([[1, 2], [3, 4], ['nan', 'nan'], [5, 6]]); // prettier-ignore
    expect(tree['/text']?.values).toEqual(['a', '', 'c']);
  });

  it('knows a dataset by each of its names', async () => {
    makePoints('int8');
    for (const path of ['/one', '/two']) file.apply({ op: 'softLink', path, target: '/p' });
    file.append('/one', 0, scalars('int8', 1));
    file.append('/two', 1, scalars('int8', 2, 3, 4));
    file.append('/one', 1, scalars('int8', 20));
    file.append('/p', 5, scalars('int8', 6));
    expect(['/p', '/one', '/two'].map((path) => file.rows(path))).toEqual([6, 6, 6]);
    expect(await points()).toEqual([1, 20, 3, 4, 0, 6]);
  });

  it('can be read by h5py between flushes', async () => {
    makePoints('float64');
    const script = 'import h5py,sys;print(h5py.File(sys.argv[1],"r")["p"][()].tolist())';
    for (let row = 0; row < 30; row += 10) {
      file.append('/p', row, numbers('float64', [10], new Array<number>(10).fill(row)));
      file.flush();
      const { stdout } = await runPython(['-c', script, path]);
      const seen = JSON.parse(stdout) as number[];
      expect(seen).toHaveLength(row + 10);
      expect(seen.at(-1)).toBe(row);
    }
  });
});

describe.skipIf(!hasReaders())('points of changing length', () => {
  it('grow the dataset and leave NaN where they have nothing', async () => {
    makePoints('float64', [2]);
    file.append('/p', 0, numbers('float64', [2, 2], [1, 2, 3, 4]));
    file.append('/p', 2, numbers('float64', [1, 3], [5, 6, 7]));
    file.append('/p', 4, numbers('float64', [2, 1], [8, 9]));
    expect(file.shapeOf('/p')).toEqual([6, 3]);
    expect(await points()).toEqual([
      [1, 2, 'nan'],
      [3, 4, 'nan'],
      [5, 6, 7],
      ['nan', 'nan', 'nan'],
      [8, 'nan', 'nan'],
      [9, 'nan', 'nan'],
    ]);
  });

  it('leave 0 in integers, also where a longer point was', async () => {
    makePoints('uint8', [3]);
    file.append('/p', 0, numbers('uint8', [2, 3], [1, 2, 3, 4, 5, 6]));
    file.append('/p', 1, numbers('uint8', [1, 2], [7, 8]));
    file.append('/p', 2, numbers('uint8', [1, 4], [1, 1, 1, 1]));
    expect(await points()).toEqual([[1, 2, 3, 0], [7, 8, 0, 0], [1, 1, 1, 1]]); // prettier-ignore
  });

  it('grow in several dimensions at once', async () => {
    makePoints('float32', [1, 2]);
    file.append('/p', 0, numbers('float32', [1, 1, 2], [1, 2]));
    file.append('/p', 2, numbers('float32', [1, 2, 3], [1, 2, 3, 4, 5, 6]));
    file.append('/p', 3, numbers('float32', [1, 3, 1], [7, 8, 9]));
    const n = 'nan';
    expect(await points()).toEqual([
      [[1, 2, n], [n, n, n], [n, n, n]],
      [[n, n, n], [n, n, n], [n, n, n]],
      [[1, 2, 3], [4, 5, 6], [n, n, n]],
      [[7, n, n], [8, n, n], [9, n, n]],
    ]); // prettier-ignore
  });

  it('start from a length of 0', async () => {
    makePoints('complex64', [0]);
    file.append('/p', 0, numbers('complex64', [2, 0], []));
    file.append('/p', 2, numbers('complex64', [1, 1], [[1, 2]]));
    expect(await points()).toEqual([[['nan', 'nan']], [['nan', 'nan']], [[1, 2]]]);
  });
});

describe.skipIf(!hasReaders())('texts', () => {
  it('are appended, overwritten, and empty in gaps', async () => {
    makePoints('text');
    file.appendTexts('/p', 0, ['a', '', 'µ\u{1f52c}']);
    file.appendTexts('/p', 6, ['long '.repeat(2000)]);
    file.appendTexts('/p', 0, ['b'.repeat(300)]);
    file.appendTexts('/p', 3, []);
    expect(await points()).toEqual(['b'.repeat(300), '', 'µ\u{1f52c}', '', '', '', 'long '.repeat(2000)]);
  });

  it('are refused where numbers are, and numbers where texts are', () => {
    makePoints('text');
    file.apply({ op: 'points', path: '/n', type: 'int8', pointShape: [], chunkRows: 4 });
    expect(() => {
      file.appendTexts('/n', 0, ['a']);
    }).toThrow(PointTypeError);
    expect(() => {
      file.append('/p', 0, scalars('int8', 1));
    }).toThrow(PointTypeError);
    expect([file.rows('/p'), file.rows('/n')]).toEqual([0, 0]);
  });

  it('of more than a block are appended', () => {
    makePoints('text', [], 64);
    const values = Array.from({ length: 50 }, (_, index) => String(index).repeat(1_000_000));
    file.appendTexts('/p', 0, values);
    file.close();
    file = hdf5.openForReading(path);
    expect(file.readTexts('/p').map((text) => text.length)).toEqual(values.map((text) => text.length));
  });
});

describe('points of another type', () => {
  it.each<[PointType, NumericArray, unknown[]]>([
    ['float64', scalars('int32', -5, 7), [-5, 7]],
    ['float64', scalars('int64', 2n ** 53n), [2 ** 53]],
    ['float64', scalars('float32', 0.5, NaN), [0.5, NaN]],
    ['float64', scalars('bool', true), [1]],
    ['float64', scalars('complex64', [0.5, 0]), [0.5]],
    ['float32', scalars('float64', 0.25, Infinity, NaN, -0), [0.25, Infinity, NaN, -0]],
    ['float32', scalars('float16', 0x3c00), [1]],
    ['float16', scalars('float64', 0.25), [0.25]],
    ['int32', scalars('float64', 3, -0), [3, 0]],
    ['int8', scalars('uint64', 127n), [127]],
    ['uint64', scalars('float64', 2 ** 63), [2n ** 63n]],
    ['int64', scalars('int8', -1), [-1n]],
    ['bool', scalars('int64', 1n), [1]],
    ['complex128', scalars('float32', 0.5), [[0.5, 0]]],
    ['complex64', scalars('complex128', [0.5, NaN]), [[0.5, NaN]]],
  ])('are stored in %s when they are exactly the same there', (type, array, expected) => {
    makePoints(type);
    file.append('/p', 0, array);
    expect(elements(file.readNumbers('/p'))).toEqual(expected);
  });

  it.each<[PointType, NumericArray]>([
    ['float64', scalars('int64', 2n ** 53n + 1n)],
    ['float64', scalars('complex128', [1, 1])],
    ['float32', scalars('float64', 0.1)],
    ['float32', scalars('float64', 1e300)],
    ['float32', scalars('int32', 2 ** 24 + 1)],
    ['int32', scalars('float64', 0.5)],
    ['int32', scalars('float64', NaN)],
    ['int32', scalars('float64', 2 ** 31)],
    ['uint16', scalars('int16', 1, -1)],
    ['int64', scalars('uint64', 2n ** 63n)],
    ['uint64', scalars('float64', 2 ** 64)],
    ['complex64', scalars('float64', 0.1)],
    ['float64', numbers('float64', [1, 1], [1])],
    ['float64', { dtype: 'float64', shape: [2], bytes: new Uint8Array(8) }],
    ['float64', { dtype: 'float64', shape: [], bytes: new Uint8Array(8) }],
  ])('are refused by %s when they are not, and the file is untouched', (type, array) => {
    makePoints(type);
    file.append('/p', 0, scalars(type === 'text' ? 'bool' : type, 1));
    const error = thrown(() => {
      file.append('/p', 5, array);
    });
    expect(error).toBeInstanceOf(PointTypeError);
    expect(error).toMatchObject({ tag: 'undecodable', subject: `${path}::/p` });
    expect(file.rows('/p')).toBe(1);
    expect(file.shapeOf('/p')).toEqual([1]);
  });

  it('are converted in blocks', () => {
    makePoints('float64', [], 1024);
    const values = Int32Array.from({ length: 20_000 }, (_, index) => index - 7);
    file.append('/p', 0, { dtype: 'int32', shape: [20_000], bytes: new Uint8Array(values.buffer) });
    expect(elements(file.readNumbers('/p'))).toEqual([...values]);
  });
});

describe('an index that cannot be one', () => {
  it.each([2 ** 40, 2 ** 53, -1, 0.5, NaN, 2 ** 31])('is refused: %s', (first) => {
    makePoints('float64');
    file.append('/p', 0, scalars('float64', 1));
    expect(
      thrown(() => {
        file.append('/p', first, scalars('float64', 1));
      }),
    ).toMatchObject({ tag: 'undecodable' });
    expect(file.rows('/p')).toBe(1);
  });

  it('is refused for texts and for points that would grow all others', () => {
    makePoints('text');
    file.apply({ op: 'points', path: '/n', type: 'float64', pointShape: [1], chunkRows: 4 });
    file.append('/n', 100_000, numbers('float64', [1, 1], [1]));
    const wide = numbers('float64', [1, 20_000], new Array<number>(20_000).fill(1));
    for (const append of [
      () => {
        file.appendTexts('/p', 2 ** 30, ['a']);
      },
      () => {
        file.append('/n', 100_001, wide);
      },
    ]) {
      expect(thrown(append)).toMatchObject({ tag: 'undecodable' });
    }
    expect(file.shapeOf('/n')).toEqual([100_001, 1]);
  });

  it('needs no disk for a wide gap of integers', () => {
    makePoints('uint16', [512, 512], 1);
    const frame = { dtype: 'uint16', shape: [1, 512, 512], bytes: new Uint8Array(2 ** 19).fill(1) } as const;
    file.append('/p', 1_000_000, frame);
    expect(file.readRows('/p', 999_999, 1).bytes.every((byte) => byte === 0)).toBe(true);
    expect(file.readRows('/p', 1_000_000, 1).bytes).toEqual(frame.bytes);
  });
});
