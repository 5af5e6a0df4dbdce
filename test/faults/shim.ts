import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What the shim is told, see shim.c. */
export interface Fault {
  readonly mode: 'kill' | 'torn' | 'error' | 'stall' | 'hang' | 'slow';
  /** Operations that count: `rename link`; all when absent. */
  readonly op?: string;
  /** Shell pattern of the paths below the directory that count. */
  readonly path?: string;
  readonly from?: number;
  readonly count?: number;
  /** errno of `error`. */
  readonly errno?: number;
  readonly milliseconds?: number;
  /** Bytes a second of `slow`. */
  readonly rate?: number;
  /** Only while this file exists. */
  readonly while?: string;
}

export const ERRNO = { EIO: 5, ENOSPC: 28, ESTALE: 116, EDQUOT: 122 } as const;

export const HOW_TO_GET_SHIM = `The faults of a disk need a C compiler. On Debian and Ubuntu: scripts/install-test-tools.sh`;

/** Compiles the shim into a directory. Throws in CI when there is no compiler; else gives undefined. */
export function compileShim(directory: string): string | undefined {
  const library = path.join(directory, 'shim.so');
  const source = path.join(import.meta.dirname, 'shim.c');
  const options = ['-O2', '-Wall', '-Werror', '-shared', '-fPIC', '-o', library, source, '-ldl', '-lpthread'];
  const { status, error, stderr } = spawnSync('gcc', options, { encoding: 'utf8' });
  if (status === 0) return library;
  if (error === undefined) throw new Error(stderr);
  if (process.env['CI']) throw new Error(HOW_TO_GET_SHIM, { cause: error });
  return undefined;
}

/** Whether {@link compileShim} will do, for `it.skipIf`. In CI always: its absence is an error there. */
export const hasCompiler =
  Boolean(process.env['CI']) || spawnSync('gcc', ['--version'], { stdio: 'ignore' }).status === 0;

/** The environment of a process that meets a fault below a directory, or whose calls are only written down. */
export function shimEnv(
  library: string,
  directory: string,
  { fault, log }: { fault?: Fault; log?: string },
): NodeJS.ProcessEnv {
  const told = {
    FAULT_DIR: directory,
    FAULT_LOG: log,
    FAULT_MODE: fault?.mode,
    FAULT_OP: fault?.op,
    FAULT_PATH: fault?.path,
    FAULT_FROM: fault?.from,
    FAULT_COUNT: fault?.count,
    FAULT_ERRNO: fault?.errno,
    FAULT_MS: fault?.milliseconds,
    FAULT_RATE: fault?.rate,
    FAULT_WHILE: fault?.while,
  };
  const env: NodeJS.ProcessEnv = { LD_PRELOAD: library };
  for (const [name, value] of Object.entries(told)) if (value !== undefined) env[name] = String(value);
  return env;
}

/** A kind of call: what is done, to which file. Numbers of processes and random ends of names are `*`. */
export interface Step {
  readonly op: string;
  /** As a shell pattern. */
  readonly path: string;
  /** How often it was done. */
  readonly times: number;
}

/** The steps in a log of the shim, in the order in which they first came. */
export function stepsOf(log: string): Step[] {
  const steps = new Map<string, Step>();
  for (const line of readFileSync(log, 'utf8').trimEnd().split('\n')) {
    const [, op = '', name = ''] = /^(\w+) (.*)$/.exec(line) ?? [];
    const pattern = name.replace(/\.\d+(?=\.|$)/g, '.*').replace(/\*\.[a-z0-9]{7,}$/, '*.*');
    const key = `${op} ${pattern}`;
    steps.set(key, { op, path: pattern, times: (steps.get(key)?.times ?? 0) + 1 });
  }
  return [...steps.values()];
}
