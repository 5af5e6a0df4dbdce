import fs from 'node:fs';
import { messageOf, ScanWriterError } from '../../scan/index.js';

const ADVICE: Readonly<Record<string, { why: string; retryable: boolean }>> = {
  EACCES: {
    why: 'this user has no permission: change the rights of the directory or the user',
    retryable: false,
  },
  EPERM: {
    why: 'this user has no permission: change the rights of the directory or the user',
    retryable: false,
  },
  EROFS: { why: 'the file system is read-only: mount it for writing', retryable: true },
  ENOSPC: { why: 'the disk is full: free some space', retryable: true },
  EDQUOT: { why: 'the quota is used up: free some space or raise the quota', retryable: true },
  EIO: { why: 'the disk or network reported an input/output error', retryable: true },
  ESTALE: { why: 'the network file system has lost the file: check the mount', retryable: true },
  ENOENT: { why: 'it does not exist', retryable: true },
  ENOTDIR: { why: 'a part of the path is a file, not a directory', retryable: false },
  EEXIST: { why: 'something else has that name', retryable: false },
  EISDIR: { why: 'it is a directory, not a file', retryable: false },
  ELOOP: { why: 'it is a loop of symbolic links', retryable: false },
  ENAMETOOLONG: { why: 'the name is too long for the file system', retryable: false },
};

const FULL: readonly string[] = ['ENOSPC', 'EDQUOT'];

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Turns what `node:fs` throws into a sentence; our own errors stay as they are. */
export function targetError(error: unknown, action: string, path: string): ScanWriterError {
  if (error instanceof ScanWriterError) return error;
  const advice = ADVICE[codeOf(error) ?? ''];
  const tag = FULL.includes(codeOf(error) ?? '') ? 'full' : 'target';
  return new ScanWriterError(tag, `Cannot ${action} ${path}: ${advice?.why ?? messageOf(error)}.`, {
    subject: path,
    retryable: advice?.retryable ?? false,
    cause: error,
  });
}

/** Runs an operation on the file system; what it throws says in a sentence what to do. */
export function onTarget<T>(action: string, path: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw targetError(error, action, path);
  }
}

/**
 * Gives a finished draft its name, and fails with EEXIST rather than replace anything.
 * File systems without hard links (SMB, some FUSE) get a copy that is made exclusively.
 */
export function linkExclusive(draft: string, name: string): void {
  try {
    fs.linkSync(draft, name);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error) ?? '')) throw error;
    fs.copyFileSync(draft, name, fs.constants.COPYFILE_EXCL);
  }
}
