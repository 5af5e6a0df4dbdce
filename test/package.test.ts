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
    expect.arrayContaining(['dist/cli/main.js', 'dist/index.d.ts', 'package.json', 'README.md']),
  );
  expect(paths.filter((name) => /\.(gz|h5)$/.test(name)).sort()).toEqual([
    'dist/demo/recordings/ascan/commands.jsonl.gz',
    'dist/demo/recordings/mca/commands.jsonl.gz',
  ]);
  expect(paths.filter((name) => /^(src|test|\.ci|scripts)\/|\.test\./.test(name))).toEqual([]);
});
