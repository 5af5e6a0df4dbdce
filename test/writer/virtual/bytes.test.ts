import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasValidChecksum, lookup3, putChecksum } from '../../../src/writer/virtual/checksum.js';
import { aligned, heapCollection } from '../../../src/writer/virtual/globalHeap.js';
import { mappingBlock } from '../../../src/writer/virtual/mappingBlock.js';
import { hasReaders, runPython } from '../../support/python.js';
import { temporaryFolder } from '../hdf5/support.js';

describe('lookup3', () => {
  it.each([
    ['', 0xdeadbeef],
    // The example of its author.
    ['Four score and seven years ago', 0x17770551],
  ])('of %j', (text, expected) => {
    expect(lookup3(Buffer.from(text))).toBe(expected);
  });

  it('finds a changed byte at every place', () => {
    for (let length = 4; length < 60; length++) {
      const structure = Buffer.alloc(length, 0xa5);
      putChecksum(structure);
      expect(hasValidChecksum(structure)).toBe(true);
      for (let index = 0; index < length; index++) {
        const changed = Buffer.from(structure);
        changed.writeUInt8(changed.readUInt8(index) ^ 0x10, index);
        expect(hasValidChecksum(changed)).toBe(false);
      }
    }
  });
});

describe('a collection of the global heap', () => {
  it('has at least 4096 bytes, and free space that is a whole object', () => {
    for (const sizes of [
      [],
      [1],
      [4063],
      [4064],
      [4065],
      [4070],
      [4080],
      [4096],
      [9, 4000],
      [100, 5000, 3],
    ]) {
      const objects = sizes.map((size) => Buffer.alloc(size, size));
      const collection = heapCollection(objects);
      expect(collection.length).toBeGreaterThanOrEqual(4096);
      expect(collection.readBigUInt64LE(8)).toBe(BigInt(collection.length));
      let at = 16;
      objects.forEach((object, index) => {
        expect(collection.readUInt16LE(at)).toBe(index + 1);
        expect(collection.readBigUInt64LE(at + 8)).toBe(BigInt(object.length));
        expect(collection.subarray(at + 16, at + 16 + object.length).equals(object)).toBe(true);
        at += 16 + aligned(object.length);
      });
      expect(collection.readUInt16LE(at)).toBe(0);
      expect(collection.readBigUInt64LE(at + 8)).toBe(BigInt(collection.length - at));
      expect(collection.length - at).toBeGreaterThanOrEqual(16);
    }
  });
});

describe.skipIf(!hasReaders())('the mapping block', () => {
  it('is that of h5py, byte for byte', async () => {
    const fileName = join(temporaryFolder(), 'h5py.h5');
    const script = `
import h5py, sys
layout = h5py.VirtualLayout((7, 64, 48), "u2")
for name, first, count, start in (("scan0001/é_0.h5", 0, 3, 0), ("scan0001/100%%.h5", 3, 2, 5), ("../c.h5", 6, 1, 0)):
    source = h5py.VirtualSource(name, "/entry_0000/data", (100, 64, 48), "u2", (None, 64, 48))
    layout[first:first + count] = source[start:start + count]
with h5py.File(sys.argv[1], "w") as file:
    file.create_virtual_dataset("data", layout)`;
    expect(await runPython(['-c', script, fileName])).toMatchObject({ status: 0, stderr: '' });
    const dataset = '/entry_0000/data';
    const block = mappingBlock(
      [64, 48],
      [
        { file: 'scan0001/é_0.h5', dataset, first: 0, count: 3, sourceFirst: 0 },
        { file: 'scan0001/100%.h5', dataset, first: 3, count: 2, sourceFirst: 5 },
        { file: '../c.h5', dataset, first: 6, count: 1, sourceFirst: 0 },
      ],
    );
    expect(readFileSync(fileName).includes(block)).toBe(true);
  });
});
