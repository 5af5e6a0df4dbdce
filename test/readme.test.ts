import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { scanWriter } from './support/cli.js';

const ROOT = path.resolve(import.meta.dirname, '..');
const PAGES = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...markdownIn('docs')];
/** Folders that are only there when something was built or run. */
const MADE = /^(dist|docs\/api)(\/|$)/;

const textOf = (page: string): string => readFileSync(path.join(ROOT, page), 'utf8');

function markdownIn(folder: string): string[] {
  const names = readdirSync(path.join(ROOT, folder)).filter((name) => name.endsWith('.md'));
  return names.sort().map((name) => `${folder}/${name}`);
}

/** Command lines of the code blocks for a shell, continued lines joined. */
function commandLines(page: string): string[] {
  const blocks = [...textOf(page).matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block);
  return blocks.flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'));
}

/** The commands of scan-writer that the pages show, with what follows them. */
function shownCommands(page: string): { line: string; command: string; options: string[] }[] {
  return commandLines(page).flatMap((line) => {
    const [, rest = ''] = /(?:^|\s)(?:scan-writer|dist\/cli\/main\.js) (.*)$/.exec(line) ?? [];
    const words = rest.split(/\s+/).filter((word) => word !== '' && word !== '&');
    const [command] = words;
    if (command === undefined) return [];
    return [{ line, command, options: words.filter((word) => word.startsWith('--')) }];
  });
}

describe('README', () => {
  it('has every command of --help in its table, and no other', async () => {
    const { stdout } = await scanWriter(['--help']);
    const listed = stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}(\w+)/gm);
    const commands = [...listed].map(([, name]) => name).filter((name) => name !== 'help');
    const inTable = [...textOf('README.md').matchAll(/^\| `scan-writer (\w+)/gm)].map(([, name]) => name);
    expect(inTable.sort()).toEqual(commands.sort());
  });
});

describe.each(PAGES)('%s', (page) => {
  it('links only to what exists', () => {
    const links = [...textOf(page).matchAll(/\]\(([^)#\s]+)/g)].map(([, target = '']) => target);
    const local = links.filter((target) => !/^[a-z]+:/.test(target));
    const missing = local.filter((target) => !existsSync(path.resolve(ROOT, path.dirname(page), target)));
    expect(missing).toEqual([]);
  });

  it('names only files of the repository that exist', () => {
    const named = textOf(page).matchAll(/\b(?:src|test|docs|scripts|examples|dist)\/[\w./-]*\w/g);
    const missing = [...named]
      .map(([name]) => name)
      .filter((name) => !MADE.test(name) && !existsSync(path.join(ROOT, name)));
    expect(missing).toEqual([]);
  });

  it('shows only commands and options that exist', async () => {
    for (const { line, command, options } of shownCommands(page)) {
      const { status, stdout } = await scanWriter([command, '--help']);
      expect(status, line).toBe(0);
      expect(stdout, line).toContain(`Usage: scan-writer ${command}`);
      for (const option of options) expect(`${stdout} --help `, line).toContain(`${option} `);
    }
  });
});
