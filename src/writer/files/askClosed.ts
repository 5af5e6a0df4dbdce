import { isSameScan, ScanWriterError, type ScanIdentity } from '../../scan/index.js';
import type { GroveAnswer, GroveRequest, Hdf5Library } from '../hdf5/index.js';
import { ownEntries } from './existing.js';

/**
 * What a browser of files wants to know of a file that nobody here writes.
 * @throws ScanWriterError `target` when it is not the file of this scan
 */
export function askClosed(
  path: string,
  scan: ScanIdentity,
  request: GroveRequest,
  hdf5: Hdf5Library,
): GroveAnswer {
  const file = hdf5.openForReading(path);
  try {
    if (ownEntries(file).some((entry) => isSameScan(entry.scan, scan))) return file.ask(request);
    throw new ScanWriterError('target', `${path} is the file of another scan now.`, { subject: path });
  } finally {
    file.close();
  }
}
