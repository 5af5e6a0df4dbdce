import { describe, expect, it } from 'vitest';
import { DEFAULT_LAYOUT } from '../../src/layout/index.js';
import { interpretationOf, storageOf } from '../../src/layout/storage.js';

describe('rows of one chunk', () => {
  it.each([
    ['a planned scan of scalars: its points', 'float64', [], 100, 100],
    ['one point', 'float64', [], 1, 1],
    ['a long scan: 4096', 'float64', [], 100_000, 4096],
    ['an open scan: 1024', 'float64', [], undefined, 1024],
    ['npoints 0: 1024', 'float64', [], 0, 1024],
    ['a negative plan: 1024', 'float64', [], -5, 1024],
    ['texts as scalars', 'text', [], undefined, 1024],
    ['spectra: 256 KiB', 'uint32', [1024], undefined, 64],
    ['short spectra: no more than the scan has', 'uint32', [16], 10, 10],
    ['short spectra of an open scan: 4096', 'uint8', [2], undefined, 4096],
    ['images: one', 'uint16', [2048, 2048], 100, 1],
    ['empty spectra', 'float64', [0], undefined, 4096],
  ] as const)('%s', (_, type, pointShape, npoints, rows) => {
    expect(storageOf(type, pointShape, npoints, DEFAULT_LAYOUT)).toEqual({ chunkRows: rows });
  });
});

it('tells readers what one point is', () => {
  const shapes = [[], [5], [5, 6], [5, 6, 7], [1, 2, 3, 4]];
  expect(shapes.map(interpretationOf)).toEqual([undefined, 'spectrum', 'image', 'vertex', undefined]);
});
