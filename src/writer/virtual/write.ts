import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  writeSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { messageOf, ScanWriterError } from '../../scan/index.js';
import type { Write } from './access.js';
import type { VirtualLayout } from './mapping.js';
import { planVirtualLayout } from './plan.js';
import { refuse } from './refusal.js';

/**
 * Makes datasets of a closed file virtual, or with `replace` changes the frames that virtual ones have: more, fewer or
 * other ones. The file must be writable: ours are 0444 (DESIGN 5). What h5wasm wrote is not changed but for a few bytes of each dataset's header and the end of the file;
 * each call adds 4 kB or more, of which `replace` frees nothing. Readers see the change when they open the file again.
 * @throws ScanWriterError `hdf5` before anything is changed if the file is open in this process, is not as our own
 * writer makes it, or the layouts do not fit; also if the disk fails, and then the file is valid all the same
 */
export function writeVirtualLayout(
  fileName: string,
  layouts: readonly VirtualLayout[],
  { replace = false }: { readonly replace?: boolean } = {},
): void {
  if (layouts.length === 0) return;
  try {
    refuseItself(fileName, layouts);
    refuseIfOpenHere(fileName);
    const descriptor = openSync(fileName, 'r+');
    try {
      const fileBytes = fstatSync(descriptor).size;
      const readAt = (position: number, length: number) => readBytes(descriptor, position, length);
      const [mappings = [], ...steps] = planVirtualLayout(readAt, fileBytes, layouts, replace);
      appendDurably(descriptor, fileBytes, mappings);
      for (const step of steps) writeDurably(descriptor, step);
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    throw new ScanWriterError('hdf5', `Cannot map frames into ${fileName}: ${messageOf(cause)}.`, {
      subject: fileName,
      retryable: canPass(cause),
      cause,
    });
  }
}

/** A file that is its own source would make HDF5 read in circles. */
function refuseItself(fileName: string, layouts: readonly VirtualLayout[]): void {
  const path = resolve(fileName);
  const isOwn = layouts.some(({ mappings }) =>
    mappings.some(({ file }) => resolve(path, '..', file) === path),
  );
  if (isOwn) refuse('it is to be its own source');
}

/**
 * A library that has the file open would not see the change and overwrite it. By the names of the descriptors, since
 * looking at the files themselves would wait for every mount that hangs. Other processes are kept away by our lock.
 */
function refuseIfOpenHere(fileName: string): void {
  const path = realpathSync(fileName);
  for (const descriptor of openDescriptors()) {
    if (targetOf(`${DESCRIPTORS}/${descriptor}`) === path) refuse('it is still open in this process');
  }
}

const DESCRIPTORS = '/proc/self/fd';

function openDescriptors(): string[] {
  try {
    return readdirSync(DESCRIPTORS);
  } catch {
    // Not Linux.
    return [];
  }
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    // Closed meanwhile, as that of the listing itself.
    return undefined;
  }
}

function readBytes(descriptor: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const count = readSync(descriptor, bytes, done, length - done, position + done);
    if (count === 0) refuse('its end is missing');
    done += count;
  }
  return bytes;
}

/** As `writeDurably`, behind the end of the file, which is as before if the disk is full. */
function appendDurably(descriptor: number, fileBytes: number, writes: readonly Write[]): void {
  try {
    writeDurably(descriptor, writes);
  } catch (error) {
    ftruncateSync(descriptor, fileBytes);
    throw error;
  }
}

function writeDurably(descriptor: number, writes: readonly Write[]): void {
  for (const { position, bytes } of writes) {
    let done = 0;
    while (done < bytes.length) {
      done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
    }
  }
  fdatasyncSync(descriptor);
}

/** Errors of the operating system that do not pass; others may, also those that Node has no name for. */
const LASTING = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG'];

function canPass(error: unknown): boolean {
  return (
    error instanceof Error && 'syscall' in error && 'code' in error && !LASTING.includes(String(error.code))
  );
}
