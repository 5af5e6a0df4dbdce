import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { messageOf, ScanWriterError } from '../scan/index.js';
import type { Hdf5Browser, Hdf5File, Hdf5Library } from '../writer/index.js';

/** A master can link to thousands of files: only these are open at a time. */
const MOST_OPEN = 8;

/** The file that was asked for, and those that its links name. Each is opened when needed and closed when others are. */
export class OpenFiles {
  readonly #hdf5: Hdf5Library;
  readonly #beat: () => void;
  /** In the order of use, the last one used at the end. */
  readonly #open = new Map<string, Hdf5File>();

  constructor(hdf5: Hdf5Library, beat: () => void) {
    this.#hdf5 = hdf5;
    this.#beat = beat;
  }

  /** Valid until the next call. @throws ScanWriterError if it cannot be opened, or is no file */
  browse(file: string): Hdf5Browser {
    this.#beat();
    const open = this.#open.get(file) ?? this.#openNew(file);
    this.#open.delete(file);
    this.#open.set(file, open);
    return open.browse();
  }

  close(): void {
    for (const file of this.#open.values()) closeRead(file);
    this.#open.clear();
  }

  #openNew(file: string): Hdf5File {
    // HDF5 would wait for ever for somebody to write into a pipe.
    if (!statSync(file).isFile())
      throw new ScanWriterError('usage', `${file} is not a file.`, { subject: file });
    for (const [oldest, open] of this.#open) {
      if (this.#open.size < MOST_OPEN) break;
      this.#open.delete(oldest);
      closeRead(open);
    }
    return this.#hdf5.openForReading(file);
  }
}

function closeRead(file: Hdf5File): void {
  try {
    file.close();
  } catch {
    // Nothing was written.
  }
}

/**
 * Where HDF5 finds the file that a link or a virtual dataset in `from` names: absolute, else beside that file, also
 * when it was opened through a link. It would look in the working directory too, which is another for each reader.
 * @returns the file, or a clause that says why there is none
 */
export function fileBeside(
  from: string,
  name: string,
): { readonly file: string } | { readonly reason: string } {
  const folders = [path.dirname(from), path.dirname(realpathSync(from))];
  const relative = path.isAbsolute(name) ? path.basename(name) : name;
  const places = [
    ...(path.isAbsolute(name) ? [name] : []),
    ...folders.map((folder) => path.resolve(folder, relative)),
  ];
  for (const place of places) {
    const state = stateOf(place);
    if (state === 'file') return { file: place };
    if (state !== undefined) return { reason: `the file ${name} ${state}` };
  }
  return { reason: `there is no file ${name}` };
}

/** `file`, a clause on what is wrong, or undefined when there is nothing. */
function stateOf(place: string): string | undefined {
  try {
    const stat = statSync(place, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    return stat.isFile() ? 'file' : 'is no file';
  } catch (error) {
    return `cannot be looked at (${messageOf(error)})`;
  }
}
