import fs from 'node:fs';
import path from 'node:path';
import { ScanWriterError } from '../../scan/index.js';
import { isBelowOrSame } from '../target/index.js';
import { codeOf, onTarget } from './fsErrors.js';

export interface DirectoryOptions {
  /** Mode of directories that are made; the umask takes its part when undefined. */
  readonly dirMode: number | undefined;
  /** Numeric group of directories and files that are made. */
  readonly group: number | undefined;
}

/**
 * Makes the directory of a file, below a root that exists: one that is not there is a disk that is not mounted, not a
 * directory to make (DESIGN decision 10). Links on the way must not lead out of the roots.
 * @throws ScanWriterError `target`, or `usage` when a link leads outside
 */
export function prepareDirectory(file: string, roots: readonly string[], options: DirectoryOptions): void {
  const directory = path.dirname(file);
  const { root, existing } = placeOf(file, roots);
  makeDirectories(existing, directory, options);
  assertRealInside(directory, root, roots, file);
  assertMayWrite(directory);
}

/**
 * Whether `prepareDirectory` could make the directory of a file, as far as can be said without making it.
 * @returns the directory itself, or the deepest one on the way to it that exists
 * @throws ScanWriterError as that does
 */
export function checkDirectory(file: string, roots: readonly string[]): string {
  const { existing } = placeOf(file, roots);
  assertMayWrite(existing);
  return existing;
}

function placeOf(file: string, roots: readonly string[]): { root: string; existing: string } {
  const directory = path.dirname(file);
  const root = longest(roots.filter((candidate) => isBelowOrSame(directory, candidate)));
  if (root === undefined) throw outside(file, roots);
  assertRootExists(root);
  const existing = deepestExisting(directory);
  assertDirectory(existing);
  assertRealInside(existing, root, roots, file);
  return { root, existing };
}

function assertMayWrite(directory: string): void {
  onTarget('write into', directory, () => {
    fs.accessSync(directory, fs.constants.W_OK | fs.constants.X_OK);
  });
}

function assertRootExists(root: string): void {
  const stat = onTarget('look at', root, () => fs.statSync(root, { throwIfNoEntry: false }));
  if (stat?.isDirectory()) return;
  throw new ScanWriterError(
    'target',
    `The directory ${root} ${stat ? 'is a file' : 'does not exist'}: is its disk mounted? It is not made by the writer.`,
    { subject: root, retryable: true },
  );
}

function assertDirectory(existing: string): void {
  if (onTarget('look at', existing, () => fs.statSync(existing)).isDirectory()) return;
  throw new ScanWriterError(
    'target',
    `${existing} is a file, and a directory is needed there: move it away.`,
    {
      subject: existing,
    },
  );
}

/** The path itself or the deepest directory (or file in the way) on the way to it that exists. */
export function deepestExisting(target: string): string {
  let candidate = target;
  while (!exists(candidate)) candidate = path.dirname(candidate);
  return candidate;
}

function exists(candidate: string): boolean {
  return onTarget('look at', candidate, () => {
    try {
      return fs.statSync(candidate, { throwIfNoEntry: false }) !== undefined;
    } catch (error) {
      // A part of the path is a file: it is found on the way up.
      if (codeOf(error) === 'ENOTDIR') return false;
      throw error;
    }
  });
}

function makeDirectories(existing: string, directory: string, { dirMode, group }: DirectoryOptions): void {
  let current = existing;
  for (const component of path.relative(existing, directory).split(path.sep).filter(Boolean)) {
    current = path.join(current, component);
    const made = current;
    onTarget('make the directory', made, () => {
      if (!makeDirectory(made)) return;
      if (dirMode !== undefined) fs.chmodSync(made, dirMode);
      if (group !== undefined) fs.chownSync(made, -1, group);
    });
  }
}

/** @param own the root that the directory is below; others are looked at only if links lead there, since they may hang */
function assertRealInside(directory: string, own: string, roots: readonly string[], file: string): void {
  const real = onTarget('look at', directory, () => fs.realpathSync(directory));
  const others = roots.filter((root) => root !== own);
  const isInside = [own, ...others].some(
    (root) => fs.existsSync(root) && isBelowOrSame(real, fs.realpathSync(root)),
  );
  if (!isInside) throw outside(`${file} (in fact in ${real})`, roots);
}

function outside(file: string, roots: readonly string[]): ScanWriterError {
  return new ScanWriterError(
    'usage',
    `${file} is outside the directories that may be written (${roots.join(', ')}): add --root DIR or --map FROM=TO.`,
    { subject: file },
  );
}

function longest(paths: readonly string[]): string | undefined {
  return [...paths].sort((a, b) => b.length - a.length)[0];
}

/** @returns false when it is there already: another writer may make it at the same moment */
function makeDirectory(directory: string): boolean {
  try {
    // Not with `recursive`, which calls a read-only file system a directory that does not exist.
    fs.mkdirSync(directory);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && fs.statSync(directory).isDirectory()) return false;
    throw error;
  }
}
