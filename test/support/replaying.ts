import { Redis } from 'ioredis';
import { replay } from '../../src/recording/index.js';
import { recordingFolder } from './recordings.js';

/** Replays recordings into one db at the same time. */
export async function replayAll(url: string, names: readonly string[], speed: number): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      const redis = new Redis(url, { protocol: 2 });
      try {
        await replay({ recording: recordingFolder(name), redis, speed, append: true });
      } finally {
        redis.disconnect();
      }
    }),
  );
}

/** Empties the db of a test's own server. */
export async function flush(url: string): Promise<void> {
  const redis = new Redis(url, { protocol: 2 });
  await redis.flushall();
  redis.disconnect();
}
