import { refuse } from './refusal.js';
import { UNDEFINED_ADDRESS } from './superblock.js';

/** IV.A.2.i: the version and the class of a data layout. */
const CHUNKED = { version: 3, kind: 2 } as const;
const VIRTUAL = { version: 4, kind: 3 } as const;
/** Version 3, chunked: version, class, dimensions + 1, address of the index of chunks, ... */
const CHUNK_INDEX_AT = 3;
/** Version 4, virtual: version, class, address of a global heap collection, index of the object in it. */
const HEAP_ADDRESS_AT = 2;
const HEAP_INDEX_AT = 10;
const VIRTUAL_LAYOUT_BYTES = 14;

/** An object of the global heap, by the address of its collection and its index there (from 1). */
export interface HeapObject {
  readonly collection: number;
  readonly index: number;
}

/** Where the content of a dataset is: nowhere yet, or in other files; a dataset that has data of its own is refused. */
export function layoutKind(layout: Buffer): 'empty' | 'virtual' {
  const [version, kind] = layout;
  if (version === VIRTUAL.version && kind === VIRTUAL.kind) return 'virtual';
  if (version !== CHUNKED.version || kind !== CHUNKED.kind) {
    refuse(`a dataset is no placeholder: its layout is of version ${version ?? '?'}, class ${kind ?? '?'}`);
  }
  if (layout.readBigUInt64LE(CHUNK_INDEX_AT) !== UNDEFINED_ADDRESS) refuse('a dataset has data already');
  return 'empty';
}

/**
 * A virtual layout, whose mapping is an object of the global heap. Index 0 stands for none: HDF5 refuses to open a
 * dataset with a mapping that has no entries.
 */
export function virtualLayoutMessage({ collection, index }: HeapObject): Buffer {
  const message = Buffer.alloc(VIRTUAL_LAYOUT_BYTES);
  message[0] = VIRTUAL.version;
  message[1] = VIRTUAL.kind;
  message.writeBigUInt64LE(index === 0 ? UNDEFINED_ADDRESS : BigInt(collection), HEAP_ADDRESS_AT);
  message.writeUInt32LE(index, HEAP_INDEX_AT);
  return message;
}
