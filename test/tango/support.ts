import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startScanWriter, type RunningCli } from '../support/cli.js';
import { mapTo } from '../support/acceptance.js';
import { recordingFolder } from '../support/recordings.js';
import { freePort } from '../support/redisServer.js';
import { scratchDirectory } from '../support/scratch.js';
import { TANGO_PYTHON } from '../support/tango.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** As of a program that hangs: no test needs as long. */
const TIMEOUT_MS = 120_000;
/** Shorter than what a test may take, so that it says what it waited for. */
const UNTIL_MS = 40_000;

/** The session of the recordings, and another name of the same length. */
export const SESSION = 'inhse_session';
export const OTHER = 'other_session';
export const deviceOf = (session: string): string => `id00/bliss_nxwriter/${session}`;

/** A program that is printed of, line by line, and ended. */
class Program {
  readonly process: ChildProcess;
  #text = '';
  readonly #closed: Promise<unknown>;

  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.process = spawn(program, args, {
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: path.join(ROOT, 'tango'), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    this.process.stderr?.on('data', (data: Buffer) => (this.#text += data.toString()));
    this.#closed = once(this.process, 'close');
  }

  /** What it has said on stderr. */
  get complaints(): string {
    return this.#text;
  }

  lines(): Interface {
    if (this.process.stdout === null) throw new Error('no stdout');
    return createInterface({ input: this.process.stdout });
  }

  /** @returns its exit status */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.process.kill(signal);
    return await this.closed();
  }

  async closed(): Promise<number | null> {
    await this.#closed;
    return this.process.exitCode;
  }
}

export interface TangoServerOptions {
  /** Of the device server, before Tango's. */
  readonly args: readonly string[];
  readonly sessions?: readonly string[];
  /** Tango properties of every device; in a file of properties, which takes the place of `--session`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** What stands after `--`. */
  readonly run?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** A device server without a database, on a free port. */
export class TangoServer {
  readonly #program: Program;
  readonly #port: number;

  private constructor(program: Program, port: number) {
    this.#program = program;
    this.#port = port;
  }

  /** Resolves when it answers Tango clients. */
  static async start(options: TangoServerOptions): Promise<TangoServer> {
    const { args, sessions = [SESSION], properties, run, env } = options;
    const port = await freePort();
    const where =
      properties === undefined
        ? [...sessions.flatMap((name) => ['--session', `${name}=${deviceOf(name)}`]), '-port', String(port)]
        : [`-file=${await propertyFile(sessions, properties)}`, '-ORBendPoint', `giop:tcp::${port}`];
    const after = run === undefined ? [] : ['--', ...run];
    const program = new Program(TANGO_PYTHON, [...SERVER, 'test', ...args, ...where, ...after], env);
    const lines = program.lines();
    const isReady = await new Promise<boolean>((resolve) => {
      lines.on('line', (line) => {
        if (line.startsWith('Ready to accept request')) resolve(true);
      });
      lines.on('close', () => {
        resolve(false);
      });
    });
    if (!isReady) throw new Error(`The device server has not come up:\n${program.complaints}`);
    return new TangoServer(program, port);
  }

  device(session: string): string {
    return `tango://127.0.0.1:${this.#port}/${deviceOf(session)}#dbase=no`;
  }

  get pid(): number {
    return this.#program.process.pid ?? 0;
  }

  get log(): string {
    return this.#program.complaints;
  }

  async end(signal?: NodeJS.Signals): Promise<number | null> {
    return await this.#program.end(signal);
  }
}

const SERVER = ['-m', 'bliss_scan_writer_tango'];

async function propertyFile(
  sessions: readonly string[],
  properties: Readonly<Record<string, string>>,
): Promise<string> {
  const file = path.join(await scratchDirectory(), 'properties');
  const lines = sessions.flatMap((session) => {
    const all = { session, ...properties };
    return Object.entries(all).map(([name, value]) => `${deviceOf(session)}->${name}: ${value}`);
  });
  const devices = `NexusWriterService/test/DEVICE/NexusWriter: ${sessions.map(deviceOf).join(', \\\n  ')}`;
  await writeFile(file, `${[devices, ...lines].join('\n')}\n`);
  return file;
}

/** Runs the server or its registration for what they say of their arguments. */
export async function complaintOf(module: string, args: readonly string[]): Promise<[number | null, string]> {
  const program = new Program(TANGO_PYTHON, ['-m', module, ...args]);
  program.process.stdout?.resume();
  return [await program.closed(), program.complaints];
}

interface TangoAnswer {
  readonly value?: unknown;
  /** Of Tango's exception, and its sentence. */
  readonly reason?: string;
  readonly text?: string;
  readonly seconds: number;
}

/** A Tango client in a process of its own, which asks one thing after the other. */
export class TangoClient {
  readonly #program = new Program(TANGO_PYTHON, [path.join(import.meta.dirname, 'client.py')]);
  readonly #answers: AsyncIterator<string> = this.#program.lines()[Symbol.asyncIterator]();

  command(device: string, name: string, argument?: string): Promise<TangoAnswer> {
    return this.#ask({ device, how: 'command', name, argument });
  }

  read(device: string, name: string): Promise<TangoAnswer> {
    return this.#ask({ device, how: 'read', name });
  }

  write(device: string, name: string, argument: unknown): Promise<TangoAnswer> {
    return this.#ask({ device, how: 'write', name, argument });
  }

  /** Asks until the answer is as wanted. */
  async until(ask: () => Promise<TangoAnswer>, isWanted: (value: unknown) => boolean): Promise<TangoAnswer> {
    const end = Date.now() + UNTIL_MS;
    for (;;) {
      const answer = await ask();
      if (isWanted(answer.value)) return answer;
      if (Date.now() > end) throw new Error(`The last answer was ${JSON.stringify(answer)}.`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stateUntil(device: string, ...wanted: readonly string[]): Promise<void> {
    await this.until(
      () => this.command(device, 'State'),
      (state) => wanted.includes(String(state)),
    );
  }

  async end(): Promise<void> {
    await this.#program.end();
  }

  async #ask(request: object): Promise<TangoAnswer> {
    this.#program.process.stdin?.write(`${JSON.stringify(request)}\n`);
    const answer = await this.#answers.next();
    if (answer.done === true) throw new Error(`The client has ended:\n${this.#program.complaints}`);
    return JSON.parse(answer.value) as TangoAnswer;
  }
}

export interface Step {
  readonly step: string;
  readonly why?: string;
  readonly state?: string;
  readonly states?: readonly string[];
  readonly urls?: readonly string[];
  readonly timed_out?: boolean;
}

/** BLISS's handshake around one scan. */
export class Handshake {
  readonly #program: Program;
  readonly #lines: AsyncIterator<string>;
  readonly steps: Step[] = [];

  constructor(device: string, scan: string, root: string) {
    this.#program = new Program(TANGO_PYTHON, [
      path.join(import.meta.dirname, 'handshake.py'),
      device,
      scan,
      root,
    ]);
    this.#lines = this.#program.lines()[Symbol.asyncIterator]();
  }

  /** Reads on until a step, or the end. */
  async until(isWanted: (step: Step) => boolean): Promise<Step> {
    for (;;) {
      const line = await this.#lines.next();
      if (line.done === true) {
        const last = this.steps.at(-1);
        throw new Error(`The handshake has ended: ${JSON.stringify(last)}\n${this.#program.complaints}`);
      }
      const step = JSON.parse(line.value) as Step;
      this.steps.push(step);
      if (isWanted(step)) return step;
    }
  }

  /** Until BLISS would begin the scan. */
  async ready(): Promise<void> {
    await this.until(({ step }) => step === 'ready');
  }

  /** The last step, `finished` or `raised`. */
  async end(): Promise<Step> {
    const last = await this.until(({ step }) => step === 'finished' || step === 'raised');
    await this.#program.closed();
    return last;
  }
}

export interface ServiceOptions {
  readonly redis: string;
  readonly directory: string;
  readonly socket: string;
  readonly state: string;
  readonly sessions?: readonly string[];
}

/** `scan-writer run` with a Unix socket, as a process. */
export async function startService({
  redis,
  directory,
  socket,
  state,
  sessions,
}: ServiceOptions): Promise<RunningCli> {
  const which = sessions?.flatMap((name) => ['--session', name]) ?? ['--all-sessions'];
  const args = ['--redis', redis, '--map', mapTo(directory), '--state', state, '--flush', '50ms'];
  const service = startScanWriter(['run', ...which, ...args, '--http', `unix:${socket}`]);
  await service.waitFor('answering HTTP');
  return service;
}

/** A program `scan-writer`, as npm installs it. */
export async function scanWriterProgram(): Promise<string> {
  const file = path.join(await scratchDirectory(), 'scan-writer');
  await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  await chmod(file, 0o755);
  return file;
}

/** A copy of a recording with another session. */
export async function recordedInSession(recording: string, session: string): Promise<string> {
  if (session.length !== SESSION.length) throw new Error('Pickled texts have their lengths before them.');
  const rename = (text: string): string => text.replaceAll(SESSION, session);
  const text = gunzipSync(
    readFileSync(path.join(recordingFolder(recording), 'commands.jsonl.gz')),
  ).toString();
  const renamed = rename(text).replace(/"b64": "([^"]*)"/g, (_, value: string) => {
    const bytes = rename(Buffer.from(value, 'base64').toString('latin1'));
    return `"b64": "${Buffer.from(bytes, 'latin1').toString('base64')}"`;
  });
  const folder = await scratchDirectory();
  await writeFile(path.join(folder, 'commands.jsonl'), renamed);
  return folder;
}
