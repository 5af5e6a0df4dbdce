import { isSameScan, ScanWriterError, type ScanIdentity } from '../scan/index.js';
import type { PointColumns, PointRequest, WrittenWords } from './files/index.js';
import type { FileHandle, FileSystemThread, FileSystemThreads } from './thread/index.js';

/** What the file of a scan that was written says of itself. @throws ScanWriterError `target` */
export function readWrittenWords(
  threads: FileSystemThreads,
  file: string,
  scan: ScanIdentity,
): Promise<WrittenWords> {
  return withWritten(threads, file, scan, (_, __, words) => Promise.resolve(words));
}

/**
 * Points from the file of a scan that was written, of the channels with these names.
 * @throws ScanWriterError `usage` for a channel that is not in this file, `target` when the file is not there any more,
 *   is another scan's or cannot be read
 */
export function readWrittenPoints(
  threads: FileSystemThreads,
  file: string,
  scan: ScanIdentity,
  channels: readonly string[],
  request: PointRequest,
): Promise<PointColumns> {
  return withWritten(threads, file, scan, (thread, handle) =>
    thread.call('readWritten', [handle, channels, request]),
  );
}

async function withWritten<T>(
  threads: FileSystemThreads,
  file: string,
  scan: ScanIdentity,
  use: (thread: FileSystemThread, handle: FileHandle, words: WrittenWords) => Promise<T>,
): Promise<T> {
  const thread = await threads.of(file);
  const { handle, words } = await thread.call('openWritten', [file]);
  try {
    if (isSameScan(words.scan, scan)) return await use(thread, handle, words);
    throw new ScanWriterError('target', `${file} is the file of another scan now.`, { subject: file });
  } finally {
    await thread.call('closeWritten', [handle]);
  }
}
