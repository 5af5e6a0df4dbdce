import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadHdf5, Hdf5Error, type Hdf5Library } from '../../../src/writer/hdf5/index.js';
import type { DType } from '../../../src/scan/index.js';
import { hasReaders } from '../../support/python.js';
import { numbers, readBack, temporaryFolder, thrown } from './support.js';

let hdf5: Hdf5Library;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});

/** dtype, two values, and how h5py sees them. */
const EVERY_TYPE: readonly [DType, readonly (number | bigint | boolean | [number, number])[], string, unknown][] =
  [
    ['bool', [true, false], 'uint8', [1, 0]],
    ['int8', [-128, 127], 'int8', [-128, 127]],
    ['uint8', [0, 255], 'uint8', [0, 255]],
    ['int16', [-32768, 32767], 'int16', [-32768, 32767]],
    ['uint16', [1, 65535], 'uint16', [1, 65535]],
    ['int32', [-(2 ** 31), 7], 'int32', [-(2 ** 31), 7]],
    ['uint32', [1, 2 ** 32 - 1], 'uint32', [1, 2 ** 32 - 1]],
    ['int64', [-(2n ** 63n), 5n], 'int64', ['-9223372036854775808', 5]],
    ['uint64', [2n ** 64n - 1n, 5n], 'uint64', ['18446744073709551615', 5]],
    ['float16', [0x3555, 0xfc00], 'float32', [0.333251953125, '-inf']],
    ['float32', [0.5, NaN], 'float32', [0.5, 'nan']],
    ['float64', [0.1, -0], 'float64', [0.1, -0]],
    ['complex64', [[0.5, -1], [NaN, 2]], 'complex64', [[0.5, -1], ['nan', 2]]],
    ['complex128', [[0.1, -1], [Infinity, 2]], 'complex128', [[0.1, -1], ['inf', 2]]],
  ]; // prettier-ignore

describe('loadHdf5', () => {
  it('gives the same library every time', async () => {
    expect(await loadHdf5()).toBe(hdf5);
  });
});

describe.skipIf(!hasReaders())('building a file', () => {
  it('makes groups, texts, arrays, links and attributes that h5py reads', async () => {
    const path = join(temporaryFolder(), 'tree.h5');
    const file = hdf5.create(path);
    file.apply({ op: 'attributes', path: '/', attributes: { NX_class: 'NXroot', version: 2 } });
    file.apply({ op: 'group', path: '/1.1', attributes: { NX_class: 'NXentry', axes: ['x', 'längst'] } });
    file.apply({ op: 'group', path: '/1.1/empty', attributes: { nothing: [] } });
    file.apply({ op: 'text', path: '/1.1/title', value: 'ascan µ 0→1 \u{1f52c}', attributes: { units: '' } });
    file.apply({ op: 'text', path: '/1.1/none', value: '' });
    file.apply({ op: 'texts', path: '/1.1/names', values: ['a', '', 'ß'] });
    file.apply({ op: 'texts', path: '/1.1/nobody', values: [] });
    file.apply({ op: 'array', path: '/1.1/matrix', array: numbers('int16', [2, 3], [1, 2, 3, 4, 5, 6]) });
    file.apply({ op: 'array', path: '/1.1/empty_array', array: numbers('float64', [0, 3], []) });
    file.apply({ op: 'array', path: '/1.1/position', array: numbers('float64', [], [1.5]) });
    file.apply({ op: 'softLink', path: '/1.1/alias', target: '/1.1/matrix' });
    file.apply({ op: 'softLink', path: '/1.1/dangling', target: '/nowhere' });
    file.apply({ op: 'externalLink', path: '/1.1/image', file: 'détecteur.h5', target: '/entry/data' });
    file.close();

    const tree = await readBack(path);
    expect(tree['/']?.attributes).toEqual({
      NX_class: { shape: [], value: 'NXroot' },
      version: { shape: [], value: 2 },
    });
    expect(tree['/1.1']?.attributes).toEqual({
      NX_class: { shape: [], value: 'NXentry' },
      axes: { shape: [2], value: ['x', 'längst'] },
    });
    expect(tree['/1.1/empty']?.attributes).toEqual({});
    expect(tree['/1.1/title']).toMatchObject({
      shape: [],
      dtype: 'text utf-8 None',
      values: 'ascan µ 0→1 \u{1f52c}',
      attributes: { units: { shape: [], value: '' } },
    });
    expect(tree['/1.1/none']).toMatchObject({ shape: [], values: '' });
    expect(tree['/1.1/names']).toMatchObject({ shape: [3], values: ['a', '', 'ß'] });
    expect(tree['/1.1/nobody']).toMatchObject({ shape: [0], values: [] });
    expect(tree['/1.1/matrix']).toMatchObject({ dtype: 'int16', values: [[1, 2, 3], [4, 5, 6]] }); // prettier-ignore
    expect(tree['/1.1/empty_array']).toMatchObject({ shape: [0, 3], values: [] });
    expect(tree['/1.1/position']).toMatchObject({ shape: [], values: 1.5 });
    expect(tree['/1.1/alias']).toEqual({ kind: 'soft', target: '/1.1/matrix' });
    expect(tree['/1.1/dangling']).toEqual({ kind: 'soft', target: '/nowhere' });
    expect(tree['/1.1/image']).toEqual({ kind: 'external', file: 'détecteur.h5', target: '/entry/data' });
  });

  it('keeps the order of creation, also in the root and with many links', async () => {
    const path = join(temporaryFolder(), 'order.h5');
    const file = hdf5.create(path);
    const names = Array.from({ length: 40 }, (_, index) => `/g/${String((index * 7) % 40)}`);
    file.apply({ op: 'group', path: '/z' });
    file.apply({ op: 'group', path: '/g' });
    for (const name of names) file.apply({ op: 'text', path: name, value: name });
    expect(file.names('/')).toEqual(['z', 'g']);
    expect(file.names('/g').map((name) => `/g/${name}`)).toEqual(names);
    file.close();
    expect(Object.keys(await readBack(path))).toEqual(['/', '/z', '/g', ...names]);
  });

  it.each(EVERY_TYPE)('stores arrays of %s', async (dtype, values, stored, seen) => {
    const path = join(temporaryFolder(), 'array.h5');
    const file = hdf5.create(path);
    file.apply({ op: 'array', path: '/a', array: numbers(dtype, [2], values) });
    file.close();
    expect((await readBack(path))['/a']).toMatchObject({ dtype: stored, shape: [2], values: seen });
  });

  it.each(EVERY_TYPE)('appends points of %s', async (dtype, values, stored, seen) => {
    const path = join(temporaryFolder(), 'points.h5');
    const file = hdf5.create(path);
    file.apply({ op: 'points', path: '/p', type: dtype, pointShape: [2], chunkRows: 16 });
    for (const row of [0, 1]) file.append('/p', row, numbers(dtype, [1, 2], values));
    file.close();
    expect((await readBack(path))['/p']).toMatchObject({
      dtype: stored,
      shape: [2, 2],
      chunks: [16, 2],
      maxshape: [-1, -1],
      values: [seen, seen],
    });
  });

  it('works in folders and with names of any script', async () => {
    const path = join(temporaryFolder(), 'échantillon 試料 %d\u{1f52c}.h5');
    const file = hdf5.create(path);
    file.apply({ op: 'group', path: '/группа 1' });
    file.apply({ op: 'text', path: '/группа 1/été', value: 'x' });
    file.close();
    expect(Object.keys(await readBack(path))).toEqual(['/', '/группа 1', '/группа 1/été']);
  });

  it('replaces a scalar text by a longer and a shorter one', async () => {
    const path = join(temporaryFolder(), 'rewrite.h5');
    const file = hdf5.create(path);
    file.apply({ op: 'text', path: '/status', value: 'RUNNING' });
    file.apply({ op: 'rewriteText', path: '/status', value: 'x'.repeat(5000) });
    file.flush();
    expect((await readBack(path))['/status']?.values).toBe('x'.repeat(5000));
    file.rewriteText('/status', 'été');
    file.close();
    expect((await readBack(path))['/status']).toMatchObject({ shape: [], values: 'été' });
  });

  it('stores NUL as its symbol and a lone surrogate as the replacement character', async () => {
    const path = join(temporaryFolder(), 'odd.h5');
    const file = hdf5.create(path);
    const odd = 'a\0b\ud800c\udc00\u{1f52c}';
    file.apply({ op: 'text', path: '/t', value: odd, attributes: { a: odd, list: [odd] } });
    file.close();
    const kept = 'a\u2400b\ufffdc\ufffd\u{1f52c}';
    expect((await readBack(path))['/t']).toMatchObject({
      values: kept,
      attributes: { a: { value: kept }, list: { value: [kept] } },
    });
  });
});

describe('operations that cannot be done', () => {
  it.each([
    ['group', '/g', /name already exists/],
    ['text', '/g', /name already exists/],
    ['group', '/missing/g', /component not found|doesn't exist|not found/],
  ] as const)('%s %s', (op, path, reason) => {
    const file = hdf5.create(join(temporaryFolder(), 'refused.h5'));
    file.apply({ op: 'group', path: '/g' });
    const error = thrown(() => {
      file.apply({ op, path, value: '' });
    });
    expect(error).toBeInstanceOf(Hdf5Error);
    expect(error).toMatchObject({ tag: 'hdf5', retryable: false, subject: `${file.path}::${path}` });
    expect((error as Error).message).toMatch(reason);
    file.close();
  });

  it('refuses an attribute that exists, rewriting what is no text, and paths that are none', () => {
    const file = hdf5.create(join(temporaryFolder(), 'refused.h5'));
    file.apply({ op: 'group', path: '/g', attributes: { a: 1 } });
    expect(() => {
      file.apply({ op: 'attributes', path: '/g', attributes: { a: 2 } });
    }).toThrow(/attribute already exists/);
    file.apply({ op: 'array', path: '/n', array: numbers('int8', [], [1]) });
    for (const path of ['/n', '/g', '/nothing']) {
      expect(() => {
        file.rewriteText(path, 'x');
      }).toThrow(/is not a/);
    }
    for (const path of ['relative', '/a\0b', '/./g']) {
      expect(() => {
        file.apply({ op: 'group', path });
      }).toThrow(/not an absolute path/);
    }
    file.close();
  });
});
