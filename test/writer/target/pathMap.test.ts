import { describe, expect, it } from 'vitest';
import { ScanWriterError } from '../../../src/scan/index.js';
import { isBelowOrSame, parseMapRule, PathMap } from '../../../src/writer/target/index.js';
import { thrown } from '../hdf5/support.js';

const mapped = (file: string, ...rules: string[]): string => new PathMap(rules.map(parseMapRule)).apply(file);

describe('--map', () => {
  it('puts TO in the place of FROM', () => {
    expect(mapped('/mnt/data/x/y.h5', '/mnt/data=/data')).toBe('/data/x/y.h5');
    expect(mapped('/mnt/data', '/mnt/data=/data')).toBe('/data');
  });

  it('leaves other paths as they are', () => {
    expect(mapped('/other/y.h5', '/mnt/data=/data')).toBe('/other/y.h5');
  });

  it('maps whole path components only', () => {
    expect(mapped('/mnt/data2/y.h5', '/mnt/data=/data')).toBe('/mnt/data2/y.h5');
    expect(mapped('/mnt/data/..y.h5', '/mnt/data=/data')).toBe('/data/..y.h5');
  });

  it('takes the longest FROM, in whatever order they are given', () => {
    const rules = ['/mnt=/a', '/mnt/data/inhouse=/c', '/mnt/data=/b'];
    for (const order of [rules, [...rules].reverse()]) {
      expect(mapped('/mnt/data/inhouse/y.h5', ...order)).toBe('/c/y.h5');
      expect(mapped('/mnt/data/y.h5', ...order)).toBe('/b/y.h5');
      expect(mapped('/mnt/y.h5', ...order)).toBe('/a/y.h5');
    }
  });

  it('does not mind trailing slashes', () => {
    expect(mapped('/mnt/data/y.h5', '/mnt/data//=/data/')).toBe('/data/y.h5');
  });

  it('can map everything', () => {
    expect(mapped('/mnt/y.h5', '/=/data')).toBe('/data/mnt/y.h5');
  });

  it('splits at the first =', () => {
    expect(parseMapRule('/a=/b=c')).toEqual({ from: '/a', to: '/b=c' });
  });

  it('makes a relative TO absolute', () => {
    expect(parseMapRule('/a=b').to).toBe(`${process.cwd()}/b`);
  });

  it('names its TOs as roots', () => {
    expect(new PathMap([parseMapRule('/a=/b'), parseMapRule('/c/d=/e')]).targets.sort()).toEqual([
      '/b',
      '/e',
    ]);
  });

  it.each(['', '/a', '=/b', '/a=', 'a=/b'])('refuses %j in a sentence', (text) => {
    const error = thrown(() => parseMapRule(text));
    expect(error).toBeInstanceOf(ScanWriterError);
    expect(error).toMatchObject({ tag: 'usage', message: expect.stringContaining('FROM=TO') as string });
  });
});

it.each([
  ['/a/b', '/a', true],
  ['/a', '/a', true],
  ['/a', '/a/b', false],
  ['/ab', '/a', false],
  ['/a/../b', '/a', false],
  ['/a/..b', '/a', true],
  ['/x', '/', true],
])('%s below or same as %s: %s', (file, directory, is) => {
  expect(isBelowOrSame(file, directory)).toBe(is);
});
