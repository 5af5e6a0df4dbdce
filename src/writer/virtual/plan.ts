import type { ReadAt, Write } from './access.js';
import { aligned, heapCollection } from './globalHeap.js';
import { checkedMappings, type VirtualLayout } from './mapping.js';
import { mappingBlock } from './mappingBlock.js';
import { refuse } from './refusal.js';
import { endOfFileIn, SUPERBLOCK_BYTES, superblockWithEndOfFile } from './superblock.js';
import { virtualHeader } from './virtualHeader.js';

/**
 * The writes that make virtual datasets, in steps, each to be on disk before the next begins. After any of them the
 * file is valid: the mappings come behind its end, then the end moves, then single datasets change.
 * @throws ScanWriterError `hdf5` if anything in the file or in the layouts is not exactly as it has to be
 */
export function planVirtualLayout(
  readAt: ReadAt,
  fileBytes: number,
  layouts: readonly VirtualLayout[],
  replace: boolean,
): readonly (readonly Write[])[] {
  if (new Set(layouts.map(({ address }) => address)).size < layouts.length)
    refuse('a dataset is named twice');
  const checked = layouts.map((layout) => {
    return { ...layout, mappings: checkedMappings(layout.shape, layout.mappings) };
  });
  const mapped = checked.filter(({ mappings }) => mappings.length > 0);
  if (fileBytes < SUPERBLOCK_BYTES) refuse('it is not an HDF5 file');
  const superblock = readAt(0, SUPERBLOCK_BYTES);
  const endOfFile = endOfFileIn(superblock);
  if (fileBytes < endOfFile) refuse('its end is missing');

  const collectionAt = aligned(endOfFile);
  const collection = heapCollection(
    mapped.map(({ shape, mappings }) => mappingBlock(shape.slice(1), mappings)),
  );
  const headers = checked.map((layout) => {
    const index = mapped.indexOf(layout) + 1;
    return virtualHeader(readAt, endOfFile, layout, { collection: collectionAt, index }, replace);
  });
  const newEndOfFile = collectionAt + collection.length;
  const gap = Buffer.alloc(collectionAt - endOfFile);
  return [
    [{ position: endOfFile, bytes: Buffer.concat([gap, collection]) }],
    [{ position: 0, bytes: superblockWithEndOfFile(superblock, newEndOfFile) }],
    headers,
  ];
}
