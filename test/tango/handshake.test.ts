import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replayFolder } from '../support/replaying.js';
import { hasRecording } from '../support/recordings.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasTango } from '../support/tango.js';
import { hasRedis, startRedis, type TestRedis } from '../support/testRedis.js';
import type { RunningCli } from '../support/cli.js';
import {
  Handshake,
  OTHER,
  recordedInSession,
  SESSION,
  startService,
  TangoClient,
  TangoServer,
  type Step,
} from './support.js';

/** What BLISS has as the root of the recordings. */
const RECORDED_ROOT = '/mnt/beamline00';
/** In which the reference goes through its states. */
const ORDER = ['INIT', 'ON', 'OFF'];

describe.skipIf(!hasTango() || !hasRedis())("BLISS's handshake", () => {
  let redis: TestRedis;
  let service: RunningCli;
  let server: TangoServer;
  let client: TangoClient;
  let db: string;
  let directory: string;
  let again: () => Promise<RunningCli>;

  beforeAll(async () => {
    redis = await startRedis();
    db = `${redis.url}/1`;
    directory = await scratchDirectory();
    const socket = path.join(await scratchDirectory(), 'http.sock');
    const state = await scratchDirectory();
    again = () => startService({ redis: db, directory, socket, state, sessions: [SESSION, OTHER] });
    service = await again();
    server = await TangoServer.start({ args: ['--http', `unix:${socket}`], sessions: [SESSION, OTHER] });
    client = new TangoClient();
    await client.stateUntil(server.device(SESSION), 'ON');
  });
  afterAll(async () => {
    await client.end();
    await server.end();
    await service.end('SIGTERM');
    await redis.stop();
  });

  /** A scan as BLISS runs it: nothing is published before the writer is ready. */
  async function scan(
    recording: string,
    name: string,
    { session = SESSION, speed = 2 }: { session?: string; speed?: number } = {},
  ): Promise<{ last: Step; steps: readonly Step[] }> {
    const folder = await recordedInSession(recording, session);
    const handshake = new Handshake(server.device(session), name, RECORDED_ROOT);
    await handshake.ready();
    const replaying = replayFolder(db, folder, speed);
    const last = await handshake.end();
    await replaying;
    return { last, steps: handshake.steps };
  }

  function expectInOrder(states: readonly string[] = []): void {
    expect(states).toEqual(ORDER.filter((state) => states.includes(state)));
    expect(states).toContain('ON');
    expect(states.at(-1)).toBe('OFF');
  }

  it.each([
    ['that ends', 'ascan', '1_ascan'],
    ['that fails', 'failing_device', '1_failing'],
    ['that a user aborts', 'timescan_ctrlc', '1_timescan'],
  ])('lets a scan go on %s', async (_, recording, name) => {
    if (!hasRecording(recording)) return;
    const { last, steps } = await scan(recording, name);
    expect(last.step, last.why).toBe('finished');
    expectInOrder(last.states);
    expect(steps.some(({ timed_out: isLate }) => isLate)).toBe(false);
    expect(last.urls).toEqual([expect.stringMatching(`^${directory}/${recording}/.*\\.h5::/1\\.1$`)]);
  });

  it('lets a scan end that fails before it has anything to write', async () => {
    const { last } = await scan('failing_before_prepared', '1_loopscan');
    expect(last.step, last.why).toBe('finished');
    expect(last.states?.at(-1)).toBe('OFF');
  });

  it('keeps BLISS from a scan that cannot be written', async () => {
    await writeFile(path.join(directory, 'amesh'), 'where its directory would have to be');
    const { last } = await scan('amesh', '1_amesh', { speed: 8 });
    expect(last).toMatchObject({ step: 'raised', why: 'scan_has_write_permissions' });
  });

  it('serves two sessions at a time, each with its own scans', async () => {
    const [one, other] = await Promise.all([
      scan('dscan', '1_dscan', { speed: 4 }),
      scan('a2scan', '1_a2scan', { session: OTHER, speed: 4 }),
    ]);
    expectInOrder(one.last.states);
    expectInOrder(other.last.states);
    const names = await client.read(server.device(OTHER), 'scan_names');
    expect(names.value).toEqual(['1_a2scan']);
    const foreign = await client.command(server.device(OTHER), 'scan_exists', '1_dscan');
    expect(foreign.value).toBe(false);
  });

  it('lets a scan go on while the service is killed and started again', async () => {
    const device = server.device(SESSION);
    const folder = await recordedInSession('loopscan', SESSION);
    // There was one of the same name.
    await client.command(device, 'purge_scans');
    const handshake = new Handshake(device, '1_loopscan', RECORDED_ROOT);
    await handshake.ready();
    const replaying = replayFolder(db, folder, 0.1);
    await handshake.until(({ state }) => state === 'ON');
    await service.end('SIGKILL');
    await client.stateUntil(device, 'FAULT');
    const status = await client.command(device, 'Status');
    expect(status.value).toMatch(
      /^The writer service does not answer at unix:.*start it, or look at its log/,
    );
    service = await again();
    await client.stateUntil(device, 'RUNNING');
    const last = await handshake.end();
    await replaying;
    expect(last.step, last.why).toBe('finished');
    expect(last.states).not.toContain('FAULT');
    await client.stateUntil(device, 'ON');
  });

  it('keeps BLISS from scanning while the service is away', async () => {
    await service.end('SIGTERM');
    const handshake = new Handshake(server.device(SESSION), '2_never', RECORDED_ROOT);
    const last = await handshake.end();
    expect(last).toMatchObject({ step: 'raised' });
    expect(last.why).toMatch(/^state FAULT: The writer service does not answer/);
    service = await again();
    await client.stateUntil(server.device(SESSION), 'ON');
  });

  it('makes the root for BLISS, and no relative path and none outside', async () => {
    const device = server.device(SESSION);
    await mkdir(path.join(directory, 'exists'), { recursive: true });
    const made = await client.command(device, 'makedirs', `${RECORDED_ROOT}/exists`);
    expect(made.reason).toBeUndefined();
    const relative = await client.command(device, 'makedirs', 'sample');
    expect(relative.text).toBe("'sample' is not an absolute path.");
    const outside = await client.command(device, 'makedirs', '/etc/scan-writer');
    expect(outside.text).toMatch(/outside/);
  });
});
