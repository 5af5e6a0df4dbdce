import type { AttributeContent, Link, Sight } from '../writer/index.js';
import {
  joined,
  type DatasetView,
  type GroupView,
  type OtherView,
  type Reached,
  type VirtualSource,
} from './view.js';
import type { FileReader } from './fileReader.js';
import { follow } from './follow.js';

/** More names of a group than this are not looked at one by one. */
const MOST_NAMES = 20_000;

/** What all objects of a file can be asked. */
class FileObject {
  readonly path: string;
  readonly address: bigint;
  readonly attributeNames: readonly string[];
  protected readonly reader: FileReader;
  #attributes: Map<string, AttributeContent> | undefined;

  constructor(reader: FileReader, path: string, sight: Sight) {
    this.reader = reader;
    this.path = path;
    this.address = sight.address;
    this.attributeNames = sight.attributes;
  }

  get file(): string {
    return this.reader.file;
  }

  attribute(name: string): AttributeContent {
    if (!this.attributeNames.includes(name)) return undefined;
    this.#attributes ??= new Map();
    if (!this.#attributes.has(name)) {
      this.#attributes.set(name, this.reader.attributeOf(this.path, name));
    }
    return this.#attributes.get(name);
  }
}

export class OtherObject extends FileObject implements OtherView {
  readonly kind = 'other';
}

export class GroupObject extends FileObject implements GroupView {
  readonly kind = 'group';

  get size(): number {
    return this.reader.namesIn(this.path).list.length;
  }

  names(): readonly string[] {
    const { list } = this.reader.namesIn(this.path);
    return list.length > MOST_NAMES ? list.slice(0, MOST_NAMES) : list;
  }

  has(name: string): boolean {
    return this.reader.namesIn(this.path).set.has(name);
  }

  link(name: string): Link {
    try {
      return this.reader.linkOf(joined(this.path, name));
    } catch {
      // Such as a name that is no UTF-8. What it leads to cannot be read either, and the walk says so.
      return { kind: 'hard' };
    }
  }

  at(path: string): Reached {
    return follow(this.reader, this.path, path);
  }
}

export class DatasetObject extends FileObject implements DatasetView {
  readonly kind = 'dataset';
  readonly values: DatasetView['values'];
  readonly shape: DatasetView['shape'];
  readonly stored: DatasetView['stored'];
  readonly chunks: DatasetView['chunks'];
  readonly sources: readonly VirtualSource[];

  constructor(reader: FileReader, path: string, sight: Sight, values: NonNullable<Sight['values']>) {
    super(reader, path, sight);
    this.values = values.kind;
    this.shape = values.shape;
    this.stored = values.stored;
    this.chunks = values.chunks;
    this.sources = values.sources.flatMap(plainSource);
  }

  read(first: readonly number[], count: readonly number[], target: Uint8Array): void {
    this.reader.valuesOf(this.path, first, count, target);
  }

  readTexts(first: readonly number[], count: readonly number[]): string[] {
    return this.reader.textsOf(this.path, first, count);
  }

  text(): string | undefined {
    return this.reader.textOf(this.path);
  }

  sourceAt({ file, dataset }: VirtualSource): Reached {
    return follow(this.reader.beside(file), '/', dataset);
  }
}

/** In these names `%b` stands for a number that grows, of which nobody knows the end, and `%%` for a percent sign. */
function plainSource({ file, dataset }: VirtualSource): VirtualSource[] {
  if (/%[^%]/.test(`${file} ${dataset}`.replaceAll('%%', ''))) return [];
  return [{ file: file.replaceAll('%%', '%'), dataset: dataset.replaceAll('%%', '%') }];
}
