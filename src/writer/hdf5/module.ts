import type { ready } from 'h5wasm/node';
import { ScanWriterError } from '../../scan/index.js';
import { UNNAMED_ERROR } from './errors.js';

/** The functions of HDF5 as h5wasm exports them. Only calls.ts may call them. */
export type H5Module = Awaited<typeof ready>;

/** The parts of Emscripten's file system that h5wasm 0.10.3 exposes and its type declarations leave out. */
interface EmscriptenFiles {
  streams: (EmscriptenStream | undefined)[];
  ErrnoError: new (errno: number) => Error;
}

interface EmscriptenStream {
  path?: string;
  seekable: boolean;
  node: { mode: number };
  stream_ops?: {
    write(stream: EmscriptenStream, bytes: Uint8Array, offset: number, length: number): number;
  };
}

const STDERR = 2;
const CHARACTER_DEVICE = 0o020666;
/** EIO in WASI. */
const IO_ERROR = 29;
/** A failing flush of a large file can print megabytes that all say the same. */
const MAX_PRINTED_CHARACTERS = 256 * 1024;

/**
 * What HDF5 printed since it was last asked. This is the only sign of most errors: h5wasm drops the status
 * of H5Dclose, in which the data are written (HDF5_AND_SPEED 4.6).
 */
export interface Printed {
  take(): string;
}

/**
 * Redirects what HDF5 prints on stderr from the terminal to memory. Uses internals of Emscripten: h5wasm's
 * version is pinned, and this refuses to work if they are not there.
 */
export function capturePrinted(module: H5Module): Printed {
  const files = emscriptenFiles(module);
  const stderr = files.streams[STDERR];
  if (stderr === undefined) throw incompatible('it has no stderr');
  const decoder = new TextDecoder();
  let printed = '';
  stderr.seekable = false;
  stderr.node = { mode: CHARACTER_DEVICE };
  stderr.stream_ops = {
    write(_stream, bytes, offset, length) {
      const text = decoder.decode(bytes.subarray(offset, offset + length), { stream: true });
      if (printed.length < MAX_PRINTED_CHARACTERS) printed += text;
      return length;
    },
  };
  const errorsWithoutName = nameAllErrors(files);
  return {
    take() {
      const hint = errorsWithoutName.take() ? `${UNNAMED_ERROR}\n` : '';
      if (printed === '' && hint === '') return '';
      const text = printed + hint;
      printed = '';
      return text;
    },
  };
}

/**
 * Emscripten translates an error of `node:fs` by its name and makes success of a name that it does not know.
 * Node names neither EDQUOT nor ESTALE ("Unknown system error -122"), so a write over quota would count as
 * written, or be repeated for ever. Here every such error becomes EIO.
 */
function nameAllErrors(files: EmscriptenFiles): { take(): boolean } {
  let seen = false;
  files.ErrnoError = class extends files.ErrnoError {
    constructor(errno: number | undefined) {
      super(errno ?? IO_ERROR);
      if (errno === undefined) seen = true;
    }
  };
  return {
    take() {
      const was = seen;
      seen = false;
      return was;
    },
  };
}

/** How many descriptors the library holds on this absolute path. */
export function openStreams(module: H5Module, path: string): number {
  return emscriptenFiles(module).streams.filter((stream) => stream?.path === path).length;
}

function emscriptenFiles(module: H5Module): EmscriptenFiles {
  const files = module.FS as unknown as Partial<EmscriptenFiles>;
  if (!Array.isArray(files.streams) || typeof files.ErrnoError !== 'function') {
    throw incompatible('its file system is not the expected one');
  }
  return files as EmscriptenFiles;
}

function incompatible(why: string): ScanWriterError {
  return new ScanWriterError('hdf5', `This version of h5wasm cannot be used safely: ${why}. Install 0.10.3.`);
}
