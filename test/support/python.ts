import { spawnSync, execFile } from 'node:child_process';
import path from 'node:path';
import { inject } from 'vitest';

/** Debian's own python, for which its packages of h5py, PyMca and silx are. */
const PYTHON = '/usr/bin/python3';
const READERS = path.resolve(import.meta.dirname, '../readers');

export const HOW_TO_GET_READERS = `The programs that must be able to read our files are not all here (h5py, PyMca5 and silx for ${PYTHON}).
  On Debian and Ubuntu: scripts/install-test-tools.sh`;

export interface ReaderResult {
  /** Exit status; null when the script was killed, for instance by the timeout. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `globalSetup` found. False: skip what needs the readers. Never false in CI. */
export const hasReaders = (): boolean => inject('readers');

/** For `globalSetup`: whether python has all readers. */
export function findReaders(): boolean {
  return spawnSync(PYTHON, ['-c', 'import h5py, PyMca5, silx.io']).status === 0;
}

/** Runs a script of test/readers, such as `read_like_pymca.py`. Never rejects for what the script does. */
export async function runReader(
  script: string,
  args: readonly string[],
  { timeoutMs = 50_000, env = {} }: { timeoutMs?: number; env?: Record<string, string> } = {},
): Promise<ReaderResult> {
  return await runPython([path.join(READERS, script), ...args], { timeoutMs, env });
}

/** Runs python itself, for a line or two with `-c`. */
export async function runPython(
  args: readonly string[],
  { timeoutMs = 50_000, env = {} }: { timeoutMs?: number; env?: Record<string, string> } = {},
): Promise<ReaderResult> {
  const options = {
    timeout: timeoutMs,
    killSignal: 'SIGKILL' as const,
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', QT_QPA_PLATFORM: 'offscreen', ...env },
  };
  return await new Promise((resolve) => {
    const child = execFile(PYTHON, args, options, (error, stdout, stderr) => {
      // a script that could not be started has no exit status, only an error
      resolve({ status: error ? child.exitCode : 0, stdout, stderr: stderr || (error?.message ?? '') });
    });
  });
}
