import { ScanWriterError } from '../../scan/index.js';

/** Ends an attempt before a byte is changed. `writeVirtualLayout` adds which file it was. */
export function refuse(why: string): never {
  throw new ScanWriterError('hdf5', why);
}
