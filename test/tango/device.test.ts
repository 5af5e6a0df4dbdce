import { existsSync } from 'node:fs';
import { kill } from 'node:process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replayAll, replayPart } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasTango } from '../support/tango.js';
import { hasRedisServer, startRedis, type TestRedis } from '../support/testRedis.js';
import type { RunningCli } from '../support/cli.js';
import { runPython } from '../support/python.js';
import { deviceOf, SESSION, startService, TangoClient, TangoServer } from './support.js';

/** BLISS's proxies. */
const PROXY_SECONDS = 3;

describe.skipIf(!hasTango() || !hasRedisServer())('the device NexusWriter', () => {
  let redis: TestRedis;
  let service: RunningCli;
  let server: TangoServer;
  let client: TangoClient;
  let device: string;
  let db: string;
  let directory: string;
  let again: () => Promise<RunningCli>;

  const command = (name: string, argument?: string) => client.command(device, name, argument);
  const valueOf = async (name: string) => (await client.read(device, name)).value;
  const scanIs = (scan: string, state: string) =>
    client.until(
      () => command('scan_state', scan),
      (value) => value === state,
    );

  beforeAll(async () => {
    redis = await startRedis();
    db = `${redis.url}/1`;
    directory = await scratchDirectory();
    const socket = path.join(await scratchDirectory(), 'http.sock');
    const state = await scratchDirectory();
    again = () => startService({ redis: db, directory, socket, state });
    service = await again();
    server = await TangoServer.start({
      args: ['--http', `unix:${socket}`],
      properties: {
        keepshape: 'true',
        stackmca: 'true',
        required_disk_space: '1',
        recommended_disk_space: '1e9',
        beacon_host: 'beamline:25000',
      },
    });
    client = new TangoClient();
    device = server.device(SESSION);
    // With its first scan the session is there.
    await replayAll(db, ['ascan'], 0);
    await client.stateUntil(device, 'ON');
    await replayAll(db, ['amesh', 'ct_unsaved'], 0);
    for (const scan of ['1_ascan', '1_amesh', '_1_ct']) await scanIs(scan, 'OFF');
  });
  afterAll(async () => {
    await client.end();
    await server.end();
    await service.end('SIGTERM');
    await redis.stop();
  });

  it('tells of all scans in its attributes', async () => {
    const names = await valueOf('scan_names');
    expect(names).toEqual(expect.arrayContaining(['1_ascan', '1_amesh', '_1_ct']));
    expect(await valueOf('scan_states')).toEqual(['OFF', 'OFF', 'OFF']);
    expect(await valueOf('scan_states_info')).toEqual(
      expect.arrayContaining([expect.stringMatching(/^1_ascan: OFF/)]),
    );
    const url = expect.stringMatching(/^1_ascan: .*\/ascan\/.*\.h5::\/1\.1$/) as string;
    expect(await valueOf('scan_uris')).toEqual(expect.arrayContaining([url]));
    expect(await valueOf('scan_urls')).toEqual(await valueOf('scan_uris'));
    const local = /^1_ascan: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
    expect(await valueOf('scan_start')).toEqual(expect.arrayContaining([expect.stringMatching(local)]));
    expect(await valueOf('scan_end')).toEqual(expect.arrayContaining([expect.stringMatching(local)]));
    expect(await valueOf('scan_duration')).toEqual(
      expect.arrayContaining([expect.stringMatching(/^1_ascan: (\d+ days?, )?\d+:\d\d:\d\d$/)]),
    );
    expect(await valueOf('scan_progress')).toEqual(
      expect.arrayContaining([expect.stringMatching(/^1_ascan: 0D 11 points of \d+ channels$/)]),
    );
    expect(await valueOf('scan_info')).toEqual(
      expect.arrayContaining([expect.stringMatching(/^1_ascan: OFF, 11 of 11 points: 0D 11 points of/)]),
    );
  });

  it('raises for a scan that is unknown, where BLISS expects it', async () => {
    expect(await command('scan_exists', '9_nothing')).toMatchObject({ value: false });
    for (const name of ['scan_state', 'scan_state_reason', 'scan_uri', 'scan_url']) {
      const answer = await command(name, '9_nothing');
      expect(answer.text, name).toBe(`Session ${SESSION} has no scan 9_nothing.`);
    }
    for (const name of [
      'scan_has_write_permissions',
      'scan_has_required_disk_space',
      'scan_disk_space_error',
    ])
      expect((await command(name, '9_nothing')).reason, name).toBe('UnknownScan');
    for (const name of ['stop_scan', 'kill_scan'])
      expect((await command(name, '9_nothing')).reason, name).toBeUndefined();
  });

  it('answers names that nobody gives a scan', async () => {
    for (const name of ['', ' ', 'ü:/?&=%00', 'x'.repeat(20_000)])
      expect((await command('scan_exists', name)).value).toBe(false);
  });

  it('gives its properties to the service, and says which have no effect', async () => {
    expect((await command('Status')).value).toMatch(/stackmca has no effect/);
    expect(server.log.match(/stackmca has no effect/g)).toHaveLength(1);
    const [url = ''] = (await command('scan_uri', '1_amesh')).value as string[];
    const code = `import h5py; f = h5py.File("${url.split('::')[0]}"); print(f["1.1/measurement/diode3"].shape)`;
    const { stdout } = await runPython(['-c', code]);
    expect(stdout.trim()).toMatch(/^\(\d+, \d+\)$/);
    expect((await command('scan_has_required_disk_space', '1_ascan')).value).toBe(true);
    expect((await command('scan_disk_space_error', '1_ascan')).value).toBe('');
    expect((await command('scan_disk_space_warning', '1_ascan')).value).toMatch(/recommended/);
  });

  it('keeps the levels that are written', async () => {
    for (const [name, value] of [
      ['resource_profiling', 9],
      ['writer_log_level', 1],
      ['tango_log_level', 4],
    ] as const) {
      expect((await client.write(device, name, value)).reason).toBeUndefined();
      expect(await valueOf(name)).toBe(value);
    }
    await client.write(device, 'writer_log_level', 3);
    await client.write(device, 'tango_log_level', 2);
  });

  it('accepts no new scans after stop, and takes them again after start', async () => {
    await command('stop');
    await client.stateUntil(device, 'OFF');
    await replayAll(db, ['dscan'], 0);
    await command('start');
    await client.stateUntil(device, 'ON');
    await replayAll(db, ['ct'], 0);
    await scanIs('1_ct', 'OFF');
    expect(existsSync(path.join(directory, 'dscan'))).toBe(false);
  });

  it('stops a scan that runs, and forgets it when told to', async () => {
    await replayPart(db, 'a2scan', 0, 0.6);
    await scanIs('1_a2scan', 'ON');
    await client.stateUntil(device, 'RUNNING');
    expect(await valueOf('scan_end')).toContain('1_a2scan: not finished');
    await command('stop_scan', '1_a2scan');
    await scanIs('1_a2scan', 'OFF');
    await client.stateUntil(device, 'ON');
    await command('purge_scans');
    expect((await command('scan_exists', '1_a2scan')).value).toBe(false);
    expect(await valueOf('scan_names')).toBeNull();
  });

  it('kills a scan that runs', async () => {
    await replayPart(db, 'mca', 0, 0.6);
    await scanIs('1_loopscan', 'ON');
    await command('kill_scan', '1_loopscan');
    await scanIs('1_loopscan', 'OFF');
    await command('purge_scans');
  });

  it('answers in time while the service hangs, and says so', async () => {
    await replayPart(db, 'timescan_ctrlc', 0, 0.6);
    await scanIs('1_timescan', 'ON');
    const { pid = 0 } = service.process;
    kill(pid, 'SIGSTOP');
    try {
      await client.stateUntil(device, 'FAULT');
      const asked = await Promise.all([
        command('scan_state', '1_timescan'),
        command('scan_exists', '9_nothing'),
        command('scan_has_write_permissions', '1_timescan'),
        command('scan_has_required_disk_space', '1_timescan'),
        command('makedirs', '/mnt/beamline00/x'),
        command('start'),
        command('Status'),
      ]);
      expect(asked[0].value).toBe('ON');
      expect(asked[1].value).toBe(false);
      for (const { reason } of asked.slice(2, 6)) expect(reason).toBe('ServiceUnreachable');
      expect(asked[6].value).toMatch(/^The writer service does not answer at unix:.*no answer within/);
      for (const { seconds } of asked) expect(seconds).toBeLessThan(PROXY_SECONDS);
    } finally {
      kill(pid, 'SIGCONT');
    }
    await client.stateUntil(device, 'RUNNING');
    await command('stop_scan', '1_timescan');
    await scanIs('1_timescan', 'OFF');
  });

  it('sends its properties again to a service that was started again', async () => {
    await service.end('SIGTERM');
    await client.stateUntil(device, 'FAULT');
    service = await again();
    await client.stateUntil(device, 'ON');
    expect((await command('scan_disk_space_warning', '1_timescan')).value).toMatch(/recommended/);
  });

  it('is in FAULT while the service has lost Redis', async () => {
    const { pid = 0, port } = redis;
    kill(pid, 'SIGKILL');
    await client.stateUntil(device, 'FAULT');
    expect((await command('Status')).value).toMatch(/^The connection to Redis is lost/);
    redis = await startRedis({ port });
    await client.stateUntil(device, 'ON', 'RUNNING', 'FAULT');
  });

  it('is in FAULT when its Beacon is another than that of the server', async () => {
    const other = await TangoServer.start({
      args: ['--http', '127.0.0.1:1'],
      properties: { beacon_host: 'beamline:25000' },
      env: { BEACON_HOST: 'elsewhere:25000' },
    });
    try {
      await client.stateUntil(other.device(SESSION), 'FAULT');
      const status = await client.command(other.device(SESSION), 'Status');
      expect(status.value).toMatch(/^The property beacon_host is beamline:25000, but BEACON_HOST/);
      expect(deviceOf(SESSION)).toBe(`id00/bliss_nxwriter/${SESSION}`);
    } finally {
      await other.end();
    }
  });
});
