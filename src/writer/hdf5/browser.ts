import { attributeAt, attributeNames, type AttributeContent } from './attributes.js';
import type { OpenFile } from './calls.js';
import {
  childNames,
  kindAt,
  linkAt,
  metadataAt,
  readSlabInto,
  readTextsAt,
  readTextSlabAt,
  type Link,
  type ObjectKind,
} from './reader.js';
import { isText, storedAs, valueKindOf, type Stored, type ValueKind } from './storedType.js';

/** What an object says of itself; nothing of its data is read for this. */
export interface Sight {
  readonly kind: ObjectKind;
  /** The same for every hard link to this object, another for every other object of the file. */
  readonly address: bigint;
  readonly attributes: readonly string[];
  /** Only of a dataset. */
  readonly values: StoredValues | undefined;
}

export interface StoredValues {
  readonly kind: ValueKind;
  /** `[]` for a scalar, null for a dataset that was made without a place for values. */
  readonly shape: readonly number[] | null;
  readonly stored: Stored;
  /** What HDF5 reads from the disk in one piece; null for a dataset in one piece, or a virtual one. */
  readonly chunks: readonly number[] | null;
  /** What a virtual dataset is made of, as `Hdf5File.virtualSourcesOf` has it. */
  readonly sources: readonly { readonly file: string; readonly dataset: string }[];
}

/**
 * Looks around in a file of anybody's. Paths are those that hard links make, level by level from what `names` and
 * `linkOf` say: nothing is searched for and no link is followed, so a file with circles or very large groups costs
 * no more than what is asked for. Every method throws `Hdf5Error` when that part of the file cannot be read.
 */
export class Hdf5Browser {
  readonly #file: OpenFile;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  names(group: string): string[] {
    return childNames(this.#file, group);
  }

  linkOf(path: string): Link {
    return linkAt(this.#file, path);
  }

  look(path: string): Sight {
    const file = this.#file;
    const kind = kindAt(file, path);
    const reference = file.run('refer to', path, (module, id) => module.create_object_reference(id, path));
    const attributes = attributeNames(file, path);
    const values = kind === 'dataset' ? this.#valuesAt(path) : undefined;
    return { kind, address: Buffer.from(reference).readBigUInt64LE(), attributes, values };
  }

  /** An attribute that `look` named; undefined if it is larger than `maxBytes` or of a type without equivalent. */
  attribute(path: string, name: string, maxBytes: number): AttributeContent {
    return attributeAt(this.#file, path, name, maxBytes);
  }

  /** The text of a dataset with a single one; undefined for others, and for one of a fixed length over `maxBytes`. */
  text(path: string, maxBytes: number): string | undefined {
    const metadata = metadataAt(this.#file, path);
    if (!isText(metadata) || metadata.shape === null || metadata.total_size !== 1) return undefined;
    return metadata.size > maxBytes ? undefined : readTextsAt(this.#file, path)[0];
  }

  /** Fills `target` with the values of a part of a dataset, `count` in each dimension, as bytes; of a scalar with its value. */
  values(path: string, first: readonly number[], count: readonly number[], target: Uint8Array): void {
    readSlabInto(this.#file, path, first, count, target);
  }

  /** The texts in a part of a dataset of texts, in C order. */
  texts(path: string, first: readonly number[], count: readonly number[]): string[] {
    return readTextSlabAt(this.#file, path, first, count);
  }

  #valuesAt(path: string): StoredValues {
    const metadata = metadataAt(this.#file, path);
    const sources = (metadata.virtual_sources ?? []).map((source) => {
      return { file: source.file_name, dataset: source.dset_name };
    });
    const { shape, chunks } = metadata;
    return { kind: valueKindOf(metadata), shape, stored: storedAs(metadata), chunks, sources };
  }
}
