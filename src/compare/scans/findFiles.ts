import { closeSync, openSync, readdirSync, readSync, realpathSync, statSync, type Stats } from 'node:fs';
import path from 'node:path';
import { ScanWriterError } from '../../scan/index.js';

/** What is compared with another: a file, or all HDF5 files below a folder. */
export interface Tree {
  readonly isFolder: boolean;
  readonly root: string;
  /** Absolute; each once, also when links of the file system lead to it by several names. */
  readonly files: readonly string[];
}

const SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');
/** A user block in front of the signature has a length of 512 bytes times a power of two. */
const FARTHEST_SIGNATURE = 16 * 1024 * 1024;

/**
 * @throws ScanWriterError `usage` if there is nothing at this path, or nothing that is HDF5
 */
export function findFiles(given: string): Tree {
  const root = path.resolve(given);
  const stat = statSync(root, { throwIfNoEntry: false });
  if (stat === undefined) throw new ScanWriterError('usage', `${given} does not exist.`, { subject: given });
  if (stat.isDirectory()) {
    const files = filesBelow(root);
    if (files.length === 0)
      throw new ScanWriterError('usage', `There is no file *.h5 below ${given}.`, { subject: given });
    return { isFolder: true, root, files };
  }
  if (!stat.isFile() || !isHdf5(root))
    throw new ScanWriterError('usage', `${given} is not an HDF5 file.`, { subject: given });
  return { isFolder: false, root, files: [root] };
}

/** All `*.h5`, those of a folder before what is below it. Hidden ones are being made. */
function filesBelow(root: string): string[] {
  const found = new Map<string, string>();
  const folders = new Set([realpathSync(root)]);
  const waiting = [root];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const deeper: string[] = [];
    for (const name of readdirSync(folder).sort()) {
      const place = path.join(folder, name);
      const stat = name.startsWith('.') ? undefined : statOf(place);
      if (stat === undefined || !(stat.isDirectory() || name.endsWith('.h5'))) continue;
      const real = realpathSync(place);
      if (stat.isFile() && !found.has(real)) found.set(real, place);
      // Links of the file system can lead round in a circle.
      if (!stat.isDirectory() || folders.has(real)) continue;
      folders.add(real);
      deeper.push(place);
    }
    waiting.push(...deeper.reverse());
  }
  return [...found.values()];
}

/** Undefined where a link leads nowhere, or to itself. */
function statOf(place: string): Stats | undefined {
  try {
    return statSync(place, { throwIfNoEntry: false });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ELOOP') return undefined;
    throw error;
  }
}

function isHdf5(file: string): boolean {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(SIGNATURE.length);
    for (let place = 0; place <= FARTHEST_SIGNATURE; place = place === 0 ? 512 : 2 * place) {
      if (readSync(descriptor, bytes, 0, bytes.length, place) < bytes.length) return false;
      if (bytes.equals(SIGNATURE)) return true;
    }
    return false;
  } finally {
    closeSync(descriptor);
  }
}
