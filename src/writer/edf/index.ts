/** Images of EDF files, the ESRF's format of a text header and raw pixels. Runs in a file system's thread. */
export type { PixelType } from './header.js';
export {
  BATCH_BYTES,
  FILE_START,
  frameBytes,
  readEdf,
  type EdfBatch,
  type EdfPlace,
  type EdfRequest,
} from './reader.js';
