import { CHECKSUM_BYTES, putChecksum } from './checksum.js';
import type { VirtualMapping } from './mapping.js';
import { frameRange } from './selection.js';

/** Version 0, then the number of mappings (8 bytes). */
const PREFIX_BYTES = 9;

/**
 * III.F, Global Heap Block for Virtual Datasets: for each mapping the names of file and dataset, and which frames of
 * the source are which of the virtual dataset.
 */
export function mappingBlock(frameShape: readonly number[], mappings: readonly VirtualMapping[]): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeBigUInt64LE(BigInt(mappings.length), 1);
  const entries = mappings.flatMap(({ file, dataset, first, count, sourceFirst }) => [
    sourceName(file),
    sourceName(dataset),
    frameRange(sourceFirst, count, frameShape),
    frameRange(first, count, frameShape),
  ]);
  const block = Buffer.concat([prefix, ...entries, Buffer.alloc(CHECKSUM_BYTES)]);
  putChecksum(block);
  return block;
}

/** HDF5 takes a single % for the start of a block number. */
export function escapedName(name: string): string {
  return name.replaceAll('%', '%%');
}

function sourceName(name: string): Buffer {
  return Buffer.from(`${escapedName(name)}\0`);
}
