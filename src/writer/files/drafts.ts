import fs from 'node:fs';
import path from 'node:path';
import { ScanWriterError } from '../../scan/index.js';
import { codeOf, onTarget } from './fsErrors.js';
import { isRunning, type HeldLock } from './lock.js';

export interface FileOptions {
  /** Mode of the file from the moment it exists (DESIGN decision 5). */
  readonly fileMode: number;
  readonly group: number | undefined;
}

/** The hidden name under which a file is made before readers see it. Only who holds the file's lock makes one. */
export function draftOf(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`);
}

/** Removes what writers of this host left beside a file when they were killed. */
export function removeDeadDrafts({ file }: HeldLock): void {
  const directory = path.dirname(file);
  const prefix = `.${path.basename(file)}.`;
  onTarget('clean', directory, () => {
    for (const name of fs.readdirSync(directory)) {
      if (!name.startsWith(prefix)) continue;
      const pid = /^(?:journal\.)?(\d+)\.tmp$|^lock\.(?:takeover\.)?(\d+)\.\w+$/.exec(
        name.slice(prefix.length),
      );
      const maker = Number(pid?.[1] ?? pid?.[2] ?? process.pid);
      if (!isRunning(maker)) fs.rmSync(path.join(directory, name), { force: true });
    }
  });
}

/**
 * Gives the draft its mode and its name; an open file stays writable through its descriptor.
 * @throws ScanWriterError `target` when something has that name, unless it is to be replaced
 */
export function publish(draft: string, name: string, options: FileOptions, replace = false): void {
  onTarget('make', name, () => {
    if (options.group !== undefined) fs.chownSync(draft, -1, options.group);
    fs.chmodSync(draft, options.fileMode);
    if (replace) fs.renameSync(draft, name);
    else renameExclusive(draft, name);
  });
}

/** Never a copy: the library has this very file open. */
function renameExclusive(draft: string, name: string): void {
  try {
    fs.linkSync(draft, name);
    fs.rmSync(draft);
    return;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw appeared(name);
    // A file system without hard links.
  }
  if (fs.lstatSync(name, { throwIfNoEntry: false }) !== undefined) throw appeared(name);
  fs.renameSync(draft, name);
}

function appeared(name: string): ScanWriterError {
  return new ScanWriterError('target', `${name} appeared while it was being made: try again.`, {
    subject: name,
    retryable: true,
  });
}

export function syncToDisk(file: string): void {
  onTarget('save', file, () => {
    for (const target of [file, path.dirname(file)]) {
      const descriptor = fs.openSync(target, 'r');
      try {
        fs.fsyncSync(descriptor);
      } finally {
        fs.closeSync(descriptor);
      }
    }
  });
}
