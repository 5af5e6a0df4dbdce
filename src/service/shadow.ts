import { statSync } from 'node:fs';
import path from 'node:path';
import { ScanWriterError } from '../scan/index.js';
import { PathMap, type TargetPolicy } from '../writer/index.js';

const STATE_FOLDER = '.scan-writer';

/**
 * Where files go beside another writer: each below one directory, with its whole path as BLISS has it, whoever is to
 * write the scan. Nothing is made anywhere else.
 */
export function shadowPolicy(directory: string, template: string, imageMap: PathMap): TargetPolicy {
  return {
    map: new PathMap([{ from: '/', to: directory }]),
    imageMap,
    roots: [],
    template,
    acceptWriters: 'all',
    unnamed: directory,
  };
}

/** Where a shadow remembers scans, so that the memory of the service that it may become stays as it is. */
export function shadowStateFolder(directory: string): string {
  return path.join(directory, STATE_FOLDER);
}

/** @throws ScanWriterError `usage` */
export function assertShadow(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new ScanWriterError(
    'usage',
    `--shadow: the directory ${directory} does not exist: make it, or mount its disk.`,
    { subject: directory },
  );
}
