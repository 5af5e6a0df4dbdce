import { refuse } from './refusal.js';

/** IV.A.2.b, version 2: version, rank, flags, type, then the dimensions and their maxima, 8 bytes each. */
const DIMENSIONS_AT = 4;
const HAS_MAXIMA = 0x01;
const SIMPLE = 1;

/** The dimensions of a dataset. */
export function shapeIn(dataspace: Buffer): number[] {
  const [version, rank = 0, flags = 0, type] = dataspace;
  if (version !== 2 || type !== SIMPLE || rank === 0) refuse('a dataset has no dimensions');
  if ((flags & HAS_MAXIMA) === 0) refuse('a dataset has a fixed shape');
  return Array.from({ length: rank }, (_, dimension) =>
    Number(dataspace.readBigUInt64LE(DIMENSIONS_AT + 8 * dimension)),
  );
}

/** The same with another number of frames. */
export function dataspaceWithFrames(dataspace: Buffer, frames: number): Buffer {
  const [rank] = dataspace.subarray(1);
  const maximum = dataspace.readBigUInt64LE(DIMENSIONS_AT + 8 * (rank ?? 0));
  if (BigInt(frames) > maximum) refuse(`a dataset has at most ${maximum} frames`);
  const changed = Buffer.from(dataspace);
  changed.writeBigUInt64LE(BigInt(frames), DIMENSIONS_AT);
  return changed;
}
