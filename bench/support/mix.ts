import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Redis } from 'ioredis';
import { replay } from '../../src/recording/index.js';
import type { Beamline } from './beamline.js';

const RECORDINGS = path.resolve(import.meta.dirname, '../../test/fixtures/recordings');

/** Those that end by themselves and lead to no images. */
const NAMES = [
  'ascan',
  'a2scan',
  'amesh',
  'dscan',
  'loopscan',
  'mca',
  'consecutive',
  'multi_top_master',
  'sequence_and_group',
  'dtypes_plain',
];
const SESSION = 'inhse_session';

type Argument = string | { readonly b64: string };

/**
 * Publishes recordings again and again, each time as another session, until so many bytes were sent. The names of the
 * sessions are as long as the recorded one, so that they can stand in its pickles.
 * @returns how many scans there are, and how much was sent
 */
export async function publishMix(
  beamline: Beamline,
  atLeast: number,
): Promise<{ scans: number; bytes: number }> {
  const recordings = NAMES.map(readRecording);
  let [scans, bytes] = [0, 0];
  const redis = new Redis(beamline.url, { protocol: 2 });
  for (let repeat = 0; bytes < atLeast; repeat++) {
    const session = `inhse_${String(repeat).padStart(SESSION.length - 6, '0')}`;
    for (const recording of recordings) {
      const file = beamline.path('commands.jsonl');
      const lines = recording.lines.map((line) => renamed(line, session));
      writeFileSync(file, lines.map(({ text }) => `${text}\n`).join(''));
      await replay({ recording: file, redis, speed: 0, append: true });
      bytes += lines.reduce((sum, line) => sum + line.bytes, 0);
      scans += recording.scans;
    }
  }
  redis.disconnect();
  return { scans, bytes };
}

function readRecording(name: string): { lines: string[]; scans: number } {
  const folder = path.join(RECORDINGS, name);
  const text = gunzipSync(readFileSync(path.join(folder, 'commands.jsonl.gz'))).toString();
  const meta = JSON.parse(readFileSync(path.join(folder, 'meta.json'), 'utf8')) as { scans: unknown[] };
  return { lines: text.split('\n').filter((line) => line !== ''), scans: meta.scans.length };
}

function renamed(line: string, session: string): { text: string; bytes: number } {
  const command = JSON.parse(line) as { cmd: Argument[] };
  let bytes = 0;
  const cmd = command.cmd.map((argument): Argument => {
    const isText = typeof argument === 'string';
    const given = isText ? argument : Buffer.from(argument.b64, 'base64').toString('latin1');
    const made = given.replaceAll(SESSION, session);
    bytes += made.length;
    return isText ? made : { b64: Buffer.from(made, 'latin1').toString('base64') };
  });
  return { text: JSON.stringify({ ...command, cmd }), bytes };
}
