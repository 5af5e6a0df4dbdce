import fs, { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ready } from 'h5wasm/node';
import { beforeAll, expect, it, vi } from 'vitest';
import { loadHdf5, type Hdf5Library } from '../../../src/writer/hdf5/index.js';
import { numbers, temporaryFolder, thrown } from './support.js';

let hdf5: Hdf5Library;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});

/** Bytes of the library's memory and open descriptors, neither of which may grow. */
async function held(): Promise<{ heap: number; descriptors: number }> {
  const module = await ready;
  return { heap: module.HEAPU8.length, descriptors: readdirSync('/proc/self/fd').length };
}

it('20000 appends and as many rewritten texts hold nothing', async () => {
  const file = hdf5.create(join(temporaryFolder(), 'appends.h5'));
  file.apply({ op: 'points', path: '/p', type: 'float64', pointShape: [], chunkRows: 1024 });
  file.apply({ op: 'points', path: '/t', type: 'text', pointShape: [], chunkRows: 1024 });
  file.apply({ op: 'text', path: '/status', value: '' });
  const points = numbers('float64', [10], new Array<number>(10).fill(1));
  const append = (row: number): void => {
    file.append('/p', 10 * row, points);
    file.appendTexts('/t', row, [`text ${row}`]);
    if (row % 10 === 0) file.rewriteText('/status', `row ${row}`);
    if (row % 100 === 0) file.flush();
  };
  for (let row = 0; row < 1000; row++) append(row);
  const before = await held();
  for (let row = 1000; row < 21_000; row++) append(row);
  expect(await held()).toEqual(before);
  expect(file.readTexts('/t').at(-1)).toBe('text 20999');
  file.close();
});

it('20000 calls that fail hold nothing', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'failing.h5');
  const file = hdf5.create(path);
  file.apply({ op: 'group', path: '/g', attributes: { a: 1 } });
  file.apply({ op: 'points', path: '/p', type: 'float64', pointShape: [], chunkRows: 1024 });
  const reader = hdf5.create(join(folder, 'reader.h5'));
  reader.apply({ op: 'points', path: '/p', type: 'float64', pointShape: [], chunkRows: 1024 });
  reader.close();
  const readOnly = hdf5.openForReading(reader.path);
  const points = numbers('float64', [1], [1]);
  const failing = [
    () => hdf5.openForReading(join(folder, 'nothing.h5')),
    () => hdf5.create(join(folder, 'no', 'file.h5')),
    () => {
      file.apply({ op: 'group', path: '/g' });
    },
    () => {
      file.apply({ op: 'attributes', path: '/g', attributes: { a: 1 } });
    },
    () => {
      file.apply({ op: 'points', path: '/x/y', type: 'text', pointShape: [], chunkRows: 1 });
    },
    () => file.readNumbers('/nothing/at/all'),
    () => {
      file.append('/nothing', 0, points);
    },
    () => {
      readOnly.append('/p', 0, points);
    },
  ];
  const failAll = (): void => {
    for (const call of failing) expect(thrown(call)).toHaveProperty('tag', 'hdf5');
  };
  for (let round = 0; round < 100; round++) failAll();
  const before = await held();
  for (let round = 0; round < 2500; round++) failAll();
  expect(await held()).toEqual(before);
  readOnly.close();
  file.append('/p', 0, points);
  file.close();
});

it('reading texts and points larger than a block holds nothing', async () => {
  const file = hdf5.create(join(temporaryFolder(), 'reading.h5'));
  const texts = Array.from({ length: 1000 }, (_, index) => `text ${index} `.repeat(20));
  file.apply({ op: 'texts', path: '/t', values: texts, attributes: { list: texts.slice(0, 100) } });
  file.apply({ op: 'points', path: '/frames', type: 'uint8', pointShape: [9000, 9000], chunkRows: 1 });
  file.append('/frames', 1, { dtype: 'uint8', shape: [1, 9000, 9000], bytes: new Uint8Array(81_000_000) });
  const read = (): void => {
    for (let repeat = 0; repeat < 20; repeat++) file.readTexts('/t');
    expect(file.attributesOf('/t').get('list')).toHaveLength(100);
    expect(file.readRows('/frames', 0, 1).bytes).toHaveLength(81_000_000);
  };
  for (let round = 0; round < 3; round++) read();
  const before = await held();
  for (let round = 0; round < 30; round++) read();
  expect(await held()).toEqual(before);
  file.close();
});

it('1000 files that cannot be closed hold nothing', async () => {
  const path = join(temporaryFolder(), 'failing.h5');
  const failToClose = (): void => {
    const file = hdf5.create(path);
    file.apply({ op: 'group', path: '/g' });
    const writing = vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28 });
    });
    expect(() => {
      file.close();
    }).toThrow(/No space left on device/);
    writing.mockRestore();
  };
  for (let round = 0; round < 50; round++) failToClose();
  const before = await held();
  for (let round = 0; round < 1000; round++) failToClose();
  expect(await held()).toEqual(before);
});

it('opening and closing 1000 times holds nothing', async () => {
  const path = join(temporaryFolder(), 'file.h5');
  const cycle = (): void => {
    const file = hdf5.create(path);
    file.apply({ op: 'points', path: '/p', type: 'text', pointShape: [], chunkRows: 1024 });
    file.appendTexts('/p', 0, ['a']);
    file.close();
    const again = hdf5.openForAppend(path);
    again.appendTexts('/p', 1, ['b']);
    expect(again.readTexts('/p')).toEqual(['a', 'b']);
    again.close();
  };
  for (let round = 0; round < 100; round++) cycle();
  const before = await held();
  for (let round = 0; round < 1000; round++) cycle();
  expect(await held()).toEqual(before);
});
