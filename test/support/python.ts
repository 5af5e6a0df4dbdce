import { spawnSync, execFile } from 'node:child_process';
import path from 'node:path';
import { inject } from 'vitest';

/** Debian's own python, for which its packages of h5py, PyMca and silx are. */
const PYTHON = '/usr/bin/python3';
/** One with the newest readers, where somebody made it (`scripts/newest-readers.sh`). */
const NEWEST = process.env['SCAN_WRITER_NEWEST_PYTHON'];
const READERS = path.resolve(import.meta.dirname, '../readers');

export const HOW_TO_GET_READERS = `The programs that must be able to read our files are not all here (h5py, PyMca5 and silx for ${PYTHON}, and xvfb-run for their windows).
  On Debian and Ubuntu: scripts/install-test-tools.sh`;

/** The pythons whose readers must be able to read our files, for `describe.each`. */
export const PYTHONS: readonly { readers: string; python: string }[] = [
  { readers: "Debian's readers", python: PYTHON },
  ...(NEWEST ? [{ readers: 'the newest readers', python: NEWEST }] : []),
];

export interface ReaderOptions {
  readonly timeoutMs?: number;
  readonly env?: Record<string, string>;
  /** One of {@link PYTHONS}. */
  readonly python?: string;
}

export interface ReaderResult {
  /** Exit status; null when the script was killed, for instance by the timeout. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `globalSetup` found. False: skip what needs the readers. Never false in CI. */
export const hasReaders = (): boolean => inject('readers');

/** For `globalSetup`: whether all readers are here. */
export function findReaders(): boolean {
  const without = PYTHONS.filter(
    ({ python }) => spawnSync(python, ['-c', 'import h5py, PyMca5, silx.io']).status !== 0,
  );
  if (without.some(({ python }) => python === NEWEST))
    throw new Error(`SCAN_WRITER_NEWEST_PYTHON=${NEWEST} has no h5py, PyMca5 and silx.`);
  return without.length === 0 && spawnSync('xvfb-run', ['--help']).status === 0;
}

/** Runs a script of test/readers, such as `read_pymca.py`. Never rejects for what the script does. */
export async function runReader(
  script: string,
  args: readonly string[],
  options: ReaderOptions = {},
): Promise<ReaderResult> {
  return await runPython([path.join(READERS, script), ...args], options);
}

/** Runs a script of test/readers that opens windows, on a display of its own. */
export async function runOnDisplay(
  script: string,
  args: readonly string[],
  { timeoutMs = 50_000 }: { timeoutMs?: number } = {},
): Promise<ReaderResult> {
  // -a looks for a free display from there on, but two that look at the same time take the same one
  const display = String(100 + (process.pid % 10_000));
  const xvfb = ['-a', '-n', display, '-s', '-screen 0 1280x800x24'];
  const command = [...xvfb, PYTHON, path.join(READERS, script), ...args];
  return await runProgram('xvfb-run', command, {
    timeoutMs,
    env: { QT_QPA_PLATFORM: 'xcb', PYTHONFAULTHANDLER: '1' },
  });
}

/** Runs python itself, for a line or two with `-c`. */
export async function runPython(
  args: readonly string[],
  { python = PYTHON, ...options }: ReaderOptions = {},
): Promise<ReaderResult> {
  return await runProgram(python, args, options);
}

/** Runs any program, as those that tests need to be another user. Never rejects for what it does. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { timeoutMs = 50_000, env = {} }: Omit<ReaderOptions, 'python'>,
): Promise<ReaderResult> {
  const options = {
    timeout: timeoutMs,
    killSignal: 'SIGKILL' as const,
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', QT_QPA_PLATFORM: 'offscreen', ...env },
  };
  return await new Promise((resolve) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      // a script that could not be started has no exit status, only an error
      const signal = child.signalCode === null ? '' : ` (${child.signalCode})`;
      const complaint = error ? `${error.message}${signal}` : '';
      resolve({ status: error ? child.exitCode : 0, stdout, stderr: stderr || complaint });
    });
  });
}
