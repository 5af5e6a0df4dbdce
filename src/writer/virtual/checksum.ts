/** What a structure with a checksum ends with. */
export const CHECKSUM_BYTES = 4;

/** Whether the last four bytes are the checksum of those before. */
export function hasValidChecksum(structure: Buffer): boolean {
  const end = structure.length - CHECKSUM_BYTES;
  return end >= 0 && structure.readUInt32LE(end) === lookup3(structure.subarray(0, end));
}

/** Writes the checksum of all bytes before into the last four. */
export function putChecksum(structure: Buffer): void {
  const end = structure.length - CHECKSUM_BYTES;
  structure.writeUInt32LE(lookup3(structure.subarray(0, end)), end);
}

const BLOCK_BYTES = 12;

/** The checksum of all HDF5 metadata: Bob Jenkins' lookup3 ("hashlittle") with initial value 0. */
export function lookup3(bytes: Uint8Array): number {
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
  // Missing bytes of the last block count as 0.
  const words = new DataView(new ArrayBuffer(blocks * BLOCK_BYTES));
  new Uint8Array(words.buffer).set(bytes);
  let a = (0xdeadbeef + bytes.length) | 0;
  let b = a;
  let c = a;
  for (let block = 0; block < blocks; block++) {
    a = (a + words.getUint32(block * BLOCK_BYTES, true)) | 0;
    b = (b + words.getUint32(block * BLOCK_BYTES + 4, true)) | 0;
    c = (c + words.getUint32(block * BLOCK_BYTES + 8, true)) | 0;
    if (block < blocks - 1) {
      a = ((a - c) ^ rotate(c, 4)) | 0;
      c = (c + b) | 0;
      b = ((b - a) ^ rotate(a, 6)) | 0;
      a = (a + c) | 0;
      c = ((c - b) ^ rotate(b, 8)) | 0;
      b = (b + a) | 0;
      a = ((a - c) ^ rotate(c, 16)) | 0;
      c = (c + b) | 0;
      b = ((b - a) ^ rotate(a, 19)) | 0;
      a = (a + c) | 0;
      c = ((c - b) ^ rotate(b, 4)) | 0;
      b = (b + a) | 0;
    } else {
      c = ((c ^ b) - rotate(b, 14)) | 0;
      a = ((a ^ c) - rotate(c, 11)) | 0;
      b = ((b ^ a) - rotate(a, 25)) | 0;
      c = ((c ^ b) - rotate(b, 16)) | 0;
      a = ((a ^ c) - rotate(c, 4)) | 0;
      b = ((b ^ a) - rotate(a, 14)) | 0;
      c = ((c ^ b) - rotate(b, 24)) | 0;
    }
  }
  return c >>> 0;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
