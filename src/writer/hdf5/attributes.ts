import { elements, type NumericArray } from '../../scan/index.js';
import type { OpenFile } from './calls.js';
import type { H5Module } from './module.js';
import { dtypeOf, isSpacePadded, isText } from './storedType.js';
import { fixedTexts, textsAt } from './text.js';

/** Undefined stands for a type that has no equivalent here. */
export type AttributeContent = string | number | readonly string[] | NumericArray | undefined;

type Metadata = ReturnType<H5Module['get_dataset_metadata']>;

/** The attributes of an object that exists. */
export function attributesAt(file: OpenFile, path: string): Map<string, AttributeContent> {
  // A name that is not UTF-8 cannot be asked for.
  const readable = attributeNames(file, path).filter((name) => !name.includes('\ufffd'));
  return new Map(readable.map((name) => [name, attributeAt(file, path, name)]));
}

export function attributeNames(file: OpenFile, path: string): string[] {
  return file.run('list attributes of', path, (module, id) => module.get_attribute_names(id, path));
}

/** One attribute that exists; undefined also for one that is larger than `maxBytes`. */
export function attributeAt(
  file: OpenFile,
  path: string,
  name: string,
  maxBytes = Infinity,
): AttributeContent {
  const metadata = file.run('look at attributes of', path, (module, id) =>
    module.get_attribute_metadata(id, path, name),
  );
  const dtype = dtypeOf(metadata);
  if (metadata.shape === null || (dtype === undefined && !isText(metadata))) return undefined;
  const { shape } = metadata;
  const length = metadata.total_size * metadata.size;
  if (length > maxBytes) return undefined;
  const address = file.calls.reserve(length);
  if (length > 0) {
    file.run('read attributes of', path, (module, id) =>
      module.get_attribute_data(id, path, name, BigInt(address)),
    );
  }
  if (dtype === undefined) {
    const texts = length === 0 ? [] : takeTexts(file, path, name, metadata, address);
    return shape.length === 0 ? texts[0] : texts;
  }
  const array = { dtype, shape, bytes: file.calls.memory(address, length).slice() };
  return shape.length === 0 ? (plainNumber(array) ?? array) : array;
}

/** Decodes texts that were read into the library's memory and frees what HDF5 allocated for them. */
export function takeTexts(
  file: OpenFile,
  path: string,
  attribute: string,
  metadata: Metadata,
  address: number,
): string[] {
  const { calls } = file;
  if (!metadata.vlen) {
    const bytes = calls.memory(address, metadata.total_size * metadata.size);
    return fixedTexts(bytes, metadata.size, isSpacePadded(metadata));
  }
  try {
    return textsAt(calls, address, metadata.total_size);
  } finally {
    file.run('read', path, (module, id) => module.reclaim_vlen_memory(id, path, attribute, BigInt(address)));
  }
}

/** A single real value, if a JavaScript number can be exactly it. */
function plainNumber(array: NumericArray): number | undefined {
  const [element] = elements(array);
  if (element === undefined || Array.isArray(element)) return undefined;
  const value = Number(element);
  return typeof element === 'bigint' && !Number.isSafeInteger(value) ? undefined : value;
}
