import { resolve } from 'node:path';
import type { Hdf5Library } from '../../writer/index.js';
import type { GroupView } from '../view.js';
import { Cache } from './cache.js';
import { FileReader } from './fileReader.js';
import { OpenFiles } from './openFiles.js';

/** Readers of files that links led to; a file that is asked for again later is read again. */
const MOST_READERS = 16;

/**
 * Opens a file for the rules, and what its links lead to as they ask.
 * @param beat called before whatever is read
 * @throws ScanWriterError if it is no file, no HDF5 file, or its root cannot be read
 */
export function openView(
  file: string,
  hdf5: Hdf5Library,
  beat: () => void,
): { readonly root: GroupView; close(): void } {
  const files = new OpenFiles(hdf5, beat);
  const readers = new Cache<FileReader>(MOST_READERS);
  const readerOf = (path: string): FileReader =>
    readers.get(path, () => new FileReader(path, files, readerOf));
  try {
    const root = readerOf(resolve(file)).objectAt('/');
    if (root.kind !== 'group') throw new TypeError(`the root of ${file} is a ${root.kind}`);
    return {
      root,
      close() {
        files.close();
      },
    };
  } catch (error) {
    files.close();
    throw error;
  }
}
