import * as fs from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadHdf5, type Hdf5Library } from '../../../src/writer/hdf5/index.js';
import { writeVirtualLayout, type VirtualLayout } from '../../../src/writer/virtual/index.js';
import { putChecksum } from '../../../src/writer/virtual/checksum.js';
import type { Write } from '../../../src/writer/virtual/access.js';
import { planVirtualLayout } from '../../../src/writer/virtual/plan.js';
import { hasReaders } from '../../support/python.js';
import { numbers, temporaryFolder, thrown } from '../hdf5/support.js';
import {
  consecutive,
  expectFrames,
  FRAME_SHAPE,
  readEverywhere,
  readHere,
  writeScanFile,
  writeSource,
} from './support.js';

/** What `writeVirtualLayout` does to the disk, in order, and which of it is to fail. */
const disk = vi.hoisted(() => ({ steps: [] as string[], failAt: -1, code: '' }));

vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof fs>();
  const step = (name: string): void => {
    if (disk.steps.push(name) - 1 !== disk.failAt) return;
    throw Object.assign(new Error(`${disk.code}: as if`), { code: disk.code, syscall: name });
  };
  return {
    ...original,
    writeSync: (descriptor: number, bytes: Uint8Array, offset: number, length: number, position: number) => {
      // Half of it first, as on a disk that is nearly full.
      const part = Math.ceil(length / 2);
      const written = original.writeSync(descriptor, bytes, offset, part, position);
      step(`write ${position}+${part}`);
      return written;
    },
    fdatasyncSync: (descriptor: number) => {
      step('sync');
      original.fdatasyncSync(descriptor);
    },
  };
});

let hdf5: Hdf5Library;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});
beforeEach(() => {
  Object.assign(disk, { steps: [], failAt: -1 });
});

const NAMES = ['cam', 'other'];
const pathOf = (name: string) => `/1.1/instrument/${name}/data`;

/** A scan file with two placeholders, the layouts for them, and other ones for later. */
function prepare(folder: string): { fileName: string; layouts: VirtualLayout[]; later: VirtualLayout[] } {
  const fileName = join(folder, 'scan.h5');
  const addresses = writeScanFile(hdf5, fileName, { cam: {}, other: { attributes: { a: 'b' } } });
  writeSource(hdf5, join(folder, 'a.h5'), [0, 1]);
  writeSource(hdf5, join(folder, 'b.h5'), [2, 3]);
  const layoutOf = (name: string, files: readonly string[]) => {
    const mappings = consecutive(files.map((file) => [file, 2]));
    return { address: addresses.get(name) ?? 0n, shape: [2 * files.length, ...FRAME_SHAPE], mappings };
  };
  return {
    fileName,
    layouts: NAMES.map((name) => layoutOf(name, ['a.h5'])),
    later: NAMES.map((name) => layoutOf(name, ['b.h5', 'a.h5'])),
  };
}

function planFor(content: Buffer, layouts: readonly VirtualLayout[], replace: boolean): Write[][] {
  const readAt = (position: number, length: number) => content.subarray(position, position + length);
  return planVirtualLayout(readAt, content.length, layouts, replace).map((step) => [...step]);
}

function written(content: Buffer, { position, bytes }: Write): Buffer {
  const changed = Buffer.alloc(Math.max(content.length, position + bytes.length));
  content.copy(changed);
  bytes.copy(changed, position);
  return changed;
}

/** The file after every prefix of the writes; the first, behind the end of the file, also in parts. */
function states(before: Buffer, steps: readonly (readonly Write[])[]): Buffer[] {
  const all = [before];
  let content = before;
  for (const [index, write] of steps.flat().entries()) {
    if (index === 0) {
      for (const length of [1, 8, 100, 4000, write.bytes.length - 1]) {
        all.push(written(content, { ...write, bytes: write.bytes.subarray(0, length) }));
      }
    }
    content = written(content, write);
    all.push(content);
  }
  return all;
}

describe('a crash while datasets become virtual', () => {
  it('plans what it writes', () => {
    const { fileName, layouts } = prepare(temporaryFolder());
    const before = fs.readFileSync(fileName);
    const expected = states(before, planFor(before, layouts, false)).at(-1);
    writeVirtualLayout(fileName, layouts);
    expect(expected?.equals(fs.readFileSync(fileName))).toBe(true);
  });

  it('changes nothing that is there but the end of the file and a few bytes of each dataset', () => {
    const { fileName, layouts } = prepare(temporaryFolder());
    const before = fs.readFileSync(fileName);
    const [mappings, superblock, headers] = planFor(before, layouts, false);
    expect(mappings).toHaveLength(1);
    expect(mappings?.[0]?.position).toBe(before.length);
    expect(superblock).toHaveLength(1);
    expect(superblock?.[0]?.position).toBe(0);
    expect(headers).toHaveLength(2);
    for (const [index, header] of (headers ?? []).entries()) {
      expect(header.position).toBeGreaterThan(Number(layouts[index]?.address));
      expect(header.bytes.length).toBeLessThan(256);
    }
  });

  it.skipIf(!hasReaders()).each([
    ['placeholders', false],
    ['virtual datasets', true],
  ])('leaves a valid file with %s as they were or as they shall be', async (_, isLater) => {
    const folder = temporaryFolder();
    const { fileName, layouts, later } = prepare(folder);
    if (isLater) writeVirtualLayout(fileName, layouts);
    const wanted = isLater ? later : layouts;
    const content = fs.readFileSync(fileName);
    const files = states(content, planFor(content, wanted, isLater)).map((state, index) => {
      const name = join(folder, `state_${index}.h5`);
      fs.writeFileSync(name, state);
      return name;
    });
    const oldFrames = isLater ? [0, 1] : [];
    const newFrames = isLater ? [2, 3, 0, 1] : [0, 1];
    const check = async (isNew: (index: number, name: number) => boolean) => {
      const datasets = files.flatMap((file) => NAMES.map((name) => [file, pathOf(name)] as const));
      const reads = await readEverywhere(...datasets);
      reads.forEach((read, index) => {
        const frames = isNew(Math.floor(index / 2), index % 2) ? newFrames : oldFrames;
        expectFrames(read, frames);
      });
    };
    // Only the last two writes change what a reader sees, each of one dataset.
    await check((index, name) => index >= files.length - 2 + name);

    for (const name of files) {
      const file = hdf5.openForAppend(name);
      file.append('/1.1/motor', 3, numbers('float64', [5000], new Array<number>(5000).fill(7)));
      file.apply({ op: 'text', path: '/1.1/after', value: 'the crash' });
      file.close();
    }
    await check((index, name) => index >= files.length - 2 + name);

    for (const name of files) {
      writeVirtualLayout(name, wanted, { replace: true });
      expect(readHere(hdf5, name, '/1.1/motor')).toHaveLength(5003);
    }
    await check(() => true);
  });

  it('puts mappings where HDF5 would, also when the file ends in between', () => {
    const { fileName, layouts } = prepare(temporaryFolder());
    const content = Buffer.concat([fs.readFileSync(fileName), Buffer.alloc(3)]);
    const superblock = content.subarray(0, 48);
    superblock.writeBigUInt64LE(BigInt(content.length), 28);
    putChecksum(superblock);
    fs.writeFileSync(fileName, content);
    writeVirtualLayout(fileName, layouts);
    expect(fs.readFileSync(fileName).indexOf('GCOL', content.length) % 8).toBe(0);
    expect(fs.statSync(fileName).size % 8).toBe(0);
    expect(readHere(hdf5, fileName, pathOf('other'))).toHaveLength(24);
  });

  it('waits for the disk between its steps', () => {
    const { fileName, layouts } = prepare(temporaryFolder());
    const end = fs.statSync(fileName).size;
    writeVirtualLayout(fileName, layouts);
    const places = disk.steps
      .map((step) => {
        const position = Number(/write (\d+)/.exec(step)?.[1]);
        if (Number.isNaN(position)) return step;
        if (position >= end) return 'behind the end';
        return position < 48 ? 'superblock' : 'header';
      })
      .filter((step, index, all) => step !== all[index - 1]);
    expect(places).toEqual(['behind the end', 'sync', 'superblock', 'sync', 'header', 'sync']);
  });

  it.each([
    ['ENOSPC', true],
    ['EDQUOT', true],
    ['EIO', true],
    ['Unknown system error -122', true],
    ['EACCES', false],
  ])('leaves the file as it was when there is no room for the mappings: %s', (code, retryable) => {
    const { fileName, layouts } = prepare(temporaryFolder());
    const before = fs.readFileSync(fileName);
    for (const failAt of [0, 1, 2]) {
      Object.assign(disk, { steps: [], failAt, code });
      const error = thrown(() => {
        writeVirtualLayout(fileName, layouts);
      });
      expect(error).toMatchObject({ tag: 'hdf5', subject: fileName, retryable });
      expect(fs.readFileSync(fileName).equals(before)).toBe(true);
    }
    disk.failAt = -1;
    writeVirtualLayout(fileName, layouts);
    expect(readHere(hdf5, fileName, pathOf('other'))).toHaveLength(24);
  });
});
