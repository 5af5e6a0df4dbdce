import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replayAll } from '../support/replaying.js';
import { availableRecordings, recordingFolder } from '../support/recordings.js';
import { scratchDirectory } from '../support/scratch.js';
import { copyDetectorFiles } from '../support/acceptance.js';
import { hasTango } from '../support/tango.js';
import { hasRedis, startRedis, type TestRedis } from '../support/testRedis.js';
import type { RunningCli } from '../support/cli.js';
import { SESSION, startService, TangoClient, TangoServer } from './support.js';

/** By scan name, as the facility's writer ended; nothing where nobody recorded that. */
function referenceStates(recording: string): [string, string][] {
  const meta = JSON.parse(readFileSync(path.join(recordingFolder(recording), 'meta.json'), 'utf8')) as {
    reference_writer_states?: Readonly<Record<string, string>>;
  };
  return Object.entries(meta.reference_writer_states ?? {});
}

const recordings = availableRecordings().filter((name) => referenceStates(name).length > 0);

describe.skipIf(!hasTango() || !hasRedis())('the state in which a scan ends', () => {
  let redis: TestRedis;
  let service: RunningCli;
  let server: TangoServer;
  let client: TangoClient;
  let directory: string;

  beforeAll(async () => {
    redis = await startRedis();
    directory = await scratchDirectory();
    const socket = path.join(await scratchDirectory(), 'http.sock');
    service = await startService({
      redis: `${redis.url}/1`,
      directory,
      socket,
      state: await scratchDirectory(),
    });
    server = await TangoServer.start({ args: ['--http', `unix:${socket}`] });
    client = new TangoClient();
  });
  afterAll(async () => {
    await client.end();
    await server.end();
    await service.end('SIGTERM');
    await redis.stop();
  });

  // The reference ends in FAULT where it cannot write strings, booleans and complex numbers; we can.
  it.each(recordings)('is that of the facility’s writer, or better: %s', async (recording) => {
    const device = server.device(SESSION);
    await copyDetectorFiles(recording, directory);
    await replayAll(`${redis.url}/1`, [recording], 0);
    const seen: [string, unknown][] = [];
    for (const [name] of referenceStates(recording)) {
      const { value } = await client.until(
        () => client.command(device, 'scan_state', name),
        (state) => state === 'OFF' || state === 'FAULT',
      );
      seen.push([name, value]);
    }
    // Names come again in other recordings.
    await client.command(device, 'purge_scans');
    expect(seen).toEqual(referenceStates(recording).map(([name]) => [name, 'OFF']));
  });
});
