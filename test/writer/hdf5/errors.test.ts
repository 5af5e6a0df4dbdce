import { execFileSync } from 'node:child_process';
import fs, { copyFileSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { elements } from '../../../src/scan/index.js';
import { Hdf5Error, loadHdf5, type Hdf5File, type Hdf5Library } from '../../../src/writer/hdf5/index.js';
import { numbers, scalars, temporaryFolder, thrown } from './support.js';

let hdf5: Hdf5Library;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});
afterEach(() => {
  vi.restoreAllMocks();
});

function openDescriptors(path: string): number {
  return fs.readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  }).length;
}

/** A file with a few chunks, closed. */
function someFile(path: string): void {
  const file = hdf5.create(path);
  file.apply({ op: 'points', path: '/p', type: 'float64', pointShape: [], chunkRows: 64 });
  file.append('/p', 0, numbers('float64', [1000], new Array<number>(1000).fill(1)));
  file.close();
}

describe('a file that cannot be opened', () => {
  it.each([
    ['does not exist', () => undefined, /No such file or directory/],
    [
      'is no HDF5 file',
      (path: string) => {
        writeFileSync(path, 'text '.repeat(1000));
      },
      /file signature not found\. It is not an HDF5 file/,
    ],
    [
      'is empty',
      (path: string) => {
        writeFileSync(path, '');
      },
      /file signature not found|file is empty/,
    ],
    [
      'is truncated',
      (path: string) => {
        someFile(path);
        writeFileSync(path, readFileSync(path).subarray(0, 2000));
      },
      /truncated file/,
    ],
    [
      'is a folder',
      (path: string) => {
        mkdirSync(path);
      },
      /Is a directory|signature|file/,
    ],
  ])('because it %s', (_why, make, reason) => {
    const path = join(temporaryFolder(), 'broken.h5');
    make(path);
    for (const open of [() => hdf5.openForReading(path), () => hdf5.openForAppend(path)]) {
      const error = thrown(open);
      expect(error).toBeInstanceOf(Hdf5Error);
      expect(error).toMatchObject({ tag: 'hdf5', subject: path, operation: 'open', retryable: false });
      expect((error as Error).message).toMatch(reason);
      expect((error as Error).message.split('\n')).toHaveLength(1);
    }
    expect(openDescriptors(path)).toBe(0);
  });

  it('is not made in a folder that does not exist', () => {
    const path = join(temporaryFolder(), 'no', 'file.h5');
    expect(() => hdf5.create(path)).toThrow(`Cannot create ${path}: No such file or directory.`);
  });

  it('gives an error or right values wherever a byte was damaged', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'whole.h5');
    someFile(path);
    const whole = readFileSync(path);
    const damaged = join(folder, 'damaged.h5');
    for (let position = 0; position < 2500; position += 13) {
      const bytes = Buffer.from(whole);
      bytes[position] = (bytes[position] ?? 0) ^ 0xff;
      writeFileSync(damaged, bytes);
      try {
        const file = hdf5.openForReading(damaged);
        try {
          file.has('/p');
          expect(file.readNumbers('/p').bytes.length).toBeGreaterThan(0);
        } finally {
          file.close();
        }
      } catch (error) {
        expect(error).toHaveProperty('tag', 'hdf5');
      }
    }
    copyFileSync(path, damaged);
    const file = hdf5.openForReading(damaged);
    expect(elements(file.readRows('/p', 999, 1))).toEqual([1]);
    file.close();
  });
});

describe('closing', () => {
  it('leaves no descriptor, may be repeated, and ends everything else', () => {
    const path = join(temporaryFolder(), 'closed.h5');
    const file = hdf5.create(path);
    expect(openDescriptors(path)).toBe(1);
    file.close();
    file.close();
    expect(openDescriptors(path)).toBe(0);
    expect(() => {
      file.flush();
    }).toThrow(/is closed/);
  });

  it('does not mind that another reader in this process has the file open', () => {
    const path = join(temporaryFolder(), 'twice.h5');
    someFile(path);
    const [first, second] = [hdf5.openForReading(path), hdf5.openForReading(path)];
    first.close();
    expect(second.rows('/p')).toBe(1000);
    second.close();
    expect(openDescriptors(path)).toBe(0);
  });
});

describe('a file opened for reading', () => {
  it('refuses to be written', () => {
    const path = join(temporaryFolder(), 'read.h5');
    someFile(path);
    const file = hdf5.openForReading(path);
    expect(() => {
      file.append('/p', 1000, scalars('float64', 1));
    }).toThrow(/no write intent|[Rr]ead-only/);
    expect(() => {
      file.apply({ op: 'group', path: '/g' });
    }).toThrow(Hdf5Error);
    expect(file.rows('/p')).toBe(1000);
    file.close();
  });
});

/** Errors that `node:fs` reports from now on for every write. */
function failingWrites(code: string, errno: number): void {
  vi.spyOn(fs, 'writeSync').mockImplementation(() => {
    throw Object.assign(new Error(`${code}: write`), { code, errno, syscall: 'write' });
  });
}

describe('a write that fails', () => {
  it.each([
    ['ENOSPC', -28, 'full', /No space left on device\. Free space/],
    ['EIO', -5, 'hdf5', /I\/O error\. Check the disk/],
    ['EROFS', -30, 'hdf5', /Read-only file system/],
    // Node has no name for EDQUOT and ESTALE, and h5wasm alone takes them for success or tries for ever.
    ['Unknown system error -122', -122, 'hdf5', /exceeded quota/],
    ['Unknown system error -116', -116, 'hdf5', /stale network file/],
  ])('with %s is reported and can be repeated', (code, errno, tag, reason) => {
    const path = join(temporaryFolder(), 'failing.h5');
    const file = hdf5.create(path);
    file.apply({ op: 'points', path: '/p', type: 'float64', pointShape: [], chunkRows: 64 });
    file.append('/p', 0, numbers('float64', [64], new Array<number>(64).fill(1)));
    file.flush();

    failingWrites(code, errno);
    const error = thrown(() => {
      file.append('/p', 100, numbers('float64', [64], new Array<number>(64).fill(2)));
    });
    expect(error).toBeInstanceOf(Hdf5Error);
    expect(error).toMatchObject({ tag, retryable: true });
    expect((error as Error).message).toMatch(reason);
    expect(file.rows('/p')).toBe(64);

    vi.restoreAllMocks();
    file.append('/p', 110, scalars('float64', 3));
    file.flush();
    file.close();
    const again = hdf5.openForReading(path);
    const values = elements(again.readNumbers('/p'));
    expect(values.slice(0, 64)).toEqual(new Array<number>(64).fill(1));
    // Nothing of the append that failed: not its values, and no zeros where NaN belongs.
    expect(values.slice(64, 110)).toEqual(new Array<number>(46).fill(NaN));
    expect(values.slice(110)).toEqual([3]);
    again.close();
  });

  it('leaves nothing of what it had written before it failed', () => {
    const path = join(temporaryFolder(), 'torn.h5');
    const file = hdf5.create(path);
    file.apply({ op: 'points', path: '/p', type: 'int32', pointShape: [], chunkRows: 8 });
    file.append('/p', 0, scalars('int32', 1));
    file.flush();
    const write = fs.writeSync.bind(fs) as (...args: unknown[]) => number;
    let writes = 0;
    vi.spyOn(fs, 'writeSync').mockImplementation((...args: unknown[]) => {
      if (++writes > 10) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28 });
      return write(...args);
    });
    expect(() => {
      file.append('/p', 1, numbers('int32', [200], new Array<number>(200).fill(2)));
    }).toThrow(/No space left/);
    vi.restoreAllMocks();
    file.append('/p', 150, scalars('int32', 3));
    file.flush();
    expect(elements(file.readNumbers('/p'))).toEqual([1, ...new Array<number>(149).fill(0), 3]);
    file.close();
  });

  it('makes flush and close fail, and the file is closed all the same', () => {
    const path = join(temporaryFolder(), 'failing.h5');
    const file = hdf5.create(path);
    file.apply({ op: 'group', path: '/g' });
    failingWrites('ENOSPC', -28);
    expect(() => {
      file.flush();
    }).toThrow(/Cannot flush .*No space left on device/);
    expect(() => {
      file.close();
    }).toThrow(/Cannot close .*No space left on device/);
    file.close();
    expect(openDescriptors(path)).toBe(0);
    vi.restoreAllMocks();
    hdf5.create(path).close();
  });
});

function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

/** A file system of so many bytes, gone after the test; undefined where mounting is not allowed. */
function smallDisk(bytes: number): string | undefined {
  const folder = join(temporaryFolder(), 'disk');
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
  });
  return folder;
}

describe.skipIf(!canMount())('a full disk', () => {
  it('is reported at once, and appending again from the last flush repairs everything', ({ skip }) => {
    const disk = smallDisk(3 * 1024 * 1024) ?? skip('mounting is not permitted here');
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, new Uint8Array(1024 * 1024));
    const file = hdf5.create(join(disk, 'full.h5'));
    for (const [path, pointShape] of [['/scalar', []], ['/spectrum', [128]]] as const) {
      file.apply({ op: 'points', path, type: 'float64', pointShape, chunkRows: 64 });
    } // prettier-ignore
    file.apply({ op: 'points', path: '/text', type: 'text', pointShape: [], chunkRows: 64 });
    file.flush();

    let confirmed = 0;
    let error: unknown;
    for (let first = 0; error === undefined && first < 10_000; first += 50) {
      try {
        appendRows(file, first, 50);
        file.flush();
        confirmed = first + 50;
      } catch (caught) {
        error = caught;
      }
    }
    expect(error).toBeInstanceOf(Hdf5Error);
    expect(error).toMatchObject({ retryable: true });
    expect((error as Error).message).toMatch(/No space left on device/);
    // 2 MB hold about 1800 rows; success beyond would be a lie.
    expect(confirmed).toBeGreaterThan(1000);
    expect(confirmed).toBeLessThan(2000);

    for (let attempt = 0; attempt < 20; attempt++) {
      expect(() => {
        appendRows(file, confirmed, 50);
        file.flush();
      }).toThrow(/No space left on device/);
    }
    rmSync(ballast);
    for (let first = confirmed; first < confirmed + 500; first += 50) appendRows(file, first, 50);
    file.flush();
    file.close();
    expectRows(hdf5.openForReading(join(disk, 'full.h5')), confirmed + 500);
  });

  it('is reported when only metadata are written', ({ skip }) => {
    const disk = smallDisk(512 * 1024) ?? skip('mounting is not permitted here');
    const file = hdf5.create(join(disk, 'full.h5'));
    const error = thrown(() => {
      for (let index = 0; index < 20_000; index++) {
        file.apply({ op: 'group', path: `/${index}` });
        if (index % 50 === 0) file.flush();
      }
    });
    expect((error as Error).message).toMatch(/No space left on device/);
    const { bavail } = statfsSync(disk);
    expect(bavail).toBeLessThan(100);
    expect(() => {
      file.close();
    }).toThrow(/No space left on device/);
  });

  it('is reported when a file is created', ({ skip }) => {
    const disk = smallDisk(64 * 1024) ?? skip('mounting is not permitted here');
    try {
      writeFileSync(join(disk, 'ballast'), new Uint8Array(1024 * 1024));
    } catch {
      // As full as it gets.
    }
    const path = join(disk, 'new.h5');
    const error = thrown(() => {
      const file = hdf5.create(path);
      try {
        file.flush();
      } finally {
        file.close();
      }
    });
    expect((error as Error).message).toMatch(/No space left on device/);
    expect(openDescriptors(path)).toBe(0);
  });
});

function appendRows(file: Hdf5File, first: number, count: number): void {
  const rows = Array.from({ length: count }, (_, index) => first + index);
  file.append('/scalar', first, numbers('float64', [count], rows));
  const spectra = rows.flatMap((row) => new Array<number>(128).fill(row));
  file.append('/spectrum', first, numbers('float64', [count, 128], spectra));
  const texts = rows.map((row) => `row ${row}`);
  file.appendTexts('/text', first, texts);
}

function expectRows(file: Hdf5File, count: number): void {
  const rows = Array.from({ length: count }, (_, row) => row);
  expect(elements(file.readNumbers('/scalar'))).toEqual(rows);
  expect(elements(file.readNumbers('/spectrum'))).toEqual(
    rows.flatMap((row) => new Array<number>(128).fill(row)),
  );
  expect(file.readTexts('/text')).toEqual(rows.map((row) => `row ${row}`));
  file.close();
}
