import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const NAME = 'bliss-scan-writer';

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
}

/**
 * Installs what `npm pack` makes into an empty folder, with the packages that `npm install --omit=dev` takes: copies of
 * those that are installed here, so that no registry is needed.
 * @returns the files of the package
 */
export function installInto(folder: string): string[] {
  const packed = spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const [{ filename, files } = { filename: '', files: [] }] = Object.values(
    JSON.parse(packed.stdout) as Record<string, Packed>,
  );
  const modules = path.join(folder, 'node_modules');
  mkdirSync(path.join(modules, NAME), { recursive: true });
  spawnSync('tar', [
    'xzf',
    path.join(folder, filename),
    '--strip-components=1',
    '-C',
    path.join(modules, NAME),
  ]);
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
  for (const [place, { dev = false, devOptional = false }] of Object.entries(packages)) {
    if (place === '' || dev || devOptional) continue;
    cpSync(path.join(ROOT, place), path.join(folder, place), { recursive: true, dereference: true });
  }
  const main = path.join(modules, NAME, 'dist/cli/main.js');
  chmodSync(main, 0o755);
  mkdirSync(path.join(modules, '.bin'));
  symlinkSync(main, path.join(modules, '.bin', 'scan-writer'));
  return files.map((file) => file.path);
}
