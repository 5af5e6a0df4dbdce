import type { ReadAt } from './access.js';
import { hasValidChecksum, putChecksum } from './checksum.js';
import { refuse } from './refusal.js';

/** II.A, version 2: signature, version, sizes of offsets and lengths, flags, four addresses, checksum. */
export const SUPERBLOCK_BYTES = 48;
/** What stands for "no address" everywhere in a file. */
export const UNDEFINED_ADDRESS = 2n ** 64n - 1n;

const SIGNATURE = '\x89HDF\r\n\x1a\n';
const VERSION_AT = 8;
const OFFSET_SIZE_AT = 9;
const LENGTH_SIZE_AT = 10;
const FLAGS_AT = 11;
const BASE_ADDRESS_AT = 12;
const EXTENSION_AT = 20;
const END_OF_FILE_AT = 28;

/** Where the file ends for HDF5. What is behind it does not exist for readers. */
export function endOfFileIn(superblock: Buffer): number {
  if (superblock[FLAGS_AT] !== 0) refuse('it is marked as open for writing');
  return lastWordOnEnd(superblock);
}

/** As `endOfFileIn`, also of a file whose writer was killed. */
function lastWordOnEnd(superblock: Buffer): number {
  if (superblock.toString('latin1', 0, SIGNATURE.length) !== SIGNATURE) refuse('it is not an HDF5 file');
  const version = superblock[VERSION_AT] ?? -1;
  if (version !== 2) refuse(`its superblock has version ${version} and not 2`);
  if (!hasValidChecksum(superblock)) refuse('the checksum of its superblock is wrong');
  if (superblock[OFFSET_SIZE_AT] !== 8 || superblock[LENGTH_SIZE_AT] !== 8) {
    refuse('its addresses do not have 8 bytes');
  }
  if (superblock.readBigUInt64LE(BASE_ADDRESS_AT) !== 0n) refuse('it has a user block');
  if (superblock.readBigUInt64LE(EXTENSION_AT) !== UNDEFINED_ADDRESS) refuse('it has a superblock extension');
  const endOfFile = Number(superblock.readBigUInt64LE(END_OF_FILE_AT));
  if (!Number.isSafeInteger(endOfFile)) refuse('its superblock says that it has no end');
  return endOfFile;
}

export function superblockWithEndOfFile(superblock: Buffer, endOfFile: number): Buffer {
  const changed = Buffer.from(superblock);
  changed.writeBigUInt64LE(BigInt(endOfFile), END_OF_FILE_AT);
  putChecksum(changed);
  return changed;
}

/**
 * The superblock of a file whose writer was killed before it said that the file had grown.
 * @returns undefined when nothing needs to be repaired
 * @throws ScanWriterError `hdf5` when the file is not as our own writer makes it
 */
export function repairedSuperblock(readAt: ReadAt, fileBytes: number): Buffer | undefined {
  const superblock = readAt(0, SUPERBLOCK_BYTES);
  if (lastWordOnEnd(superblock) >= fileBytes) return undefined;
  const closed = Buffer.from(superblock);
  closed[FLAGS_AT] = 0;
  return superblockWithEndOfFile(closed, fileBytes);
}
