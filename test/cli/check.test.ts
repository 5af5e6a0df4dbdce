import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeFiles } from '../check/support.js';
import { scanWriter, type CliResult } from '../support/cli.js';
import { hasReaders } from '../support/python.js';
import { scratchDirectory } from '../support/scratch.js';

describe.skipIf(!hasReaders())('scan-writer check', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await scratchDirectory();
    await makeFiles(folder);
  });

  const at = (name: string): string => path.join(folder, name);
  const check = (...names: string[]): Promise<CliResult> => scanWriter(['check', ...names.map(at)]);

  it('says nothing about a good file and ends with 0', async () => {
    expect(await check('good.h5', 'second.h5')).toEqual({
      status: 0,
      stdout: `${at('good.h5')}: nothing found\n${at('second.h5')}: nothing found\n2 files checked: 0 errors, 0 warnings, 0 notes\n`,
      stderr: '',
    });
  });

  it('ends with 0 for warnings and notes, and with 5 for an error', async () => {
    const warned = await check('motor_text.h5', 'column_text.h5');
    expect(warned).toMatchObject({ status: 0, stderr: '' });
    expect(warned.stdout).toMatch(/2 files checked: 0 errors, 1 warning, 1 note\n$/);
    const wrong = await check('good.h5', 'same_names.h5', 'title_number.h5');
    expect(wrong.status).toBe(5);
    expect(wrong.stdout.split('\n')).toContain(
      '  error    /1.1/title  The title is no text: PyMca cannot show the scan.',
    );
  });

  it('puts the worst first', async () => {
    const { stdout } = await check('default_missing.h5', 'wide.h5');
    const ofWide = stdout.slice(stdout.indexOf('wide.h5'));
    const severities = [...ofWide.matchAll(/^ {2}(\w+) +\//gm)].map(([, severity]) => severity);
    expect(severities).toEqual([...new Array<string>(20).fill('error'), 'note', 'note']);
    expect(ofWide).toContain('error    and 19980 more by the rule link\n');
  });

  it('prints one JSON object', async () => {
    const names = ['good.h5', 'title_number.h5', 'no.h5'];
    const { status, stdout, stderr } = await scanWriter(['check', '--json', ...names.map(at)]);
    expect(status).toBe(2);
    expect(stderr).toBe(`scan-writer: ${at('no.h5')} does not exist.\n`);
    expect(JSON.parse(stdout)).toEqual({
      files: [
        { file: at('good.h5'), errors: 0, warnings: 0, notes: 0, findings: [] },
        {
          file: at('title_number.h5'),
          errors: 1,
          warnings: 0,
          notes: 0,
          findings: [
            {
              severity: 'error',
              rule: 'entry',
              path: '/1.1/title',
              sentence: 'The title is no text: PyMca cannot show the scan.',
            },
          ],
        },
        { file: at('no.h5'), failure: `${at('no.h5')} does not exist.` },
      ],
      errors: 1,
      warnings: 0,
      notes: 0,
    });
  });

  it('lets no name of a file steer the terminal', async () => {
    const file = 'odd\x1b[2J.h5';
    await copyFile(at('odd_names.h5'), at(file));
    for (const options of [[], ['--json']]) {
      const { stdout, stderr } = await scanWriter(['check', at(file), at('no\x1b]0;x\x07.h5'), ...options]);
      expect(stdout + stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
      expect(stdout).toContain(String.raw`/3.1\u001b[2J\u202e\u009b/a`);
    }
  });

  it.each<[string, (file: string) => Promise<unknown>, number, RegExp]>([
    ['a text', (file) => writeFile(file, 'x'.repeat(1000)), 1, /Cannot open .*It is not an HDF5 file\.$/m],
    ['an empty file', (file) => writeFile(file, ''), 1, /is empty\.$/m],
    [
      'half a file',
      async (file) => {
        const whole = await readFile(at('good.h5'));
        await writeFile(file, whole.subarray(0, whole.length / 2));
      },
      1,
      /Cannot open .*Its end is missing/,
    ],
    ['a folder', (file) => mkdir(file), 2, /is not a file\.$/m],
    ['nothing', () => Promise.resolve(), 2, /does not exist\.$/m],
  ])('says in one sentence that %s cannot be checked, and goes on', async (_, make, status, sentence) => {
    const file = at(`made ${Math.random()}.h5`);
    await make(file);
    const result = await scanWriter(['check', file, at('good.h5')]);
    expect(result.status).toBe(status);
    expect(result.stderr).toMatch(/^scan-writer: .*\.\n$/);
    expect(result.stderr).toMatch(sentence);
    expect(result.stdout).toBe(
      `${at('good.h5')}: nothing found\n1 file checked: 0 errors, 0 warnings, 0 notes; 1 file not read\n`,
    );
  });

  it('does not wait for a pipe', async () => {
    expect(await check('pipe')).toMatchObject({ status: 2 });
  });

  it('needs a file', async () => {
    expect(await scanWriter(['check'])).toMatchObject({ status: 2, stdout: '' });
    expect(await scanWriter(['check', at('good.h5'), '--nonsense'])).toMatchObject({ status: 2 });
  });
});
