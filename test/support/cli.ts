import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface CliResult {
  /** undefined when a signal ended it. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly process: ChildProcess;
  /** Resolves when it has printed the text, on stdout or stderr. Rejects when it ends without. */
  waitFor(text: string): Promise<void>;
  /** Waits for the end, after a signal if one is named. */
  end(signal?: NodeJS.Signals): Promise<CliResult>;
}

/** Of a process that serves several tests. */
const TIMEOUT_MS = 120_000;

/** Runs `scan-writer` as a user would, in an environment without `SCAN_WRITER_REDIS` unless it is given. */
export async function scanWriter(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliResult> {
  return startScanWriter(args, env).end();
}

export function startScanWriter(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  cwd: string = process.cwd(),
): RunningCli {
  return startNode([MAIN, ...args], env, cwd);
}

/** Runs an example of the repository, which imports the built package as users do. */
export function startExample(name: string, args: readonly string[]): RunningCli {
  return startNode([
    '--import',
    'tsx',
    fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url)),
    ...args,
  ]);
}

function startNode(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = process.cwd()): RunningCli {
  const inherited = { ...process.env };
  delete inherited['SCAN_WRITER_REDIS'];
  // Each remembers scans on its own, unless a test says otherwise: recordings are the same again and again.
  const state = mkdtempSync(path.join(tmpdir(), 'scan-writer-state-'));
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...inherited, XDG_STATE_HOME: state, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  const waiting: { text: string; resolve: () => void; reject: (error: Error) => void }[] = [];
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
    check();
  });
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
    check();
  });
  const has = (text: string): boolean => stdout.includes(text) || stderr.includes(text);
  const check = (): void => {
    for (const { text, resolve } of waiting) if (has(text)) resolve();
  };
  const closed = once(child, 'close');
  void closed.then(() => {
    rmSync(state, { recursive: true, force: true });
    for (const { text, reject } of waiting) reject(new Error(`ended without saying "${text}":\n${stderr}`));
  });
  return {
    process: child,
    async waitFor(text) {
      if (has(text)) return;
      await new Promise<void>((resolve, reject) => waiting.push({ text, resolve, reject }));
    },
    async end(signal) {
      if (signal !== undefined) child.kill(signal);
      await closed;
      return { status: child.exitCode ?? undefined, stdout, stderr };
    },
  };
}
