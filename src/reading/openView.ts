import { resolve } from 'node:path';
import type { Hdf5Library } from '../writer/index.js';
import { Cache } from './cache.js';
import { FileReader } from './fileReader.js';
import { OpenFiles } from './openFiles.js';
import type { GroupView } from './view.js';

/** Readers of files that links led to; a file that is asked for again later is read again. */
const MOST_READERS = 16;

/** Files that are opened when they are asked for; a few at a time, however many there are. */
export interface OpenedFiles {
  /** @throws ScanWriterError if it is no file, no HDF5 file, or its root cannot be read */
  rootOf(file: string): GroupView;
  close(): void;
}

/** @param beat called before whatever is read */
export function openFiles(hdf5: Hdf5Library, beat: () => void): OpenedFiles {
  const files = new OpenFiles(hdf5, beat);
  const readers = new Cache<FileReader>(MOST_READERS);
  const readerOf = (path: string): FileReader =>
    readers.get(path, () => new FileReader(path, files, readerOf));
  return {
    rootOf(file) {
      const root = readerOf(resolve(file)).objectAt('/');
      if (root.kind !== 'group') throw new TypeError(`the root of ${file} is a ${root.kind}`);
      return root;
    },
    close() {
      files.close();
    },
  };
}

/**
 * Opens a file, and what its links lead to when that is asked for.
 * @param beat called before whatever is read
 * @throws ScanWriterError if it is no file, no HDF5 file, or its root cannot be read
 */
export function openView(
  file: string,
  hdf5: Hdf5Library,
  beat: () => void,
): { readonly root: GroupView; close(): void } {
  const files = openFiles(hdf5, beat);
  try {
    const root = files.rootOf(file);
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
