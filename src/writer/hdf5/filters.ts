import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Compression } from '../../layout/operation.js';
import type { H5Module } from './module.js';

/** Identifiers that The HDF Group gave to filters. */
const DEFLATE = 1;
const BITSHUFFLE = 32008;
/** The filter's own choice of a block size, and LZ4. */
const BITSHUFFLE_LZ4 = [0, 2];

/** What h5wasm wants to know of a dataset's filter: it takes one for a dataset. */
export function filterOf(compression: Compression | undefined): {
  compression: number;
  compression_opts: number[];
} {
  switch (compression?.filter) {
    case undefined:
      return { compression: 0, compression_opts: [] };
    case 'gzip':
      return { compression: DEFLATE, compression_opts: [compression.level] };
    case 'bitshuffle':
      return { compression: BITSHUFFLE, compression_opts: BITSHUFFLE_LZ4 };
  }
}

/** Lets HDF5 find the filters that it does not have itself. */
export function addFilters(module: H5Module): void {
  const plugins = path.dirname(fileURLToPath(import.meta.resolve('h5wasm-plugins')));
  module.insert_plugin_search_path(path.join(plugins, 'plugins'), 0);
}
