import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { messageOf, ScanWriterError } from '../../scan/index.js';
import { formatCommand, type NewCommand } from '../recordedCommand.js';

/** What is older than this survives when the recorder is killed. */
const FLUSH_MILLISECONDS = 1_000;
/** Each piece that zlib is given, and each that it gives back, costs a way to a thread and back. */
const PIECE_BYTES = 256 * 1024;

/** A folder that becomes a recording: `commands.jsonl.gz` while it runs, `meta.json` at its end. */
export class RecordingFolder {
  readonly #folder: string;
  // Redis drops what is not read in time: speed counts, and pickles of points hardly get smaller.
  readonly #gzip = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: PIECE_BYTES });
  readonly #written: Promise<void>;
  readonly #flushing: NodeJS.Timeout;
  readonly #begin = performance.now();
  #commands = 0;
  #lines: string[] = [];
  #lineBytes = 0;
  #isFlushed = true;

  private constructor(folder: string) {
    this.#folder = folder;
    const file = createWriteStream(path.join(folder, 'commands.jsonl.gz'), { flags: 'wx' });
    this.#written = pipeline(this.#gzip, file);
    // Told to who writes next.
    this.#written.catch(() => undefined);
    this.#flushing = setInterval(() => {
      if (this.#isFlushed) return;
      this.#give();
      this.#gzip.flush(constants.Z_SYNC_FLUSH);
      this.#isFlushed = true;
    }, FLUSH_MILLISECONDS);
  }

  /** @throws ScanWriterError `usage` when there is something already, `target` when it cannot be made */
  static async create(folder: string): Promise<RecordingFolder> {
    await makeEmpty(folder);
    return new RecordingFolder(folder);
  }

  /** Lines that were written. */
  get commands(): number {
    return this.#commands;
  }

  /** Since the folder was made. */
  get seconds(): number {
    return (performance.now() - this.#begin) / 1000;
  }

  /**
   * Adds commands, at the time of now. Waits while the disk is behind: who reads Redis reads no further meanwhile.
   * @throws ScanWriterError `target`
   */
  async write(commands: readonly NewCommand[]): Promise<void> {
    const time = this.seconds;
    for (const command of commands) {
      this.#commands += 1;
      this.#isFlushed = false;
      const line = `${formatCommand(command, time)}\n`;
      this.#lines.push(line);
      this.#lineBytes += line.length;
      if (this.#lineBytes < PIECE_BYTES || this.#give()) continue;
      await this.#orFail(Promise.race([once(this.#gzip, 'drain'), this.#written]));
    }
  }

  /** Adds commands whose effects shall be seen together. */
  async writeTogether(commands: readonly NewCommand[]): Promise<void> {
    if (commands.length < 2) return this.write(commands);
    await this.write([{ cmd: ['MULTI'] }, ...commands, { cmd: ['EXEC'] }]);
  }

  /** Ends the file, which is whole then, and says in `meta.json` what is in it. */
  async finish(meta: Readonly<Record<string, unknown>>): Promise<void> {
    clearInterval(this.#flushing);
    this.#give();
    this.#gzip.end();
    await this.#orFail(this.#written);
    const text = JSON.stringify({ commands: this.#commands, ...meta }, undefined, 1);
    await this.#orFail(writeFile(path.join(this.#folder, 'meta.json'), `${text}\n`));
  }

  /** @returns false when zlib has enough for now */
  #give(): boolean {
    const lines = this.#lines;
    this.#lines = [];
    this.#lineBytes = 0;
    return lines.length === 0 || this.#gzip.write(lines.join(''));
  }

  async #orFail(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      clearInterval(this.#flushing);
      throw cannotWrite(this.#folder, error);
    }
  }
}

async function makeEmpty(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (!isExisting(error)) throw cannotWrite(folder, error);
    const content = await readdir(folder).catch(() => ['']);
    if (content.length === 0) return;
    throw new ScanWriterError(
      'usage',
      `${folder} exists already: name a folder that does not exist yet, or an empty one.`,
      { subject: folder },
    );
  }
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

function cannotWrite(folder: string, error: unknown): ScanWriterError {
  return new ScanWriterError('target', `The recording cannot be written to ${folder}: ${messageOf(error)}.`, {
    subject: folder,
    cause: error,
  });
}
