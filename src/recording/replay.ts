import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { ScanWriterError } from '../scan/index.js';
import { openConnection } from './connection.js';
import { readRecording, recordingFile } from './readRecording.js';

/** Node's timers cannot wait longer than 2^31 ms. */
const LONGEST_SLEEP_MS = 1e9;
const PROGRESS_INTERVAL_MS = 100;

export interface ReplayProgress {
  /** Lines of the recording that Redis has accepted. */
  readonly commands: number;
  /** How far into the recording that is. */
  readonly recordedSeconds: number;
}

export interface ReplayOptions {
  /** A folder with commands.jsonl.gz or commands.jsonl, or such a file. */
  readonly recording: string;
  /** Says where to: the replay opens its own connection to the same server and db. */
  readonly redis: Redis;
  /** 0: as fast as possible, 1: at the recorded pace, 2: twice as fast. */
  readonly speed: number;
  /** Whether the db may have keys. */
  readonly append: boolean;
  readonly signal?: AbortSignal;
  /** Called now and then, and at the end. */
  readonly onProgress?: (done: ReplayProgress) => void;
}

export interface ReplayResult {
  /** Lines of the recording. */
  readonly commands: number;
  /** How long the replay took. */
  readonly seconds: number;
}

/**
 * Sends the commands of a recording to a Redis, in their order, transactions as recorded.
 * A command comes never before its time; what is due at once goes out together. A transaction that the recording does not finish never
 * takes effect, as with the publisher.
 *
 * Throws `recording` (missing, damaged, or not a publisher's command: with file and line), `usage` (a speed that is none, a db
 * with keys), `refused` (Redis answers with an error) and `unreachable`; the signal's reason when aborted. What was sent before stays in
 * the db, and up to 1000 commands after a refused one were already on their way.
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { speed, append, signal, onProgress } = options;
  if (!(speed >= 0 && speed < Infinity)) {
    throw new ScanWriterError('usage', `Speed ${speed} is no number from 0 (as fast as possible) upwards.`);
  }
  signal?.throwIfAborted();
  const file = await recordingFile(options.recording);
  const connection = await openConnection(options.redis, file);
  signal?.addEventListener('abort', connection.close);

  const begin = performance.now();
  let commands = 0;
  let firstTime: number | undefined;
  let recordedSeconds = 0;
  let reported = begin;
  const report = () => {
    reported = performance.now();
    onProgress?.({ commands, recordedSeconds });
  };
  try {
    if (!append) await connection.assertEmpty();
    for await (const command of readRecording(file)) {
      signal?.throwIfAborted();
      firstTime ??= command.time;
      const due = speed === 0 ? begin : begin + ((command.time - firstTime) * 1000) / speed;
      if (due > performance.now()) {
        await connection.settle();
        await sleepUntil(due, signal);
      }
      await connection.send(command);
      commands += 1;
      recordedSeconds = command.time - firstTime;
      if (onProgress && performance.now() - reported >= PROGRESS_INTERVAL_MS) {
        await connection.settle();
        report();
      }
    }
    await connection.settle();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', connection.close);
    connection.close();
  }
  report();
  return { commands, seconds: (performance.now() - begin) / 1000 };
}

async function sleepUntil(due: number, signal: AbortSignal | undefined): Promise<void> {
  for (let left = due - performance.now(); left > 0; left = due - performance.now()) {
    await sleep(Math.min(left, LONGEST_SLEEP_MS), undefined, signal ? { signal } : {});
  }
}
