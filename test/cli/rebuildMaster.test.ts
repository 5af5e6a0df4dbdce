import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { scanWriter } from '../support/cli.js';
import { EventsOf, scanOf } from '../support/scanInfo.js';
import { modeOf } from '../writer/files/support.js';
import { benchIn, infoIn, sourceOf, write } from '../writer/support.js';

/** A directory with scans of the dataset `a`, and no master. */
async function scans(...numbers: number[]): Promise<string> {
  const bench = benchIn();
  for (const number of numbers) {
    const info = infoIn(bench.directory, { scan_nb: BigInt(number) });
    const events = new EventsOf(scanOf(`s:data:${number}_ascan`, number), info);
    await write(bench, sourceOf(events.started(), events.ended()));
  }
  fs.rmSync(path.join(bench.directory, 'a.h5'), { force: true });
  return bench.directory;
}

const rebuild = (...args: string[]) => scanWriter(['rebuild-master', ...args]);

describe('rebuild-master', () => {
  it('says what it made, as JSON too', async () => {
    const [one, two] = [await scans(1, 2), await scans(7)].map((directory) => path.join(directory, 'a.h5'));
    const result = await rebuild(one ?? '', two ?? '', '--file-mode', '0440', '--json');
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(result.stdout)).toEqual({
      masters: [
        { file: one, links: 2, dropped: [], unreadable: [] },
        { file: two, links: 1, dropped: [], unreadable: [] },
      ],
    });
    expect(modeOf(one ?? '')).toBe(0o440);
    fs.rmSync(path.join(path.dirname(one ?? ''), 'a_scan0001.h5'));
    const again = await rebuild(one ?? '');
    expect(again).toMatchObject({ status: 0, stdout: `${one}\n` });
    expect(again.stderr).toMatch(/: 1 link\ndropped: 1\.1, .*a_scan0001\.h5: the file does not exist\n$/);
  });

  it('names files that cannot be read, and ends with 4', async () => {
    const directory = await scans(1);
    const broken = path.join(directory, 'a_scan0002.h5');
    fs.writeFileSync(broken, 'half a file');
    const result = await rebuild(path.join(directory, 'a.h5'), '--json');
    expect(result.status).toBe(4);
    const { masters } = JSON.parse(result.stdout) as { masters: { links: number; unreadable: unknown[] }[] };
    expect(masters).toMatchObject([{ links: 1, unreadable: [{ file: broken }] }]);
  });

  it('says where the links are when another program’s file has the name', async () => {
    const directory = await scans(1);
    fs.writeFileSync(path.join(directory, 'a.h5'), 'precious');
    const result = await rebuild(path.join(directory, 'a.h5'));
    expect(result).toMatchObject({ status: 0, stdout: `${path.join(directory, 'a_master.h5')}\n` });
    expect(result.stderr).toContain('--force replaces it');
    expect(fs.readFileSync(path.join(directory, 'a.h5'), 'utf8')).toBe('precious');
    expect((await rebuild(path.join(directory, 'a.h5'), '--force')).stdout).toBe(`${directory}/a.h5\n`);
  });

  it.each<[string, string[], RegExp]>([
    ['no file', [], /missing required argument/],
    ['a directory that is not there', ['DIR/none/a.h5'], /There is no directory .*none: name the master/],
    ['a directory', ['DIR'], /is a directory: name the master in it/],
    ['a name without any scan', ['DIR/b.h5'], /No scan of ours belongs to .*--below.*--file-template/],
    ['a template of nothing', ['DIR/a.h5', '--file-template', 'x.h5'], /gives every scan the same file/],
    ['both ways to find files', ['DIR/a.h5', '--below', '--file-template', '{name}.h5'], /first\.\n$/],
    ['a mode that is none', ['DIR/a.h5', '--file-mode', 'rw'], /--file-mode: write permission bits/],
  ])('refuses %s with 2 and one sentence', async (_, args, sentence) => {
    const directory = await scans(1);
    const before = fs.readdirSync(directory);
    const result = await rebuild(...args.map((arg) => arg.replace('DIR', directory)));
    expect(result).toMatchObject({ status: 2, stdout: '' });
    expect(result.stderr).toMatch(sentence);
    expect(fs.readdirSync(directory)).toEqual(before);
  });

  it('makes the others when one cannot be made', async () => {
    const directory = await scans(1);
    const result = await rebuild(path.join(directory, 'b.h5'), path.join(directory, 'a.h5'));
    expect(result).toMatchObject({ status: 2, stdout: `${path.join(directory, 'a.h5')}\n` });
  });
});
