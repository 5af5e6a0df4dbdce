import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const BENCH = path.resolve(import.meta.dirname, '..');
/** Debian's own, for which its packages of h5py, redis-py and numpy are. */
export const PYTHON = '/usr/bin/python3';
const MAX_OUTPUT = 64 * 1024 * 1024;

const run = promisify(execFile);

/** Runs a program to its end. @throws with what it complained of, when it fails */
export async function output(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(program, args, {
    maxBuffer: MAX_OUTPUT,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  return stdout;
}

/** The command line of a script of `bench`, by what its name ends in. */
export function command(script: string, args: readonly string[]): [string, string[]] {
  return [script.endsWith('.py') ? PYTHON : process.execPath, [path.join(BENCH, script), ...args]];
}

/** Runs a script of `bench` that prints JSON. */
export async function jsonOf(script: string, args: readonly string[]): Promise<unknown> {
  return JSON.parse(await output(...command(script, args)));
}

/** A process that goes on until it is told to end, and says on its way what it does, line by line. */
export class Child {
  readonly process: ChildProcess;
  readonly #lines: string[] = [];
  #complaints = '';

  constructor(program: string, args: readonly string[]) {
    this.process = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      if (stream) createInterface(stream).on('line', (line) => this.#lines.push(line));
    }
    this.process.stderr?.on('data', (data: Buffer) => (this.#complaints += data.toString()));
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The first line that fits, as soon as it is there. @throws when the process ends without, or takes too long */
  async waitFor(text: RegExp, seconds = 120): Promise<string> {
    return (await this.waitForCount(text, 1, seconds))[0] ?? '';
  }

  /** So many lines that fit. */
  async waitForCount(text: RegExp, count: number, seconds = 120): Promise<string[]> {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      const found = this.#lines.filter((line) => text.test(line));
      if (found.length >= count) return found;
      if (this.process.exitCode !== null || performance.now() > deadline)
        throw new Error(`it has not said ${text.source}: ${this.#complaints.slice(-2000)}`);
      await sleep(5);
    }
  }

  say(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const closed = once(this.process, 'close');
    this.process.kill('SIGTERM');
    await closed;
  }

  /** CPU time until now, user and system, in seconds; Linux only. */
  get cpu(): number {
    const text = readFileSync(`/proc/${this.process.pid ?? 0}/stat`, 'latin1');
    // The name in front may hold anything, also blanks.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Bytes. */
  get rss(): number {
    const status = readFileSync(`/proc/${this.process.pid ?? 0}/status`, 'latin1');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  }
}
