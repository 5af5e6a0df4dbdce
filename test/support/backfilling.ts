import { expect } from 'vitest';
import { copyDetectorFiles, mapTo } from './acceptance.js';
import { scanWriter } from './cli.js';
import { recordingMeta } from './recordings.js';
import { replayAll } from './replaying.js';
import { startRedis } from './testRedis.js';

/**
 * Publishes recordings into one Redis and writes each of their scans that is to be saved below a directory.
 * @param options of `backfill`, besides
 */
export async function backfillRecordings(
  recordings: readonly string[],
  directory: string,
  options: readonly string[] = [],
): Promise<void> {
  const redis = await startRedis();
  try {
    const url = `${redis.url}/1`;
    await replayAll(url, recordings, 0);
    for (const recording of recordings) await copyDetectorFiles(recording, directory);
    await Promise.all(
      recordings.map(async (recording) => {
        for (const { db_name } of recordingMeta(recording).scans) {
          const args = ['backfill', db_name, '--redis', url, '--map', mapTo(directory), ...options];
          const { status, stderr } = await scanWriter(args);
          // Some of a recording's scans are not meant to be saved.
          expect(status, stderr).toBe(stderr.includes('not meant to be saved') ? 2 : 0);
        }
      }),
    );
  } finally {
    await redis.stop();
  }
}
