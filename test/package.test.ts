import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');

interface Packed {
  readonly files: { path: string }[];
}

it('packs what users need: no tests, no sources, no recordings but those of the demo', () => {
  const packed = spawnSync('npm', ['pack', '--dry-run', '--json'], { cwd: ROOT, encoding: 'utf8' });
  const [{ files } = { files: [] }] = Object.values(JSON.parse(packed.stdout) as Record<string, Packed>);
  const paths = files.map((file) => file.path);
  expect(paths).toEqual(
    expect.arrayContaining([
      'dist/cli/main.js',
      'dist/index.d.ts',
      'dist/web/index.html',
      'package.json',
      'README.md',
    ]),
  );
  expect(paths.filter((name) => /\.(gz|h5)$/.test(name)).sort()).toEqual([
    'dist/demo/recordings/ascan/commands.jsonl.gz',
    'dist/demo/recordings/mca/commands.jsonl.gz',
  ]);
  // The status page comes built: whoever installs the package needs none of what it is made of.
  const assets = paths.filter((name) => name.startsWith('dist/web/assets/'));
  expect(assets.filter((name) => name.endsWith('.js'))).toHaveLength(2);
  expect(assets.filter((name) => name.endsWith('.css'))).toHaveLength(2);
  expect(paths.filter((name) => /^(src|web|test|\.ci|scripts)\/|\.test\./.test(name))).toEqual([]);
});
