import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkFile, CheckThread, type CheckedFile } from '../../src/check/index.js';
import { openView } from '../../src/reading/index.js';
import { walk } from '../../src/check/walk.js';
import { loadHdf5 } from '../../src/writer/index.js';
import { hasReaders } from '../support/python.js';
import { scratchDirectory } from '../support/scratch.js';
import { makeFiles } from './support.js';

let folder: string;
beforeAll(async () => {
  folder = await scratchDirectory();
});

const kindsOf = ({ kinds }: CheckedFile): string[] =>
  kinds.map(({ severity, rule, count }) => `${count} ${severity} ${rule}`);

describe.skipIf(!hasReaders())('the walk through a file', () => {
  beforeAll(() => makeFiles(folder));
  const check = (name: string): Promise<CheckedFile> => checkFile(path.join(folder, `${name}.h5`));

  it('meets each object once, also where hard links go round', async () => {
    const checked = await check('hard_loop');
    expect(kindsOf(checked)).toEqual(['1 note loop']);
    expect(checked.findings[0]).toMatchObject({ path: '/1.1/instrument/loop' });
    const view = openView(path.join(folder, 'hard_loop.h5'), await loadHdf5(), () => undefined);
    const paths = [...walk(view.root)].map(({ path: at }) => at);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths).toContain('/1.1/instrument/samy/value');
    view.close();
  });

  it('says what it left out of a file that is too deep or too wide', async () => {
    const deep = (await check('deep')).findings.find(({ rule }) => rule === 'too-large');
    expect(deep?.sentence).toContain('nested deeper than 100 levels');
    const wide = await check('wide');
    expect(kindsOf(wide)).toContain('1 note too-large');
    expect(kindsOf(wide)).toContain('20000 error link');
    expect(wide.findings.filter(({ severity }) => severity === 'error')).toHaveLength(1000);
    const view = openView(path.join(folder, 'good.h5'), await loadHdf5(), () => undefined);
    const few = [...walk(view.root, 10)];
    expect(few.at(-1)).toMatchObject({ kind: 'cut', reason: 'The file has more than 10 names' });
    expect(few.length).toBeLessThan(12);
    view.close();
  });

  it('says that a name is no UTF-8 and checks the rest', async () => {
    expect(kindsOf(await check('odd_names'))).toEqual(
      expect.arrayContaining(['1 warning name', '1 warning link']),
    );
  });

  it('closes the files that links led to', async () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    for (let round = 0; round < 20; round++) await check('same_names');
    expect(open()).toBe(before);
  });
});

describe('a damaged file', () => {
  /** A file of which the first text in its global heap claims this many bytes. */
  async function withTextOf(bytes: bigint): Promise<string> {
    const file = path.join(folder, `text_${bytes}.h5`);
    const made = (await loadHdf5()).create(file);
    made.apply({ op: 'attributes', path: '/', attributes: { NX_class: 'NXroot' } });
    made.apply({ op: 'group', path: '/1.1', attributes: { NX_class: 'NXentry' } });
    made.apply({ op: 'text', path: '/1.1/title', value: 'ascan' });
    made.close();
    const content = readFileSync(file);
    const heap = content.indexOf('GCOL');
    expect(heap).toBeGreaterThan(0);
    content.writeBigUInt64LE(bytes, heap + 24);
    writeFileSync(file, content);
    return file;
  }

  it('is said to be damaged where it cannot be read', async () => {
    const { findings } = await checkFile(await withTextOf(2n ** 64n - 8n));
    expect(findings.map(({ rule }) => rule)).toContain('damaged');
    expect(findings[0]?.sentence).toMatch(
      /cannot be read \(cannot read attributes .*every reader fails there/,
    );
  });

  it('on which HDF5 does not come to an end is given up, and the next one checked', async () => {
    const thread = new CheckThread(5000);
    const file = await withTextOf(0n);
    await expect(thread.check(file)).rejects.toThrow(/does not come to an end/);
    const fine = path.join(folder, 'fine.h5');
    (await loadHdf5()).create(fine).close();
    expect(kindsOf(await thread.check(fine))).toEqual(['1 note class']);
    expect(kindsOf(await thread.check(fine))).toEqual(['1 note class']);
    await thread.close();
  });
});
