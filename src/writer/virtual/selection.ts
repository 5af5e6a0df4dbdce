const HYPERSLABS = 2;
/** A list of blocks, each by two opposite corners of 32-bit coordinates. */
const VERSION = 1;
const BLOCKS = 1;
const LENGTH_AT = 12;
const RANK_AT = 16;
const CORNERS_AT = 24;

/** The selection of whole frames along dimension 0, as "Dataspace Selection" in the appendix of the specification. */
export function frameRange(first: number, count: number, frameShape: readonly number[]): Buffer {
  const firstCorner = [first, ...frameShape.map(() => 0)];
  const lastCorner = [first + count - 1, ...frameShape.map((length) => length - 1)];
  const corners = [...firstCorner, ...lastCorner];
  const bytes = Buffer.alloc(CORNERS_AT + 4 * corners.length);
  bytes.writeUInt32LE(HYPERSLABS, 0);
  bytes.writeUInt32LE(VERSION, 4);
  bytes.writeUInt32LE(bytes.length - RANK_AT, LENGTH_AT);
  bytes.writeUInt32LE(firstCorner.length, RANK_AT);
  bytes.writeUInt32LE(BLOCKS, RANK_AT + 4);
  corners.forEach((coordinate, index) => bytes.writeUInt32LE(coordinate, CORNERS_AT + 4 * index));
  return bytes;
}
