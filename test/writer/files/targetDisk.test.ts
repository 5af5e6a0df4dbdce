import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { TargetDisk } from '../../../src/writer/files/targetDisk.js';
import { thrown } from '../hdf5/support.js';
import { temporaryDirectory } from './support.js';

function aFile(): string {
  const file = path.join(temporaryDirectory(), 'a.h5');
  fs.writeFileSync(file, 'x');
  return file;
}

describe('the disk of a file', () => {
  it('has room until what stays free is reached', () => {
    const file = aFile();
    const { bavail, bsize } = fs.statfsSync(path.dirname(file));
    const room = new TargetDisk(file, { minFreeBytes: 0, sync: 'never' });
    room.assertSpace(1000);
    const none = new TargetDisk(file, { minFreeBytes: 2 * bavail * bsize, sync: 'never' });
    const assert = (): void => {
      none.assertSpace(1);
    };
    expect(thrown(assert)).toMatchObject({ tag: 'full', retryable: true, subject: file });
    expect(thrown(assert)).toMatchObject({ tag: 'full' });
  });

  it.each([
    ['always', 2],
    ['never', 0],
    // Not on a local disk.
    ['auto', 0],
  ] as const)('is waited for %s', (sync, times) => {
    const file = aFile();
    const spy = vi.spyOn(fs, 'fdatasyncSync');
    const disk = new TargetDisk(file, { minFreeBytes: undefined, sync });
    disk.sync();
    disk.sync();
    disk.close();
    expect(spy).toHaveBeenCalledTimes(times);
    spy.mockRestore();
  });
});
