import { ScanWriterError } from '../../scan/index.js';
import { Hdf5Error } from './errors.js';
import type { H5Module, Printed } from './module.js';

/** Most bytes given to HDF5 in one call, unless a single point is larger. */
export const BLOCK_BYTES = 64 * 1024 * 1024;

/** The one way to HDF5: runs a call and turns every sign of trouble into an `Hdf5Error`. */
export class Hdf5Calls {
  readonly module: H5Module;
  readonly #printed: Printed;
  #buffer = 0;
  #bufferBytes = 0;

  constructor(module: H5Module, printed: Printed) {
    this.module = module;
    this.#printed = printed;
  }

  /**
   * @param operation a verb phrase for the error's sentence, such as "append to"
   * @param subject what it is done to
   * @throws Hdf5Error if HDF5 printed anything, returned a negative status or id, or threw
   */
  run<T>(operation: string, subject: string, call: (module: H5Module) => T): T {
    let result: T;
    try {
      result = call(this.module);
    } catch (cause) {
      throw new Hdf5Error(operation, subject, this.#printed.take(), cause);
    }
    const printed = this.#printed.take();
    const failed = (typeof result === 'number' || typeof result === 'bigint') && result < 0;
    if (failed || printed !== '') throw new Hdf5Error(operation, subject, printed);
    return result;
  }

  /**
   * The address of at least this many bytes in the library's memory, valid until the next call. One buffer
   * serves all files, since every call is over when it returns.
   */
  reserve(bytes: number): number {
    const isKept = bytes > BLOCK_BYTES || this.#bufferBytes <= BLOCK_BYTES;
    if (this.#buffer !== 0 && bytes <= this.#bufferBytes && isKept) return this.#buffer;
    this.module._free(this.#buffer);
    this.#bufferBytes = Math.max(bytes, 64 * 1024);
    // A large pointer is negative as a signed number.
    this.#buffer = this.module._malloc(this.#bufferBytes) >>> 0;
    if (this.#buffer === 0) {
      this.#bufferBytes = 0;
      throw new ScanWriterError('hdf5', `HDF5 has no memory for ${bytes} bytes in one piece (2 GiB in all).`);
    }
    return this.#buffer;
  }

  /** A view into the library's memory, to be used at once: growing the memory invalidates it. */
  memory(address: number, bytes: number): Uint8Array {
    return this.module.HEAPU8.subarray(address, address + bytes);
  }
}

/** An open HDF5 file: what the parts of this folder share about it. */
export class OpenFile {
  readonly calls: Hdf5Calls;
  readonly id: bigint;
  readonly path: string;

  constructor(calls: Hdf5Calls, id: bigint, path: string) {
    this.calls = calls;
    this.id = id;
    this.path = path;
  }

  run<T>(operation: string, path: string, call: (module: H5Module, id: bigint) => T): T {
    return this.calls.run(operation, this.nameOf(path), (module) => call(module, this.id));
  }

  /** A path of this file as a person reads it: `/data/scan_0001.h5::/1.1/measurement`. */
  nameOf(path: string): string {
    return `${this.path}::${path}`;
  }
}

/** The names on an absolute path; `[]` for the root. */
export function namesOn(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '');
  if (!path.startsWith('/') || path.includes('\0') || names.includes('.')) {
    throw new ScanWriterError('hdf5', `${JSON.stringify(path)} is not an absolute path in an HDF5 file.`);
  }
  return names;
}

/** What is asked for is not in the file, or is something else. */
export function refusal(file: OpenFile, path: string, why: string): ScanWriterError {
  const subject = file.nameOf(path);
  return new ScanWriterError('hdf5', `${subject} ${why}.`, { subject });
}
