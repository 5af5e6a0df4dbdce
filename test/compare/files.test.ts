import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CompareThread, compareTrees } from '../../src/compare/index.js';
import { loadHdf5 } from '../../src/writer/index.js';
import { hasReaders, runPython } from '../support/python.js';
import { scratchDirectory } from '../support/scratch.js';
import { foundBetween } from './support.js';

let folder: string;
beforeAll(async () => {
  folder = await scratchDirectory();
});

const at = (name: string): string => path.join(folder, name);

describe.skipIf(!hasReaders())('odd files', () => {
  beforeAll(async () => {
    const { status, stderr } = await runPython([path.join(import.meta.dirname, 'make_files.py'), folder]);
    expect(status, stderr).toBe(0);
  });
  const between = (name: string): Promise<string[]> => foundBetween(at(`${name}_a.h5`), at(`${name}_b.h5`));

  it('whose links go round are compared to an end', async () => {
    expect(await between('loops')).toEqual([]);
    const maze = await between('maze');
    expect(maze).toContain('metadata g4 is missing in A');
    expect(maze.length).toBeLessThan(40);
  });

  it('that claim more than anybody can have written are not read through', async () => {
    expect(await between('claim')).toEqual([
      expect.stringMatching(
        /^counter huge was not compared: it claims 8000000000000 bytes, and its files have/,
      ),
    ]);
  });

  it('with records and enumerations are compared by their bytes', async () => {
    expect(await between('types')).toEqual([
      expect.stringMatching(
        /^counter records: point 1 of 2 differs: 0x03.* in A, 0x03.* in B \(1 point differs\)$/,
      ),
      expect.stringMatching(/^counter shutter: point 2 of 3 differs: 0x01000000 in A, 0x00000000 in B/),
    ]);
  });

  it('with lists, which cannot be read here, are never said to be the same', async () => {
    expect(await between('lists')).toEqual([
      expect.stringContaining('counter lists was not compared: it holds'),
    ]);
  });

  it('with many texts are compared a part after the other', async () => {
    expect(await between('texts')).toEqual([
      expect.stringMatching(/^counter texts: point 9000 of 10000 differs: "text 9000 " in A, "other" in B/),
    ]);
  });

  it('with rows that are larger than the memory for them are compared', async () => {
    expect(await between('wide')).toEqual([
      'images wide: image 1 of 2, row 2999, column 999, differs: 0 in A, 1 in B (1 pixel differs)',
    ]);
  });

  it('with chunks across the rows are told the first point that differs all the same', async () => {
    expect(await between('across')).toEqual([
      'spectra across: point 5 of 2000, channel 2500, differs: 0 in A, 1 in B (2 values differ, by 2 at most)',
    ]);
  });

  it('of which both lack the images are not said to be the same', async () => {
    expect((await between('sources')).map((sentence) => sentence.replace(/^.*: there/, 'there'))).toEqual([
      'there is no file nofile.h5, of which it is made, on either side',
      'there is no file nofile.h5, which it leads to',
    ]);
  });

  it('without scans are compared as they are', async () => {
    expect(await foundBetween(at('plain.h5'), at('plain_2.h5'))).toEqual([
      'metadata values: value 2 of 3 differs: 3 in A, 4 in B (1 value differs)',
    ]);
  });

  it('of one tree are each read once, and one that is damaged is named', async () => {
    const found = await foundBetween(at('tree_a'), at('tree_b'));
    expect(found).toHaveLength(2);
    for (const sentence of found) expect(sentence).toMatch(/damaged\.h5 was not compared: .*truncated/);
  });

  it.each(['nofile.h5', 'text.h5', 'empty'])('that are none are refused: %s', async (name) => {
    await expect(compareTrees(at(name), at('plain.h5'))).rejects.toMatchObject({ tag: 'usage' });
  });

  it('that were cut off are no usage error', async () => {
    await expect(compareTrees(at('cut.h5'), at('plain.h5'))).rejects.toMatchObject({ tag: 'hdf5' });
  });
});

it('compares the rest of a scan of which the start is damaged', async () => {
  const write = async (name: string, title: string, isDamaged: boolean): Promise<string> => {
    const file = at(name);
    const made = (await loadHdf5()).create(file);
    made.apply({ op: 'group', path: '/1.1', attributes: {} });
    made.apply({ op: 'text', path: '/1.1/start_time', value: '2026-01-01T00:00:00Z' });
    made.close();
    if (isDamaged) {
      // The first text of the global heap claims more bytes than there are.
      const content = readFileSync(file);
      content.writeBigUInt64LE(2n ** 64n - 8n, content.indexOf('GCOL') + 24);
      writeFileSync(file, content);
    }
    const again = (await loadHdf5()).openForAppend(file);
    again.apply({ op: 'group', path: `/1.1/${title}`, attributes: {} });
    again.close();
    return file;
  };
  const found = await foundBetween(
    await write('whole.h5', 'one', false),
    await write('start.h5', 'two', true),
  );
  expect(found).toEqual([
    'metadata one is missing in B',
    'metadata two is missing in A',
    expect.stringMatching(/^metadata start_time was not compared: cannot read .*start\.h5/),
  ]);
});

it('gives up files on which HDF5 does not come to an end', async () => {
  const file = at('endless.h5');
  const made = (await loadHdf5()).create(file);
  made.apply({ op: 'group', path: '/1.1', attributes: { NX_class: 'NXentry' } });
  made.apply({ op: 'text', path: '/1.1/title', value: 'ascan' });
  made.close();
  const content = readFileSync(file);
  content.writeBigUInt64LE(0n, content.indexOf('GCOL') + 24);
  writeFileSync(file, content);
  const thread = new CompareThread(5000);
  await expect(thread.compare(file, file)).rejects.toThrow(/does not come to an end/);
  await thread.close();
});
