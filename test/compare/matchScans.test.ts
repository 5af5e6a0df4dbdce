import { describe, expect, it } from 'vitest';
import type { FoundScan } from '../../src/compare/scans/findScans.js';
import { matchScans, namesOfScans } from '../../src/compare/scans/matchScans.js';

function scan(number: string, file: string, more: Partial<FoundScan> = {}): FoundScan {
  const [folder = '.', dataset = ''] = file.split('/');
  return { number, file, path: '/1.1', folder, dataset, start: undefined, title: undefined, ...more };
}

const pairs = (A: readonly FoundScan[], B: readonly FoundScan[]): unknown[] =>
  matchScans(A, B).map((match) => [match.A?.file, match.B?.file]);

describe('scans of two trees', () => {
  it('are matched by number and sub-scan', () => {
    const A = [scan('1.1', 'x/a'), scan('1.2', 'x/b')];
    const B = [scan('1.2', 'y/c'), scan('1.1', 'y/d'), scan('3.1', 'y/e')];
    expect(pairs(A, B)).toEqual([
      ['x/a', 'y/d'],
      ['x/b', 'y/c'],
      [undefined, 'y/e'],
    ]);
  });

  it('of several datasets are matched by their place, wherever their files stand', () => {
    const A = [scan('1.1', 'one/ds'), scan('1.1', 'two/ds'), scan('1.1', 'two/other')];
    const B = [scan('1.1', 'two/other'), scan('1.1', 'two/ds'), scan('1.1', 'one/ds')];
    expect(pairs(A, B)).toEqual([
      ['one/ds', 'one/ds'],
      ['two/ds', 'two/ds'],
      ['two/other', 'two/other'],
    ]);
    expect([...namesOfScans(matchScans(A, B)).values()]).toEqual([
      '1.1 of one/ds',
      '1.1 of two/ds',
      '1.1 of two/other',
    ]);
  });

  it('that were done again are matched by their start, then by their title', () => {
    const A = [
      scan('1.1', 'x/ds', { start: 10, title: 'ct' }),
      scan('1.1', 'x/ds', { start: 20, title: 'ascan' }),
    ];
    const B = [scan('1.1', 'x/ds', { start: 20 }), scan('1.1', 'x/ds', { start: 10 })];
    expect(matchScans(A, B).map((match) => [match.A?.start, match.B?.start])).toEqual([
      [10, 10],
      [20, 20],
    ]);
    const renamed = [scan('1.1', 'y/r', { title: 'ascan' }), scan('1.1', 'y/s', { title: 'ct' })];
    expect(matchScans(A, renamed).map((match) => [match.A?.title, match.B?.title])).toEqual([
      ['ct', 'ct'],
      ['ascan', 'ascan'],
    ]);
  });
});
