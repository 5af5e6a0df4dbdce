import { refuse } from './refusal.js';

/** III.E: signature, version, size. Each object: index, references (0), reserved, size, then its data. */
const COLLECTION_PREFIX_BYTES = 16;
const OBJECT_PREFIX_BYTES = 16;
/** HDF5 never reads less of a collection. */
const COLLECTION_BYTES_AT_LEAST = 4096;
const SIZE_AT = 8;

/** The next address at which HDF5 puts things. */
export function aligned(position: number): number {
  return Math.ceil(position / 8) * 8;
}

/** A collection that holds these objects, with the indices 1, 2, ... */
export function heapCollection(objects: readonly Buffer[]): Buffer {
  if (objects.length > 0xffff) refuse(`${objects.length} datasets are too many at once`);
  const used = objects.reduce(
    (sum, object) => sum + OBJECT_PREFIX_BYTES + aligned(object.length),
    COLLECTION_PREFIX_BYTES,
  );
  // What is left is no space at all or has room for its prefix.
  const isFull = used > COLLECTION_BYTES_AT_LEAST - OBJECT_PREFIX_BYTES;
  const collection = Buffer.alloc(isFull ? used + OBJECT_PREFIX_BYTES : COLLECTION_BYTES_AT_LEAST);
  collection.write('GCOL\x01', 'latin1');
  collection.writeBigUInt64LE(BigInt(collection.length), SIZE_AT);
  let at = COLLECTION_PREFIX_BYTES;
  objects.forEach((object, position) => {
    collection.writeUInt16LE(position + 1, at);
    collection.writeBigUInt64LE(BigInt(object.length), at + SIZE_AT);
    object.copy(collection, at + OBJECT_PREFIX_BYTES);
    at += OBJECT_PREFIX_BYTES + aligned(object.length);
  });
  // Object 0 is the free space. Unlike that of the others, its size includes its prefix.
  collection.writeBigUInt64LE(BigInt(collection.length - at), at + SIZE_AT);
  return collection;
}
