import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of the libraries that make files, as they are installed. */
export interface Hdf5Versions {
  readonly h5wasm: string;
  readonly plugins: string;
}

export function hdf5Versions(): Hdf5Versions {
  return { h5wasm: versionOf('h5wasm/node'), plugins: versionOf('h5wasm-plugins') };
}

/** Their packages export no package.json. */
function versionOf(module: string): string {
  let directory = path.dirname(fileURLToPath(import.meta.resolve(module)));
  while (!existsSync(path.join(directory, 'package.json'))) directory = path.dirname(directory);
  const { version } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
