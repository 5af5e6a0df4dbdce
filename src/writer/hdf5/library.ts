import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Hdf5Calls } from './calls.js';
import { Hdf5File } from './file.js';
import { addFilters } from './filters.js';
import { capturePrinted, type H5Module } from './module.js';

let loading: Promise<Hdf5Library> | undefined;

/** Loads HDF5 for this thread, once: 150 to 300 ms and 20 MB. */
export function loadHdf5(): Promise<Hdf5Library> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Hdf5Library> {
  // Imported only here, since the import alone takes as long as starting the rest of the program.
  const { ready } = await import('h5wasm/node');
  const module = await ready;
  addFilters(module);
  return new Hdf5Library(new Hdf5Calls(module, capturePrinted(module)));
}

/** Does not write a libver bound: the default gives superblock 2, which every tested reader opens (DESIGN 5). */
const DEFAULT_FORMAT = -1;

/** HDF5 takes no file locks here: that nobody else writes the same file is up to the caller. */
export class Hdf5Library {
  readonly #calls: Hdf5Calls;
  readonly #openCounts = new Map<string, number>();

  /** Use `loadHdf5`. */
  constructor(calls: Hdf5Calls) {
    this.#calls = calls;
  }

  /** Creates a file; one that exists is emptied. */
  create(path: string): Hdf5File {
    return this.#open('create', path, (module) => module.H5F_ACC_TRUNC);
  }

  /** Opens an existing file for reading and writing. */
  openForAppend(path: string): Hdf5File {
    return this.#open('open', path, (module) => {
      // HDF5 would make an empty file of it, and nobody would know that there had been another.
      if (statSync(path, { throwIfNoEntry: false })?.size === 0) throw new Error('the file is empty');
      return module.H5F_ACC_RDWR;
    });
  }

  /** Opens an existing file as it is now: what others append later is not seen. */
  openForReading(path: string): Hdf5File {
    return this.#open('open', path, (module) => module.H5F_ACC_RDONLY);
  }

  #open(operation: string, path: string, modeOf: (module: H5Module) => number): Hdf5File {
    const absolute = resolve(path);
    // The root group's links are tracked in order of creation, as those of our groups.
    const id = this.#calls.run(operation, absolute, (module) =>
      module.open(absolute, modeOf(module), true, DEFAULT_FORMAT, DEFAULT_FORMAT),
    );
    this.#openCounts.set(absolute, this.#openCount(absolute) + 1);
    return new Hdf5File(this.#calls, id, absolute, () => {
      const others = this.#openCount(absolute) - 1;
      if (others > 0) this.#openCounts.set(absolute, others);
      else this.#openCounts.delete(absolute);
      return others;
    });
  }

  #openCount(absolute: string): number {
    return this.#openCounts.get(absolute) ?? 0;
  }
}
