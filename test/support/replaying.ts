import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Redis } from 'ioredis';
import { replay } from '../../src/recording/index.js';
import { recordingFolder } from './recordings.js';
import { scratchDirectory } from './scratch.js';

/** Replays recordings into one db at the same time. */
export async function replayAll(url: string, names: readonly string[], speed: number): Promise<void> {
  await Promise.all(names.map((name) => replayFolder(url, recordingFolder(name), speed)));
}

/** Replays a recording that is in a folder of its own, also into a db that has keys. */
export async function replayFolder(url: string, recording: string, speed: number): Promise<void> {
  const redis = new Redis(url, { protocol: 2 });
  try {
    await replay({ recording, redis, speed, append: true });
  } finally {
    redis.disconnect();
  }
}

/** Empties the db of a test's own server. */
export async function flush(url: string): Promise<void> {
  const redis = new Redis(url, { protocol: 2 });
  await redis.flushall();
  redis.disconnect();
}

/** Publishes the lines of a recording between two shares of it, 0 to 1, as fast as possible; transactions stay whole. */
export async function replayPart(url: string, name: string, from: number, to: number): Promise<void> {
  const text = gunzipSync(readFileSync(path.join(recordingFolder(name), 'commands.jsonl.gz'))).toString();
  const lines = text.split('\n').filter((line) => line !== '');
  const [first, last] = [from, to].map((share) => boundaryAt(lines, Math.round(share * lines.length)));
  const folder = await scratchDirectory();
  await writeFile(path.join(folder, 'commands.jsonl'), `${lines.slice(first, last).join('\n')}\n`);
  const redis = new Redis(url, { protocol: 2 });
  try {
    await replay({ recording: folder, redis, speed: 0, append: true });
  } finally {
    redis.disconnect();
  }
}

/** The next line that is neither in a transaction nor the second of the pair that creates a stream. */
function boundaryAt(lines: readonly string[], wanted: number): number {
  let isInside = false;
  for (const [index, line] of lines.entries()) {
    const isSecond = line.includes('"XDEL"') && line.includes('if_absent');
    if (index >= wanted && !isInside && !isSecond) return index;
    if (line.includes('["MULTI"')) isInside = true;
    if (line.includes('["EXEC"')) isInside = false;
  }
  return lines.length;
}
