import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { prepareDirectory } from '../../../src/writer/files/directories.js';
import { built } from '../../support/children.js';
import { canMount, temporaryMount } from '../../support/mounts.js';
import { thrown } from '../hdf5/support.js';
import { DIRECTORIES, modeOf, temporaryDirectory } from './support.js';

const refusal = (file: string, ...roots: string[]): unknown =>
  thrown(() => {
    prepareDirectory(file, roots, DIRECTORIES);
  });

describe('the directory of a file', () => {
  it('is made below a root', () => {
    const root = temporaryDirectory();
    prepareDirectory(path.join(root, 'a/b/c/x.h5'), [root], DIRECTORIES);
    expect(fs.statSync(path.join(root, 'a/b/c')).isDirectory()).toBe(true);
    prepareDirectory(path.join(root, 'a/b/c/x.h5'), [root], DIRECTORIES);
  });

  it('gets the mode that was asked for, and only where it is new', () => {
    const root = temporaryDirectory();
    fs.mkdirSync(path.join(root, 'old'), { mode: 0o700 });
    prepareDirectory(path.join(root, 'old/new/newer/x.h5'), [root], { dirMode: 0o2775, group: undefined });
    expect(['old', 'old/new', 'old/new/newer'].map((name) => modeOf(path.join(root, name)))).toEqual([
      0o700, 0o2775, 0o2775,
    ]);
  });

  it.skipIf(process.getuid?.() !== 0)('gets the group that was asked for', () => {
    const root = temporaryDirectory();
    prepareDirectory(path.join(root, 'a/x.h5'), [root], { dirMode: undefined, group: 4321 });
    expect(fs.statSync(path.join(root, 'a')).gid).toBe(4321);
    expect(fs.statSync(root).gid).not.toBe(4321);
  });

  it('is not made where the root is missing: its disk may not be mounted', () => {
    const root = path.join(temporaryDirectory(), 'unmounted');
    expect(refusal(path.join(root, 'a/x.h5'), root)).toMatchObject({
      tag: 'target',
      retryable: true,
      subject: root,
      message: expect.stringMatching(/does not exist: is its disk mounted\?/) as string,
    });
    expect(fs.existsSync(root)).toBe(false);
  });

  it('is not made where the root is a file', () => {
    const root = path.join(temporaryDirectory(), 'file');
    fs.writeFileSync(root, '');
    expect(refusal(path.join(root, 'x.h5'), root)).toMatchObject({
      tag: 'target',
      message: expect.stringContaining('is a file') as string,
    });
  });

  it.each(['a', 'a/b', 'a/b/c'])('is not made where the file a stands in the way of %s', (directory) => {
    const root = temporaryDirectory();
    fs.writeFileSync(path.join(root, 'a'), '', { mode: 0o777 });
    expect(refusal(path.join(root, directory, 'x.h5'), root)).toMatchObject({
      tag: 'target',
      message: expect.stringContaining(`${root}/a is a file`) as string,
    });
  });
});

describe('links on the way', () => {
  it('that lead out of the roots are refused, and nothing is made behind them', () => {
    const [root, outside] = [temporaryDirectory(), temporaryDirectory()];
    fs.symlinkSync(outside, path.join(root, 'link'));
    for (const name of ['link/x.h5', 'link/new/x.h5', 'link/../link/new/x.h5']) {
      expect(refusal(path.join(root, name), root)).toMatchObject({
        tag: 'usage',
        message: expect.stringContaining('--root') as string,
      });
    }
    expect(fs.readdirSync(outside)).toEqual([]);
  });

  it('may lead from one root to another, and stay inside one', () => {
    const [root, other] = [temporaryDirectory(), temporaryDirectory()];
    fs.symlinkSync(other, path.join(root, 'other'));
    fs.mkdirSync(path.join(root, 'real'));
    fs.symlinkSync('real', path.join(root, 'inside'));
    prepareDirectory(path.join(root, 'other/new/x.h5'), [root, other], DIRECTORIES);
    prepareDirectory(path.join(root, 'inside/new/x.h5'), [root], DIRECTORIES);
    expect(fs.existsSync(path.join(other, 'new'))).toBe(true);
    expect(fs.existsSync(path.join(root, 'real/new'))).toBe(true);
  });

  it('may be the root itself', () => {
    const [real, above] = [temporaryDirectory(), temporaryDirectory()];
    const root = path.join(above, 'root');
    fs.symlinkSync(real, root);
    prepareDirectory(path.join(root, 'new/x.h5'), [root], DIRECTORIES);
    expect(fs.existsSync(path.join(real, 'new'))).toBe(true);
  });

  it.each([
    ['dangle', 'nowhere'],
    ['go round in a circle', 'link'],
  ])('that %s are told in a sentence', (_, leadsTo) => {
    const root = temporaryDirectory();
    fs.symlinkSync(leadsTo, path.join(root, 'link'));
    expect(refusal(path.join(root, 'link/x.h5'), root)).toMatchObject({ tag: 'target' });
  });
});

describe('a directory that cannot be written', () => {
  it.runIf(canMount)('because it is read-only says so', () => {
    const root = temporaryMount('ro');
    const readOnly = { tag: 'target', message: expect.stringContaining('read-only') as string };
    expect(refusal(path.join(root, 'x.h5'), root)).toMatchObject(readOnly);
    expect(refusal(path.join(root, 'new/x.h5'), root)).toMatchObject(readOnly);
  });

  it('because of its rights says whose', () => {
    const root = temporaryDirectory();
    fs.chmodSync(root, 0o555);
    const code = `import { prepareDirectory } from ${built('writer/files/directories.js')};
      for (const name of ['x.h5', 'new/x.h5']) {
        const file = ${JSON.stringify(root)} + '/' + name;
        try { prepareDirectory(file, [${JSON.stringify(root)}], {}); console.log('nothing thrown'); }
        catch (error) { console.log(error.tag, error.message); }
      }`;
    // Root may write everywhere, so it becomes somebody else.
    const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const args = ['--input-type=module', '-e', code];
    const printed = execFileSync(process.execPath, args, { ...user, cwd: '/', encoding: 'utf8' });
    const lines = printed.trim().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/^target .*no permission/);
  });
});
