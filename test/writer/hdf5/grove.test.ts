import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { elementCount, itemSize, type DType, type NumericArray } from '../../../src/scan/index.js';
import {
  loadHdf5,
  type GroveAnswer,
  type GroveRequest,
  type Hdf5File,
} from '../../../src/writer/hdf5/index.js';
import { scratchDirectory } from '../../support/scratch.js';

const MOST = 1_000;

function counted(dtype: DType, shape: readonly number[]): NumericArray {
  const bytes = new Uint8Array(elementCount(shape) * itemSize(dtype));
  const values = dtype === 'float64' ? new Float64Array(bytes.buffer) : new Int16Array(bytes.buffer);
  for (let index = 0; index < values.length; index++) values[index] = index;
  return { dtype, shape, bytes };
}

describe('what a browser asks of a file', () => {
  let file: Hdf5File;

  beforeAll(async () => {
    const hdf5 = await loadHdf5();
    file = hdf5.create(path.join(await scratchDirectory(), 'grove.h5'));
    file.apply({
      op: 'group',
      path: '/entry',
      attributes: { NX_class: 'NXentry', default: 'plot', size: 3 },
    });
    file.apply({ op: 'text', path: '/entry/title', value: 'ascan µ <b>' });
    file.apply({ op: 'texts', path: '/entry/names', values: ['a', 'b'] });
    file.apply({ op: 'array', path: '/entry/image', array: counted('int16', [4, 3, 2]) });
    file.apply({ op: 'array', path: '/entry/one', array: counted('float64', []) });
    file.apply({
      op: 'array',
      path: '/entry/complex',
      array: { ...counted('float64', [4]), dtype: 'complex128', shape: [2] },
    });
    file.apply({ op: 'array', path: '/entry/large', array: counted('float64', [200]) });
    file.apply({ op: 'softLink', path: '/entry/link', target: '/entry/image' });
    file.apply({ op: 'softLink', path: '/entry/broken', target: '/nowhere' });
    file.apply({ op: 'externalLink', path: '/entry/other', file: '/etc/passwd', target: '/' });
    return () => {
      file.close();
    };
  });

  const ask = (what: 'meta' | 'attr' | 'paths', place: string): GroveAnswer =>
    file.ask({ what, path: place });
  const data = (
    place: string,
    selection?: Extract<GroveRequest, { what: 'data' }>['selection'],
  ): GroveAnswer => file.ask({ what: 'data', path: place, selection, maxBytes: MOST });
  const json = (value: unknown): GroveAnswer => ({ kind: 'json', value });
  const numbersOf = (answer: GroveAnswer): number[] => {
    if (answer.kind !== 'numbers') throw new Error(answer.kind);
    return [...new Int16Array(answer.array.bytes.buffer)];
  };

  it('a group comes with its children, links resolved where they lead to something in this file', () => {
    const { kind, value } = ask('meta', '/entry') as {
      kind: string;
      value: { children: { name: string }[] };
    };
    expect(kind).toBe('json');
    expect(value).toMatchObject({ name: 'entry', kind: 'group' });
    const child = (name: string): unknown => value.children.find((each) => each.name === name);
    expect(child('image')).toMatchObject({
      kind: 'dataset',
      shape: [4, 3, 2],
      type: { class: 0, size: 2, order: 0, sign: 1 },
    });
    expect(child('link')).toMatchObject({ kind: 'dataset', shape: [4, 3, 2] });
    expect(child('title')).toMatchObject({ shape: [], type: { class: 3, cset: 1, vlen: true } });
    expect(child('complex')).toMatchObject({ type: { class: 6, members: [{ name: 'r' }, { name: 'i' }] } });
    expect(child('broken')).toEqual({ name: 'broken', kind: 'soft_link', target_path: '/nowhere' });
    // Another file is named, and never opened.
    expect(child('other')).toEqual({
      name: 'other',
      kind: 'external_link',
      target_file: '/etc/passwd',
      target_path: '/',
    });
    expect(ask('meta', '/entry/other')).toEqual({ kind: 'nothing' });
  });

  it('attributes come with their values, and paths as hard links make them', () => {
    expect(ask('attr', '/entry')).toEqual(json({ NX_class: 'NXentry', default: 'plot', size: 3 }));
    const { value } = ask('paths', '/') as { value: string[] };
    expect(value).toEqual(expect.arrayContaining(['/', '/entry', '/entry/image']));
    expect(value).not.toContain('/entry/other');
  });

  it('values come whole or in part, also through a link', () => {
    expect(numbersOf(data('/entry/image'))).toEqual(Array.from({ length: 24 }, (_, index) => index));
    expect(numbersOf(data('/entry/link', [1, null, 0]))).toEqual([6, 8, 10]);
    expect(numbersOf(data('/entry/image', [[1, 3], 2, null]))).toEqual([10, 11, 16, 17]);
    expect(data('/entry/one')).toMatchObject({ kind: 'numbers', array: { shape: [] } });
    expect(data('/entry/title')).toEqual(json('ascan µ <b>'));
    expect(data('/entry/names')).toEqual(json(['a', 'b']));
  });

  it('what does not fit is refused', () => {
    expect(data('/entry/large')).toEqual({ kind: 'tooLarge', bytes: 1_600 });
    expect(data('/entry/large', [[0, 100]])).toMatchObject({ kind: 'numbers' });
    for (const selection of [[0], [4, 0, 0], [[3, 2], 0, 0], [0, 0, [0, 3]]] as const)
      expect(data('/entry/image', selection)).toMatchObject({ kind: 'refused' });
    expect(data('/entry')).toMatchObject({ kind: 'refused' });
    for (const place of ['/nothing', '/entry/title/x', '/entry/broken', '/../entry'])
      expect(data(place)).toEqual({ kind: 'nothing' });
  });
});
