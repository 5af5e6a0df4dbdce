import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runReader } from '../support/python.js';
import { recordingFolder, recordingMeta } from '../support/recordings.js';
import { replayAll } from '../support/replaying.js';

const MAIN = path.resolve(import.meta.dirname, '../../dist/cli/main.js');
const MADE_SCANS = path.resolve(import.meta.dirname, '../support/made_scans.py');

/** A scan by formula, see made_scans.py. */
export interface MadeScan {
  readonly number: number;
  readonly points: number;
  /** Points a second. */
  readonly rate: number;
  /** Scalar counters. */
  readonly channels?: number;
  readonly spectra?: number;
  /** Values of a point of a spectrum. */
  readonly length?: number;
  /** Points an event, at most. */
  readonly block?: number;
  /** Seconds before it starts. */
  readonly delay?: number;
  /** Events that Redis keeps of a channel. */
  readonly maxlen?: number;
  /** Below /mnt/beamline00. */
  readonly folder?: string;
}

/** What after_fault.py says. */
export interface Verdict {
  /** Points that are right. */
  readonly compared: number;
  /** Points that are rightly named in `writer/missing`. */
  readonly missing: number;
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  readonly unreadable: readonly string[];
  readonly different: readonly string[];
}

export interface Writer {
  readonly process: ChildProcess;
  /** What it has said so far. */
  said(): string;
  /** Resolves when it has said something that fits. @throws when it ends before, or after `seconds` */
  waitFor(text: RegExp, seconds?: number): Promise<void>;
  /** Resolves when it has ended, after a signal if one is named. */
  end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

export interface WriterOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Its memory of scans, when it is not the common one. */
  readonly state?: string;
  /** Besides the usual ones. */
  readonly options?: readonly string[];
  /** Command in front of node's. */
  readonly wrapper?: readonly string[];
}

/** A session that publishes into a Redis, with a directory of files and a writer's memory; for one fault. */
export class Beamline {
  /** What was mapped from /mnt/beamline00. */
  readonly directory: string;
  /** Of this fault, beside the data. */
  readonly scratch: string;
  readonly url: string;
  /** Scans that have to be written. */
  readonly scans: string[] = [];
  readonly #spec: MadeScan[] = [];
  readonly #recordings: string[] = [];
  readonly #children: ChildProcess[] = [];
  #readUrl: string;

  /** @param url of an empty db */
  constructor(url: string, directory?: string) {
    this.url = url;
    this.#readUrl = url;
    this.scratch = mkdtempSync(path.join(tmpdir(), 'scan-writer-fault-'));
    this.directory = directory ?? path.join(this.scratch, 'data');
    mkdirSync(this.directory, { recursive: true });
  }

  get state(): string {
    return path.join(this.scratch, 'state');
  }

  /** The url by which writers are to read the same db. */
  readAs(url: string): void {
    this.#readUrl = url;
  }

  /** Publishes scans by formula, all at once; resolves when all have ended. */
  async publish(scans: readonly MadeScan[]): Promise<void> {
    const spec = path.join(this.scratch, `spec${this.#spec.length}.json`);
    writeFileSync(spec, JSON.stringify({ scans }));
    this.#spec.push(...scans);
    this.scans.push(
      ...scans.map(
        (scan) => `inhse_session:mnt:beamline00:${scan.folder ?? 'faults'}:${scan.number}_timescan`,
      ),
    );
    const publisher = spawn('/usr/bin/python3', [MADE_SCANS, this.url, spec], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    this.#children.push(publisher);
    let complaints = '';
    publisher.stderr.on('data', (data: Buffer) => (complaints += data.toString()));
    await once(publisher, 'close');
    if (publisher.exitCode !== 0 && publisher.signalCode === null) throw new Error(complaints);
  }

  /** Publishes a recording; resolves when all of it was. */
  async replay(recording: string, speed: number): Promise<void> {
    this.#recordings.push(recording);
    for (const { db_name } of recordingMeta(recording).scans) this.scans.push(db_name);
    await replayAll(this.url, [recording], speed);
  }

  start({ env = {}, state = this.state, options = [], wrapper = [] }: WriterOptions = {}): Writer {
    const map = `/mnt/beamline00=${this.directory}`;
    const args = [
      MAIN,
      'run',
      '--all-sessions',
      '--redis',
      this.#readUrl,
      '--map',
      map,
      '--state',
      state,
      ...options,
    ];
    const [program = '', ...rest] = [...wrapper, process.execPath, ...args];
    const child = spawn(program, rest, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#children.push(child);
    return watched(child, path.join(this.scratch, 'log'));
  }

  /**
   * Waits until each scan was written or given up, as the writer says.
   * @throws when it ends before
   */
  async allDone(writer: Writer, seconds = 60): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    const isDone = (scan: string): boolean => {
      const name = scan.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      return new RegExp(`"${name} (SUCCEEDED|INCOMPLETE|FAILED|was written before|not written)`).test(
        writer.said(),
      );
    };
    for (const scan of this.scans) {
      while (!isDone(scan)) {
        const { exitCode, signalCode } = writer.process;
        if (exitCode !== null || signalCode !== null)
          throw new Error(`the writer ended (${exitCode ?? signalCode}) before ${scan}:\n${writer.said()}`);
        if (Date.now() > deadline)
          throw new Error(`${scan} is not written after ${seconds} s:\n${writer.said()}`);
        await sleep(50);
      }
    }
  }

  /** Starts a writer that meets no fault, and ends it when all is written. */
  async finish(options: WriterOptions = {}, seconds?: number): Promise<Writer> {
    const writer = this.start(options);
    await this.allDone(writer, seconds);
    await writer.end('SIGTERM');
    return writer;
  }

  /** Holds all files against what was published and what Redis still has. */
  async judge(options: readonly string[] = []): Promise<Verdict> {
    const spec = path.join(this.scratch, 'all.json');
    writeFileSync(spec, JSON.stringify({ scans: this.#spec }));
    const recordings = this.#recordings.flatMap((name) => ['--recording', recordingFolder(name)]);
    const args = [this.directory, '--made', spec, ...recordings, '--redis', this.url, ...options];
    const { stdout, stderr } = await runReader('after_fault.py', args, { timeoutMs: 300_000 });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as Verdict;
  }

  /** What all writers have said. */
  log(): string {
    const log = path.join(this.scratch, 'log');
    return existsSync(log) ? readFileSync(log, 'utf8') : '';
  }

  /** Ends what still runs and removes everything. */
  clear(): void {
    for (const child of this.#children) if (child.exitCode === null) child.kill('SIGKILL');
    rmSync(this.scratch, { recursive: true, force: true });
  }
}

/** Nothing lost, nothing twice, every file opens. */
export function isSound({ compared, lost, twice, unreadable, different }: Verdict): boolean {
  return compared > 0 && [lost, twice, unreadable, different].every((found) => found.length === 0);
}

/** A verdict that a test can expect: what is wrong, without what is right. */
export function wrongIn({ compared, lost, twice, unreadable, different }: Verdict): unknown {
  return { isEmpty: compared === 0, lost, twice, unreadable, different };
}

export const NOTHING_WRONG = { isEmpty: false, lost: [], twice: [], unreadable: [], different: [] };

function watched(child: ChildProcess, log: string): Writer {
  let said = '';
  child.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
    appendFileSync(log, data);
  });
  const closed = once(child, 'close');
  return {
    process: child,
    said: () => said,
    async waitFor(text, seconds = 60) {
      const deadline = Date.now() + seconds * 1000;
      while (!text.test(said)) {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`ended without saying ${text.source}:\n${said}`);
        if (Date.now() > deadline)
          throw new Error(`has not said ${text.source} after ${seconds} s:\n${said}`);
        await sleep(20);
      }
    },
    async end(signal) {
      if (signal !== undefined) child.kill(signal);
      await closed;
      return child.exitCode ?? child.signalCode ?? 0;
    },
  };
}
