import type { AttributeContent, Link, Sight } from '../writer/index.js';
import type { Broken, ObjectView } from './view.js';
import { Cache } from './cache.js';
import { DatasetObject, GroupObject, OtherObject } from './objects.js';
import { fileBeside, type OpenFiles } from './openFiles.js';

/** Attributes and texts that are larger hold no names, units or times. */
const MAX_TEXT_BYTES = 64 * 1024;
/** Kept at least, so that all rules can look at the same group one after the other. */
const KEPT_OBJECTS = 20_000;
const KEPT_GROUPS = 100;

export interface Names {
  readonly list: readonly string[];
  readonly set: ReadonlySet<string>;
}

/** Reads one file by hard paths and keeps what it read for a while. All methods throw `Hdf5Error` for a damaged part. */
export class FileReader {
  readonly kind = 'file';
  readonly file: string;
  readonly #files: OpenFiles;
  readonly #readerOf: (file: string) => FileReader;
  readonly #objects = new Cache<ObjectView>(KEPT_OBJECTS);
  readonly #links = new Cache<Link>(KEPT_OBJECTS);
  readonly #names = new Cache<Names>(KEPT_GROUPS);

  /** @param readerOf gives the reader of another file */
  constructor(file: string, files: OpenFiles, readerOf: (file: string) => FileReader) {
    this.file = file;
    this.#files = files;
    this.#readerOf = readerOf;
  }

  objectAt(path: string): ObjectView {
    return this.#objects.get(path, () => this.#view(path, this.#files.browse(this.file).look(path)));
  }

  namesIn(group: string): Names {
    return this.#names.get(group, () => {
      const list = this.#files.browse(this.file).names(group);
      return { list, set: new Set(list) };
    });
  }

  linkOf(path: string): Link {
    return this.#links.get(path, () => this.#files.browse(this.file).linkOf(path));
  }

  /** Undefined if it is too large for a text. */
  attributeOf(path: string, name: string): AttributeContent {
    return this.#files.browse(this.file).attribute(path, name, MAX_TEXT_BYTES);
  }

  valuesOf(dataset: string, first: readonly number[], count: readonly number[], target: Uint8Array): void {
    this.#files.browse(this.file).values(dataset, first, count, target);
  }

  textsOf(dataset: string, first: readonly number[], count: readonly number[]): string[] {
    return this.#files.browse(this.file).texts(dataset, first, count);
  }

  textOf(dataset: string): string | undefined {
    return this.#files.browse(this.file).text(dataset, MAX_TEXT_BYTES);
  }

  /** The reader of the file that a link or a virtual dataset in this one names. */
  beside(name: string): FileReader | Broken {
    // So a virtual dataset names its own file.
    if (name === '.') return this;
    const found = fileBeside(this.file, name);
    if ('file' in found) return this.#readerOf(found.file);
    return { kind: 'broken', why: 'file', reason: found.reason };
  }

  #view(path: string, sight: Sight): ObjectView {
    if (sight.kind === 'group') {
      // Now, so that a group that cannot be read is found out here.
      this.namesIn(path);
      return new GroupObject(this, path, sight);
    }
    return sight.values === undefined
      ? new OtherObject(this, path, sight)
      : new DatasetObject(this, path, sight, sight.values);
  }
}
