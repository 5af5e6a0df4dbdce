import { closeSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
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

/** Hidden ones are being made. */
function filesBelow(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const found = new Map<string, string>();
  for (const name of names.sort()) {
    if (!name.endsWith('.h5') || path.basename(name).startsWith('.')) continue;
    const file = path.join(folder, name);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat?.isFile() === true && !found.has(realpathSync(file))) found.set(realpathSync(file), file);
  }
  return [...found.values()];
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
