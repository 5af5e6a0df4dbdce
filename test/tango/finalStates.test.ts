import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replayFolder } from '../support/replaying.js';
import { availableRecordings, recordingFolder, recordingMeta } from '../support/recordings.js';
import { scratchDirectory } from '../support/scratch.js';
import { copyDetectorFiles } from '../support/acceptance.js';
import { hasTango } from '../support/tango.js';
import { hasRedis, startRedis, type TestRedis } from '../support/testRedis.js';
import type { RunningCli } from '../support/cli.js';
import { OTHER, recordedInSession, SESSION, startService, TangoClient, TangoServer } from './support.js';

/** By scan name, as the facility's writer ended; nothing where nobody recorded that. */
function referenceStates(recording: string): [string, string][] {
  const meta = JSON.parse(readFileSync(path.join(recordingFolder(recording), 'meta.json'), 'utf8')) as {
    reference_writer_states?: Readonly<Record<string, string>>;
  };
  return Object.entries(meta.reference_writer_states ?? {});
}

const recordings = availableRecordings().filter((name) => referenceStates(name).length > 0);

/** Some are of the same scan again: that is one of another session then. */
function isAgain(recording: string): boolean {
  const scans = new Set(recordingMeta(recording).scans.map(({ db_name: dbName }) => dbName));
  const before = recordings.slice(0, recordings.indexOf(recording));
  return before.some((other) => recordingMeta(other).scans.some(({ db_name: dbName }) => scans.has(dbName)));
}

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
    server = await TangoServer.start({ args: ['--http', `unix:${socket}`], sessions: [SESSION, OTHER] });
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
    const session = isAgain(recording) ? OTHER : SESSION;
    const device = server.device(session);
    await copyDetectorFiles(recording, directory);
    await replayFolder(`${redis.url}/1`, await recordedInSession(recording, session), 0);
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
