import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { messageOf, ScanWriterError } from '../scan/index.js';
import { LineTooLongError, splitLines } from './lines.js';
import { parseCommand, type RecordedCommand } from './recordedCommand.js';

const FILE_NAMES = ['commands.jsonl.gz', 'commands.jsonl'];

/**
 * The file of a recording, given itself or its folder.
 * Throws `recording` when there is none.
 */
export async function recordingFile(recording: string): Promise<string> {
  const candidates = [recording, ...FILE_NAMES.map((name) => path.join(recording, name))];
  for (const candidate of candidates) {
    if (await isFile(candidate)) return candidate;
  }
  throw new ScanWriterError(
    'recording',
    `There is no recording at ${recording}: name a folder that holds ${FILE_NAMES.join(' or ')}, or such a file.`,
    { subject: recording },
  );
}

/**
 * The commands of a recording in their order, read as they are asked for; a name that ends in `.gz` means gzip.
 * Throws `recording` with file and line as soon as something cannot be read or is no command of a publisher.
 */
export async function* readRecording(file: string): AsyncGenerator<RecordedCommand, void, undefined> {
  let line = 1;
  try {
    for await (const text of splitLines(bytesOf(file))) {
      if (text.trim() !== '') yield parseCommand(text, line);
      line += 1;
    }
  } catch (error) {
    throw new ScanWriterError('recording', `Cannot replay line ${line} of ${file}: ${explain(error)}.`, {
      subject: file,
      cause: error,
    });
  }
}

function bytesOf(file: string): AsyncIterable<Uint8Array> {
  const source = createReadStream(file);
  return file.endsWith('.gz') ? gunzipped(source) : source;
}

/**
 * A file that is cut off, as that of a recorder that was killed, gives all that is in it before the error: only when
 * everything was taken is zlib told that the file has ended, since its error drops what nobody took yet.
 */
async function* gunzipped(source: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  const gunzip = createGunzip();
  let isAllGiven = false;
  const endWhenTaken = (): void => {
    if (isAllGiven && gunzip.readableLength === 0) gunzip.end();
  };
  source.once('error', (error) => gunzip.destroy(error));
  source.once('end', () => {
    gunzip.write(new Uint8Array(0), () => {
      isAllGiven = true;
      endWhenTaken();
    });
  });
  source.pipe(gunzip, { end: false });
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
      yield chunk;
      endWhenTaken();
    }
  } finally {
    source.destroy();
  }
}

function explain(error: unknown): string {
  const message = messageOf(error);
  if (error instanceof SyntaxError) return `it is not JSON (${message})`;
  if (error instanceof LineTooLongError) return `it is ${message}`;
  if (hasCode(error) && error.code.startsWith('Z_'))
    return `the gzip data is damaged or cut off (${message})`;
  return message;
}

function hasCode(error: unknown): error is { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

async function isFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch (error) {
    if (hasCode(error) && ['ENOENT', 'ENOTDIR'].includes(error.code)) return false;
    throw new ScanWriterError('recording', `Cannot read ${file}: ${messageOf(error)}.`, {
      subject: file,
      cause: error,
    });
  }
}
