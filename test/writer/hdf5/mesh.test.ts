import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PointType } from '../../../src/layout/index.js';
import { loadHdf5, type Hdf5File, type Hdf5Library } from '../../../src/writer/hdf5/index.js';
import { hasReaders } from '../../support/python.js';
import { numbers, readBack, scalars, temporaryFolder } from './support.js';

let hdf5: Hdf5Library;
let path: string;
let file: Hdf5File;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});
beforeEach(() => {
  path = join(temporaryFolder(), 'mesh.h5');
  file = hdf5.create(path);
  return () => {
    file.close();
  };
});

function makeMesh(type: PointType, meshLines: readonly number[], pointShape: readonly number[] = []): void {
  file.apply({ op: 'points', path: '/p', type, meshLines, pointShape, chunkRows: 4 });
}

async function stored(): Promise<{ shape: unknown; values: unknown }> {
  file.close();
  const { shape, values } = (await readBack(path))['/p'] ?? {};
  return { shape, values: [values].flat(Infinity) };
}

describe.skipIf(!hasReaders())('points in the shape of a mesh', () => {
  it('fill line after line, and NaN stands where none is yet', async () => {
    makeMesh('float64', [3]);
    file.append('/p', 0, scalars('float64', 1, 2));
    file.append('/p', 2, scalars('float64', 3, 4));
    expect(await stored()).toEqual({ shape: [2, 3], values: [1, 2, 3, 4, 'nan', 'nan'] });
  });

  it('leave NaN in a gap over several lines', async () => {
    makeMesh('float32', [2]);
    file.append('/p', 0, scalars('float32', 1));
    file.append('/p', 5, scalars('float32', 6));
    expect(await stored()).toEqual({ shape: [3, 2], values: [1, 'nan', 'nan', 'nan', 'nan', 6] });
  });

  it('go in three dimensions', async () => {
    makeMesh('int16', [2, 2]);
    const all = Array.from({ length: 11 }, (_, n) => n + 1);
    file.append('/p', 0, scalars('int16', ...all.slice(0, 3)));
    file.append('/p', 3, scalars('int16', ...all.slice(3)));
    expect(await stored()).toEqual({ shape: [3, 2, 2], values: [...all, 0] });
  });

  it('overwrite what is there', async () => {
    makeMesh('float64', [3]);
    file.append('/p', 0, scalars('float64', 1, 2, 3, 4, 5, 6));
    file.append('/p', 1, scalars('float64', 20, 30, 40));
    expect(await stored()).toEqual({ shape: [2, 3], values: [1, 20, 30, 40, 5, 6] });
  });

  it('are longer than those before', async () => {
    makeMesh('float64', [2], [1]);
    file.append('/p', 0, numbers('float64', [1, 1], [1]));
    file.append('/p', 1, numbers('float64', [2, 2], [2, 2, 3, 3]));
    const values = [1, 'nan', 2, 2, 3, 3, 'nan', 'nan'];
    expect(await stored()).toEqual({ shape: [2, 2, 2], values });
  });

  it('are cut to whole lines, whose rest is empty again', async () => {
    makeMesh('int32', [3]);
    file.append('/p', 0, scalars('int32', 1, 2, 3, 4, 5, 6, 7));
    file.cut('/p', 4);
    file.cut('/p', 5);
    expect(await stored()).toEqual({ shape: [2, 3], values: [1, 2, 3, 4, 0, 0] });
  });

  it('are padded to all lines', async () => {
    makeMesh('float64', [2]);
    file.append('/p', 0, scalars('float64', 1));
    file.apply({ op: 'pad', path: '/p', rows: 3 });
    file.apply({ op: 'pad', path: '/p', rows: 2 });
    expect(await stored()).toEqual({ shape: [3, 2], values: [1, 'nan', 'nan', 'nan', 'nan', 'nan'] });
  });

  it('are written in blocks along whatever is long', () => {
    const [lines, channels] = [3000, 1500];
    makeMesh('float64', [lines], [channels]);
    const values = new Float64Array(lines * channels).map((_, n) => n);
    file.append('/p', 0, {
      dtype: 'float64',
      shape: [lines, channels],
      bytes: new Uint8Array(values.buffer),
    });
    const back = file.readNumbers('/p');
    expect(back.shape).toEqual([1, lines, channels]);
    expect(Buffer.compare(back.bytes, new Uint8Array(values.buffer))).toBe(0);
  });
});
