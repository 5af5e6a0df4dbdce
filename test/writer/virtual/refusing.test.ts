import { copyFileSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ScanWriterError } from '../../../src/scan/index.js';
import { loadHdf5, type Hdf5Library } from '../../../src/writer/hdf5/index.js';
import { putChecksum } from '../../../src/writer/virtual/checksum.js';
import {
  createPlaceholder,
  writeVirtualLayout,
  type VirtualLayout,
  type VirtualMapping,
} from '../../../src/writer/virtual/index.js';
import { hasReaders, runPython } from '../../support/python.js';
import { numbers, temporaryFolder, thrown } from '../hdf5/support.js';
import {
  consecutive,
  expectUntouched,
  FRAME_SHAPE,
  PATH,
  writeOneVirtual,
  writeScanFile,
} from './support.js';

let hdf5: Hdf5Library;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});

const SHAPE = [4, ...FRAME_SHAPE];
const MAPPINGS = consecutive([['a.h5', 2], ['b.h5', 2]]); // prettier-ignore

/** A refusal that leaves the file as it is, and names it. */
function expectRefusal(
  fileName: string,
  layouts: readonly VirtualLayout[],
  why: RegExp,
  replace = false,
): void {
  expectUntouched(fileName, () => {
    const error = thrown(() => {
      writeVirtualLayout(fileName, layouts, { replace });
    });
    expect(error).toBeInstanceOf(ScanWriterError);
    expect(error).toMatchObject({ tag: 'hdf5', subject: fileName, retryable: false });
    const message = String(error);
    expect(message).toMatch(why);
    expect(message).toContain(`Cannot map frames into ${fileName}: `);
  });
}

function scanFile(): { fileName: string; layout: VirtualLayout } {
  const fileName = join(temporaryFolder(), 'scan.h5');
  const address = writeScanFile(hdf5, fileName).get('cam') ?? 0n;
  return { fileName, layout: { address, shape: SHAPE, mappings: MAPPINGS } };
}

describe('a layout that is not possible', () => {
  const first = MAPPINGS[0] as VirtualMapping;
  it.each<[string, readonly Partial<VirtualMapping>[], RegExp]>([
    ['overlaps', [{}, { first: 1 }], /frame 1 is to come from two files/],
    ['is there twice', [{}, {}], /frame 0 is to come from two files/],
    ['ends behind the last frame', [{ first: 3 }], /frame 4 is to come from a file, but there are 4 frames/],
    ['is empty', [{ count: 0 }], /no first frame, count/],
    ['is negative', [{ first: -1 }], /no first frame, count/],
    ['has a negative count', [{ first: 2, count: -1 }], /no first frame, count/],
    ['starts before its source', [{ sourceFirst: -1 }], /no first frame, count/],
    ['is no number', [{ first: NaN }], /no first frame, count/],
    ['has half a frame', [{ count: 1.5 }], /no first frame, count/],
    ['goes beyond 32 bits', [{ sourceFirst: 2 ** 32 }], /no first frame, count/],
    ['has an absolute name', [{ file: '/data/a.h5' }], /"\/data\/a.h5" is not a relative name/],
    ['is in the same file', [{ file: '.' }], /"\." is not a relative name of another file/],
    ['has no name', [{ file: '' }], /"" is not a relative name/],
    ['has NUL in the name', [{ file: 'a\0b' }], /is not a relative name/],
    ['has half a character in the name', [{ file: 'a\ud800' }], /is not a relative name/],
    ['has no path', [{ dataset: '' }], /"" is not a path/],
    ['has a relative path', [{ dataset: 'data' }], /"data" is not a path/],
  ])('because a mapping %s', (_, mappings, why) => {
    const { fileName, layout } = scanFile();
    expectRefusal(fileName, [{ ...layout, mappings: mappings.map((each) => ({ ...first, ...each })) }], why);
  });

  it.each<[string, readonly number[], RegExp]>([
    ['another height', [4, 5, 4], /has the shape \[0, 3, 4\], which cannot become \[4, 5, 4\]/],
    ['another rank', [4, 3], /cannot become \[4, 3\]/],
    ['one more dimension', [4, 3, 4, 1], /cannot become/],
    ['an empty frame', [4, 0, 4], /frames cannot have the shape \[4, 0, 4\]/],
    ['half a frame', [4.5, 3, 4], /frames cannot have the shape/],
    ['no dimensions', [], /frames cannot have the shape \[\]/],
    ['more frames than HDF5 can select', [2 ** 32, 3, 4], /frames cannot have the shape/],
  ])('because of %s', (_, shape, why) => {
    const { fileName, layout } = scanFile();
    expectRefusal(fileName, [{ ...layout, shape }], why);
  });

  it('because one of several is not', () => {
    const fileName = join(temporaryFolder(), 'scan.h5');
    const addresses = [...writeScanFile(hdf5, fileName, { cam: {}, other: {} }).values()];
    const [one, other] = addresses.map((address) => ({ address, shape: SHAPE, mappings: MAPPINGS }));
    if (one === undefined || other === undefined) throw new Error('two placeholders');
    expectRefusal(fileName, [one, { ...other, shape: [4, 1, 1] }], /cannot become/);
    expectRefusal(fileName, [one, one], /named twice/);
    writeVirtualLayout(fileName, [one, other]);
  });

  it('because of its fill value', () => {
    const { fileName, layout } = scanFile();
    expectRefusal(
      fileName,
      [{ ...layout, fill: Uint8Array.of(1) }],
      /an element has 2 bytes, the fill value 1/,
    );
    const frameShape: number[] = [];
    const narrow = join(temporaryFolder(), 'scan.h5');
    const address = writeScanFile(hdf5, narrow, { cam: { dtype: 'float64', frameShape } }).get('cam') ?? 0n;
    const fill = new Uint8Array(8);
    expectRefusal(narrow, [{ address, shape: [4], mappings: MAPPINGS, fill }], /no room/);
  });

  it('because the file is its own source', () => {
    const { fileName, layout } = scanFile();
    for (const file of ['scan.h5', './x/../scan.h5']) {
      const mappings = [{ file, dataset: PATH, first: 0, count: 4, sourceFirst: 0 }];
      expectRefusal(fileName, [{ ...layout, mappings }], /its own source/);
    }
  });

  it('because the dataset is virtual already', () => {
    const { fileName, layout } = writeOneVirtual(hdf5, temporaryFolder(), [undefined]);
    expectRefusal(fileName, [layout], /virtual already/);
    expectRefusal(fileName, [{ ...layout, shape: [2, 5, 4] }], /cannot become/, true);
  });
});

describe('an address that is not that of a placeholder', () => {
  it('is refused', () => {
    const fileName = join(temporaryFolder(), 'scan.h5');
    const file = hdf5.create(fileName);
    const whole = {
      op: 'array',
      array: numbers('uint16', [1, 3, 4], new Array<number>(12).fill(1)),
    } as const;
    file.apply({ op: 'group', path: '/g' });
    file.apply({ ...whole, path: '/contiguous' });
    file.apply({ op: 'text', path: '/text', value: 'a' });
    for (const path of ['/written', '/cut']) {
      file.apply({ op: 'points', path, type: 'uint16', pointShape: FRAME_SHAPE, chunkRows: 1 });
      file.append(path, 0, whole.array);
    }
    file.cut('/cut', 0);
    const { address } = createPlaceholder(file, { path: '/p', dtype: 'uint16', frameShape: FRAME_SHAPE });
    const at = (path: string) => file.addressOf(path);
    const addresses = {
      contiguous: at('/contiguous'),
      text: at('/text'),
      written: at('/written'),
      cut: at('/cut'),
    };
    file.close();
    // The root group's header follows the superblock.
    const root = 48n;
    const refused: [bigint, RegExp][] = [
      [addresses.contiguous, /no placeholder: its layout is of version \d, class 1/],
      [addresses.text, /no placeholder|no dimensions/],
      [addresses.written, /has data already/],
      [addresses.cut, /has data already/],
      [root, /object header at 48 has the flags/],
      [address + 8n, /no object header of version 2/],
      [0n, /outside/],
      [-1n, /outside/],
      [2n ** 40n, /outside/],
      [2n ** 64n - 1n, /outside/],
    ];
    for (const [wrong, why] of refused) {
      expectRefusal(fileName, [{ address: wrong, shape: SHAPE, mappings: MAPPINGS }], why);
      expectRefusal(fileName, [{ address: wrong, shape: SHAPE, mappings: MAPPINGS }], why, true);
    }
    writeVirtualLayout(fileName, [{ address, shape: SHAPE, mappings: MAPPINGS }]);
  });
});

describe('a file that is not as our writer makes it', () => {
  /** Offsets in the superblock, with its checksum made right again or not. */
  it.each<[string, number, readonly number[], boolean, RegExp]>([
    ['signature', 0, [0], false, /not an HDF5 file/],
    ['old version', 8, [0], true, /superblock has version 0/],
    ['version of SWMR', 8, [3], true, /superblock has version 3/],
    ['checksum', 44, [1, 2, 3, 4], false, /checksum of its superblock/],
    ['a flipped bit', 30, [255], false, /checksum of its superblock/],
    ['short offsets', 9, [4], true, /do not have 8 bytes/],
    ['short lengths', 10, [4], true, /do not have 8 bytes/],
    ['being written', 11, [1], true, /open for writing/],
    ['user block', 13, [2], true, /user block/],
    ['extension', 20, [0, 2, 0, 0, 0, 0, 0, 0], true, /superblock extension/],
    ['no end', 28, [255, 255, 255, 255, 255, 255, 255, 255], true, /no end/],
    ['end behind the file', 30, [255], true, /its end is missing/],
  ])('is refused by its superblock: %s', (_, offset, bytes, isRepaired, why) => {
    const { fileName, layout } = scanFile();
    const content = readFileSync(fileName);
    content.set(bytes, offset);
    if (isRepaired) putChecksum(content.subarray(0, 48));
    writeFileSync(fileName, content);
    expectRefusal(fileName, [layout], why);
  });

  /** The header of the placeholder: prefix of 26 bytes with a 2-byte size, then the messages. */
  const DATASPACE = 24;
  const DATATYPE = DATASPACE + 4 + 52;
  const FILL = DATATYPE + 4 + 12;
  const LAYOUT = FILL + 4 + 2;
  const REST = LAYOUT + 4 + 27;
  it.each<[string, number, readonly number[], boolean, RegExp]>([
    ['checksum', 23 + 300, [], false, /checksum of the object header/],
    ['a flipped bit', DATATYPE + 6, [255], false, /checksum of the object header/],
    ['version', 4, [3], true, /no object header of version 2/],
    ['creation order', 5, [0x25], true, /flags 37/],
    ['size', 22, [255, 255], false, /longer than it|checksum/],
    ['message too long', LAYOUT + 1, [255, 3], true, /overruns/],
    ['no dataspace', DATASPACE, [0], true, /dataspace message/],
    ['shared dataspace', DATASPACE + 3, [2], true, /dataspace message/],
    ['old dataspace', DATASPACE + 4, [1], true, /no dimensions/],
    ['scalar', DATASPACE + 7, [0], true, /no dimensions/],
    ['fixed shape', DATASPACE + 6, [0], true, /fixed shape/],
    ['frames', DATASPACE + 8, [1], true, /has frames already/],
    ['few frames at most', DATASPACE + 8 + 24, [3, 0, 0, 0, 0, 0, 0, 0], true, /at most 3 frames/],
    ['no layout', LAYOUT, [0], true, /layout message/],
    ['two layouts', REST, [8], true, /layout message/],
    ['newer chunks', LAYOUT + 4, [4], true, /layout is of version 4, class 2/],
    ['allocated chunks', LAYOUT + 7, [0, 8, 0, 0, 0, 0, 0, 0], true, /has data already/],
    ['filters', REST, [0x0b], true, /filters or external files/],
    ['external files', REST, [0x07], true, /filters or external files/],
    ['unknown fill value', FILL + 5, [0x1a], true, /unknown kind of fill value/],
    ['old fill value', FILL + 4, [2], true, /unknown kind of fill value/],
  ])('is refused by an object header: %s', (_, offset, bytes, isRepaired, why) => {
    const { fileName, layout } = scanFile();
    const content = readFileSync(fileName);
    const start = Number(layout.address);
    const header = content.subarray(start, start + 24 + content.readUInt16LE(start + 22) + 4);
    expect(header.toString('latin1', 0, 4)).toBe('OHDR');
    expect([DATASPACE, DATATYPE, FILL, LAYOUT, REST].map((at) => header[at])).toEqual([1, 3, 5, 8, 0]);
    if (bytes.length === 0) header[header.length - 1] = (header.at(-1) ?? 0) ^ 1;
    else header.set(bytes, offset);
    if (isRepaired) putChecksum(header);
    writeFileSync(fileName, content);
    expectRefusal(fileName, [{ ...layout, fill: new Uint8Array(2) }], why);
  });

  it('is refused when its messages are in another order and a fill value needs them', () => {
    const { fileName, layout } = scanFile();
    const content = readFileSync(fileName);
    const start = Number(layout.address);
    const header = content.subarray(start, start + 24 + content.readUInt16LE(start + 22) + 4);
    header.set(Buffer.concat([header.subarray(FILL, LAYOUT), header.subarray(DATATYPE, FILL)]), DATATYPE);
    putChecksum(header);
    writeFileSync(fileName, content);
    expectRefusal(fileName, [{ ...layout, fill: new Uint8Array(2) }], /not neighbours/);
  });

  it('is refused when it is cut off, empty, a folder, or not there', () => {
    const { fileName, layout } = scanFile();
    truncateSync(fileName, readFileSync(fileName).length - 1);
    expectRefusal(fileName, [layout], /its end is missing/);
    truncateSync(fileName, 0);
    expectRefusal(fileName, [layout], /not an HDF5 file/);
    for (const name of [join(temporaryFolder(), 'none.h5'), temporaryFolder()]) {
      const error = thrown(() => {
        writeVirtualLayout(name, [layout]);
      });
      expect(error).toMatchObject({ tag: 'hdf5', subject: name, retryable: false });
    }
  });

  it.skipIf(!hasReaders())('is refused when h5py made it', async () => {
    const fileName = join(temporaryFolder(), 'h5py.h5');
    const script =
      'import h5py, sys; f = h5py.File(sys.argv[1], "w", libver=eval(sys.argv[2])); ' +
      'd = f.create_dataset("d", (0, 3, 4), "u2", maxshape=(None, 3, 4)); print(h5py.h5o.get_info(d.id).addr)';
    for (const [libver, why] of [
      ['None', /superblock has version 0/],
      ['("v110", "v110")', /superblock has version 3/],
    ] as const) {
      const { stdout } = await runPython(['-c', script, fileName, libver]);
      expectRefusal(fileName, [{ address: BigInt(stdout), shape: SHAPE, mappings: MAPPINGS }], why);
    }
  });
});

describe('a file that is open in this process', () => {
  it('is refused, whatever it is called', () => {
    const { fileName, layout } = scanFile();
    const folder = temporaryFolder();
    symlinkSync(fileName, join(folder, 'link.h5'));
    mkdirSync(join(folder, 'x'));
    for (const open of [() => hdf5.openForReading(fileName), () => hdf5.openForAppend(fileName)]) {
      const file = open();
      for (const name of [fileName, join(folder, 'link.h5'), join(folder, 'x', '..', 'link.h5')]) {
        expectRefusal(name, [layout], /still open in this process/);
      }
      file.close();
    }
    copyFileSync(fileName, join(folder, 'copy.h5'));
    const other = hdf5.openForReading(join(folder, 'copy.h5'));
    writeVirtualLayout(fileName, [layout]);
    other.close();
  });

  it('can be mapped while its sources are open', () => {
    const folder = temporaryFolder();
    const { fileName, layout } = writeOneVirtual(hdf5, folder, [[0, 1]]);
    const source = hdf5.openForReading(join(folder, 'images/cam_0.h5'));
    writeVirtualLayout(fileName, [layout], { replace: true });
    const file = hdf5.openForReading(fileName);
    expect(file.shapeOf(PATH)).toEqual([2, ...FRAME_SHAPE]);
    file.close();
    source.close();
  });
});
