import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { elements } from '../../../src/scan/index.js';
import { loadHdf5, type Hdf5Library } from '../../../src/writer/hdf5/index.js';
import { hasReaders, runPython } from '../../support/python.js';
import { numbers, temporaryFolder } from './support.js';

let hdf5: Hdf5Library;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});

describe('finding one’s way in a file', () => {
  it('follows soft links within the file and never leaves it', () => {
    const file = hdf5.create(join(temporaryFolder(), 'links.h5'));
    file.apply({ op: 'group', path: '/g' });
    file.apply({ op: 'array', path: '/g/d', array: numbers('int8', [2], [1, 2]) });
    file.apply({ op: 'softLink', path: '/g/relative', target: 'd' });
    file.apply({ op: 'softLink', path: '/group', target: '/g' });
    file.apply({ op: 'softLink', path: '/dangling', target: '/g/nothing' });
    file.apply({ op: 'softLink', path: '/circle', target: '/circle' });
    file.apply({ op: 'externalLink', path: '/outside', file: 'other.h5', target: '/g' });

    for (const path of ['/', '/g/d', '/group/d', '/group/relative', '/dangling', '/circle', '/outside']) {
      expect([path, file.has(path)]).toEqual([path, true]);
    }
    for (const path of ['/x', '/g/x', '/g/d/x', '/x/y', '/dangling/x', '/circle/x', '/outside/d']) {
      expect([path, file.has(path)]).toEqual([path, false]);
    }
    expect(file.names('/group')).toEqual(['d', 'relative']);
    expect(elements(file.readNumbers('/group/relative'))).toEqual([1, 2]);
    expect(file.linkOf('/g/d')).toEqual({ kind: 'hard' });
    expect(file.linkOf('/')).toEqual({ kind: 'hard' });
    expect(file.linkOf('/group/relative')).toEqual({ kind: 'soft', target: 'd' });
    expect(file.linkOf('/outside')).toEqual({ kind: 'external', file: 'other.h5', target: '/g' });
    expect(['/', '/g', '/group', '/g/d', '/group/relative'].map((path) => file.kindOf(path))).toEqual([
      'group',
      'group',
      'group',
      'dataset',
      'dataset',
    ]);
    for (const path of ['/x', '/dangling', '/circle', '/outside', '/g/d/x']) {
      expect(() => file.kindOf(path)).toThrow(/does not exist/);
      expect(() => file.shapeOf(path)).toThrow(/is not a dataset/);
      expect(file.readText(path)).toBeUndefined();
    }
    expect(() => file.names('/g/d')).toThrow(/is not a group/);
    expect(() => file.readNumbers('/g')).toThrow(/is not a dataset/);
    expect(() => file.rows('/g/d')).toThrow(/is not a dataset of points/);
    expect(() => file.linkOf('/x')).toThrow(/does not exist/);
    file.close();
  });

  it.skipIf(!hasReaders())('tells where a dataset is, as h5py does', async () => {
    const path = join(temporaryFolder(), 'addresses.h5');
    const file = hdf5.create(path);
    file.apply({ op: 'group', path: '/g' });
    file.apply({ op: 'array', path: '/g/d', array: numbers('int8', [2], [1, 2]) });
    file.apply({ op: 'softLink', path: '/link', target: '/g/d' });
    const address = file.addressOf('/g/d');
    expect(file.addressOf('/link')).toBe(address);
    expect(() => file.addressOf('/g')).toThrow(/is not a dataset/);
    expect(() => file.addressOf('/nothing')).toThrow(/is not a dataset/);
    expect(file.virtualSourcesOf('/g/d')).toEqual([]);
    file.close();
    const script = 'import h5py, sys; print(h5py.h5o.get_info(h5py.File(sys.argv[1])["/g/d"].id).addr)';
    expect(BigInt((await runPython(['-c', script, path])).stdout)).toBe(address);
  });

  it('reads what it wrote', () => {
    const path = join(temporaryFolder(), 'own.h5');
    let file = hdf5.create(path);
    const attributes = { text: 'µ', number: 0.5, list: ['a', 'b'] };
    file.apply({ op: 'group', path: '/g', attributes });
    file.apply({ op: 'text', path: '/t', value: 'hé' });
    file.apply({ op: 'texts', path: '/ts', values: ['a', '', 'c'] });
    file.apply({ op: 'points', path: '/p', type: 'complex64', pointShape: [1], chunkRows: 4 });
    const values = numbers('complex64', [3, 1], [[1, 2], [3, 4], [5, NaN]]); // prettier-ignore
    file.append('/p', 0, values);
    file.close();
    file = hdf5.openForReading(path);
    expect(file.attributesOf('/g')).toEqual(new Map<string, unknown>(Object.entries(attributes)));
    expect(file.readText('/t')).toBe('hé');
    expect(file.readText('/ts')).toBeUndefined();
    expect(file.readTexts('/ts')).toEqual(['a', '', 'c']);
    expect(file.readTexts('/t')).toEqual(['hé']);
    expect(file.readNumbers('/p')).toEqual(values);
    expect(elements(file.readRows('/p', 1, 1))).toEqual([[3, 4]]);
    expect(file.readRows('/p', 3, 0).shape).toEqual([0, 1]);
    expect(() => file.readRows('/p', 2, 2)).toThrow(/has 3 rows/);
    expect(() => file.readTexts('/p')).toThrow(/holds no text/);
    expect(() => file.readNumbers('/t')).toThrow(/holds no numbers/);
    expect(file.shapeOf('/p')).toEqual([3, 1]);
    expect(file.shapeOf('/t')).toEqual([]);
    file.close();
    expect(() => file.readText('/t')).toThrow(/is closed/);
  });
});

describe.skipIf(!hasReaders())('files of other programs', () => {
  it('reads the types of h5py', async () => {
    const path = join(temporaryFolder(), 'h5py.h5');
    const script = `
import h5py, numpy, sys
with h5py.File(sys.argv[1], "w") as f:
    f["bool"] = numpy.array([True, False])
    f["half"] = numpy.array([0.5], "f2")
    f["big"] = numpy.array([1, -2], ">i4")
    f["bigfloat"] = numpy.array([0.5], ">f8")
    f["complex"] = numpy.array([1 + 2j])
    f["record"] = numpy.array([(1, 2.0)], [("a", "i4"), ("b", "f4")])
    f["nothing"] = h5py.Empty("f8")
    f["fixed"] = numpy.array([b"ab", b"c"], "S3")
    f["one"] = numpy.array(["x"], h5py.string_dtype())
    f["zipped"] = 1
    f.create_dataset("gzip", data=numpy.arange(100), chunks=(10,), compression="gzip")
    f.attrs["int"] = 2**60
    f.attrs["small"] = numpy.int8(3)
    f.attrs["array"] = numpy.array([1, 2], "i2")
    f.attrs["bytes"] = numpy.bytes_("fixed")
    f.attrs["null"] = h5py.Empty("f4")
    f.attrs["ref"] = f["bool"].ref
    f.attrs["flag"] = True
    f.attrs["texts"] = ["a", "b"]
`;
    expect((await runPython(['-c', script, path])).stderr).toBe('');
    const file = hdf5.openForReading(path);
    const values = (name: string): unknown => elements(file.readNumbers(name));
    expect(file.readNumbers('/bool').dtype).toBe('bool');
    expect(values('/bool')).toEqual([true, false]);
    expect(values('/half')).toEqual([0.5]);
    expect(values('/big')).toEqual([1, -2]);
    expect(values('/bigfloat')).toEqual([0.5]);
    expect(values('/complex')).toEqual([[1, 2]]);
    expect(() => values('/record')).toThrow(/holds no numbers/);
    expect(values('/nothing')).toEqual([]);
    expect(file.readTexts('/fixed')).toEqual(['ab', 'c']);
    expect(file.readText('/one')).toBe('x');
    expect(elements(file.readRows('/gzip', 55, 2))).toEqual([55n, 56n]);
    const attributes = file.attributesOf('/');
    expect(attributes.get('int')).toMatchObject({ dtype: 'int64', shape: [] });
    expect(attributes.get('small')).toBe(3);
    expect(attributes.get('array')).toMatchObject({ dtype: 'int16', shape: [2] });
    expect(attributes.get('bytes')).toBe('fixed');
    expect(attributes.get('null')).toBeUndefined();
    expect(attributes.get('ref')).toBeUndefined();
    expect(attributes.get('flag')).toBe(1);
    expect(attributes.get('texts')).toEqual(['a', 'b']);
    file.close();
  });
});
