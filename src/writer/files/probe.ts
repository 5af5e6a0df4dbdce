import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../scan/index.js';
import type { Hdf5Library } from '../hdf5/index.js';
import { codeOf } from './fsErrors.js';
import { isOnNetwork, roomAt, type DiskOptions } from './targetDisk.js';

/** What a directory is good for. */
export interface DirectoryFacts {
  readonly kind: 'missing' | 'file' | 'directory';
  /** As the kernel calls it: `ext4`, `nfs4`; empty when it does not say. */
  readonly fileSystem: string;
  readonly mountOptions: readonly string[];
  readonly isNetwork: boolean;
  /** Bytes that may be written, after what stays free; Infinity when that cannot be known. */
  readonly freeBytes: number;
  readonly freeFiles: number;
  /** Why nothing can be made there; undefined when it can. */
  readonly whyNot: string | undefined;
  /** What the writer needs and does not work there, in words. */
  readonly broken: readonly string[];
  /** How far the clock of the file server is ahead of ours, seconds; undefined when nothing could be made. */
  readonly aheadSeconds: number | undefined;
}

const NOTHING: DirectoryFacts = {
  kind: 'missing',
  fileSystem: '',
  mountOptions: [],
  isNetwork: false,
  freeBytes: 0,
  freeFiles: 0,
  whyNot: undefined,
  broken: [],
  aheadSeconds: undefined,
};

const MODE = 0o444;

/** Tries in a directory of its own, which it takes away again, whatever the writer does with files. */
export function probeDirectory(
  directory: string,
  disk: DiskOptions,
  group: number | undefined,
  hdf5: Hdf5Library,
): DirectoryFacts {
  const stat = fs.statSync(directory, { throwIfNoEntry: false });
  if (stat === undefined) return NOTHING;
  if (!stat.isDirectory()) return { ...NOTHING, kind: 'file' };
  const { files, ffree } = fs.statfsSync(directory);
  const facts = {
    ...NOTHING,
    ...mountOf(fs.realpathSync(directory)),
    kind: 'directory' as const,
    isNetwork: isOnNetwork(directory),
    freeBytes: roomAt(directory, disk),
    freeFiles: files === 0 ? Infinity : ffree,
  };
  const own = path.join(directory, `.scan-writer-doctor-${process.pid}-${randomUUID().slice(0, 8)}`);
  try {
    fs.mkdirSync(own);
  } catch (error) {
    return { ...facts, whyNot: codeOf(error) ?? messageOf(error) };
  }
  try {
    const aheadSeconds = (fs.statSync(own).mtimeMs - Date.now()) / 1_000;
    return { ...facts, aheadSeconds, broken: brokenIn(own, group, hdf5) };
  } finally {
    fs.rmSync(own, { recursive: true, force: true });
  }
}

/** As /proc says; nothing where there is no /proc. */
function mountOf(directory: string): Pick<DirectoryFacts, 'fileSystem' | 'mountOptions'> {
  const mounts = fs.existsSync('/proc/self/mounts') ? fs.readFileSync('/proc/self/mounts', 'utf8') : '';
  const fitting = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, place = '']) => isAt(directory, unescaped(place)))
    // Of two at the same place the later one lies on top.
    .reduce<string[]>(
      (best, mount) => ((mount[1] ?? '').length >= (best[1] ?? '').length ? mount : best),
      [],
    );
  const [, , fileSystem = '', options = ''] = fitting;
  return { fileSystem, mountOptions: options.split(',') };
}

function isAt(directory: string, place: string): boolean {
  return place !== '' && (place === '/' || directory === place || directory.startsWith(`${place}/`));
}

/** `\040` is a space. */
function unescaped(place: string): string {
  return place.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

function brokenIn(own: string, group: number | undefined, hdf5: Hdf5Library): string[] {
  const [file, other] = [path.join(own, 'file'), path.join(own, 'other')];
  const broken: string[] = [];
  const attempt = (what: string, action: () => void): void => {
    try {
      action();
    } catch (error) {
      broken.push(`${what} (${codeOf(error) ?? messageOf(error)})`);
    }
  };
  attempt('making a file', () => {
    fs.writeFileSync(file, 'a', { flag: 'wx' });
  });
  attempt('refusing to make a file twice, by which locks work', () => {
    assertRefused(() => {
      fs.writeFileSync(file, 'b', { flag: 'wx' });
    });
  });
  attempt('hard links', () => {
    fs.linkSync(file, other);
  });
  attempt('renaming over a file that is there', () => {
    fs.writeFileSync(`${file}.new`, 'c');
    fs.renameSync(`${file}.new`, other);
  });
  attempt('writing on with a file that has become read-only', () => {
    writeOn(other);
  });
  if (group !== undefined) {
    attempt('giving files to the group', () => {
      fs.chownSync(file, -1, group);
    });
  }
  attempt('making an HDF5 file', () => {
    hdf5.create(path.join(own, 'file.h5')).close();
    hdf5.openForReading(path.join(own, 'file.h5')).close();
  });
  return broken;
}

function assertRefused(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    throw error;
  }
  throw new Error('it was made again');
}

function writeOn(file: string): void {
  const descriptor = fs.openSync(file, 'r+');
  try {
    fs.fchmodSync(descriptor, MODE);
    fs.writeSync(descriptor, 'd');
    fs.fdatasyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
