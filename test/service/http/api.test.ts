import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replayPart } from '../../support/replaying.js';
import { scratchDirectory } from '../../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../../support/testRedis.js';
import {
  describedOperations,
  expectDescribed,
  scanUntil,
  TestService,
  TOKEN,
  type HttpAnswer,
} from './support.js';

const SCAN = 'inhse_session:mnt:beamline00:ascan:1_ascan';
const MOTOR = 'axis:robx';
const FILE = `?file=${encodeURIComponent(SCAN)}`;
const NPY = { headers: { Accept: 'application/x-npy' } };
const RAW = { headers: { Accept: 'text/csv, application/octet-stream;q=0.5' } };

interface Data {
  readonly from: number;
  readonly next: number;
  readonly is_ended: boolean;
  readonly channels: readonly { name: string; rows: number; values: number[] }[];
}

describe.skipIf(!hasRedis())('the HTTP side of a service', () => {
  let redis: TestRedis;
  let service: TestService;
  const seen = new Set<string>();

  beforeAll(async () => {
    redis = await startRedis();
    service = await TestService.start({
      redis: `${redis.url}/1`,
      directory: await scratchDirectory(),
      token: TOKEN,
    });
  });
  afterAll(async () => {
    await service.end();
    await redis.stop();
  });

  /** Asks, and holds the answer against its description. */
  async function described(operation: string, query = '', options = {}): Promise<HttpAnswer> {
    const [method = '', path = ''] = operation.split(' ');
    const named = path
      .replace('{scan}', encodeURIComponent(SCAN))
      .replace('{session}', 'inhse_session')
      .replace('/{name}', '');
    const place = `${named}${query}`;
    const answer = await service.askWithToken(place, { method, ...options });
    expectDescribed(operation, answer);
    seen.add(operation);
    return answer;
  }

  const data = async (query: string): Promise<Data> => {
    const { status, json } = await described('GET /api/scans/{scan}/data', query);
    expect(status).toBe(200);
    return json as Data;
  };

  it('tells that it is alive and ready, before there is any scan', async () => {
    expect((await described('GET /healthz')).json).toEqual({ is_alive: true });
    expect((await described('GET /readyz')).json).toEqual({ is_ready: true, reasons: [] });
    expect((await described('GET /api/service')).json).toMatchObject({
      is_ready: true,
      is_connected: true,
      data_access: 'token',
      disks: [],
      problems: [],
    });
    expect((await described('GET /api/sessions')).json).toEqual({ sessions: [] });
    expect((await described('GET /api/scans')).json).toEqual({ scans: [], total: 0 });
    expect((await described('GET /api/scans/{scan}')).status).toBe(404);
    expect((await described('GET /api/scans/{scan}/wait')).status).toBe(404);
  });

  it('has no points of a channel before they are on disk', async () => {
    await replayPart(`${redis.url}/1`, 'ascan', 0, 0.45);
    await scanUntil(service, SCAN, ({ state }) => state === 'running');
    for (;;) {
      const { status, json } = await described('GET /api/scans/{scan}/data', `?channels=${MOTOR}`);
      if (status === 200)
        expect(json).toMatchObject({ from: 0, next: 0, channels: [{ rows: 0, values: [] }] });
      if (status === 200) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect((await described('GET /api/scans/{scan}/data', `?channels=${MOTOR}`, RAW)).status).toBe(503);
  });

  it('shows a scan while it runs, with the points that are on disk', async () => {
    await replayPart(`${redis.url}/1`, 'ascan', 0.45, 0.7);
    await scanUntil(service, SCAN, ({ rows }) => rows > 2);
    const { json } = await described('GET /api/scans/{scan}');
    expect(json).toMatchObject({
      scan: SCAN,
      state: 'running',
      is_live: true,
      expected: 11,
      entries: ['1.1'],
      plot: { axis: MOTOR, shown: ['simulation_diode_sampling_controller:diode2alias'] },
    });
    const { channels } = json as { channels: { name: string; on_disk: number; received: number }[] };
    const motor = channels.find(({ name }) => name === MOTOR);
    expect(motor?.on_disk).toBeGreaterThan(2);
    expect((await described('GET /api/scans', '?state=live')).json).toMatchObject({ total: 1 });
    expect((await described('GET /api/scans', '?state=finished')).json).toMatchObject({ total: 0 });
    expect((await described('GET /api/scans/{scan}/target')).json).toMatchObject({ is_writable: true });
    expect((await described('GET /api/sessions')).json).toMatchObject({ sessions: [{ is_followed: true }] });
  });

  it('gives the same points while a scan runs and after, from where a client is', async () => {
    const first = await data(`?channels=${MOTOR}&limit=2`);
    expect(first).toMatchObject({ from: 0, next: 2, is_ended: false });
    const running = await data(`?channels=${MOTOR},timer:epoch&from=2`);
    expect(running.channels.map(({ name }) => name)).toEqual([MOTOR, 'timer:epoch']);
    expect(running.next).toBeLessThanOrEqual(Math.min(...running.channels.map(({ rows }) => rows)));

    const waiting = described('GET /api/scans/{scan}/wait', '?until=complete&timeout=60');
    const rows = described('GET /api/scans/{scan}/wait', `?until=rows=11&channel=${MOTOR}&timeout=60`);
    await replayPart(`${redis.url}/1`, 'ascan', 0.7, 1);
    expect((await rows).json).toMatchObject({ reached: true });
    expect((await waiting).json).toMatchObject({
      reached: true,
      timed_out: false,
      scan: { state: 'finished', status: 'SUCCEEDED', points: 66 },
    });

    const all = await data(`?channels=${MOTOR}`);
    expect(all).toMatchObject({ from: 0, next: 11, is_ended: true });
    const values = all.channels[0]?.values ?? [];
    expect(values).toHaveLength(11);
    expect(values.slice(0, 2)).toEqual(first.channels[0]?.values);
    expect(values.slice(2, running.next)).toEqual(running.channels[0]?.values);
  });

  it('gives points as numpy stores them, and raw', async () => {
    const values = (await data(`?channels=${MOTOR}`)).channels[0]?.values ?? [];
    const raw = await described('GET /api/scans/{scan}/data', `?channels=${MOTOR}&from=3`, RAW);
    expect(raw.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'scan-writer-dtype': '<f8',
      'scan-writer-shape': '8',
      'scan-writer-next': '11',
      'scan-writer-ended': 'true',
    });
    const doubles = Array.from({ length: 8 }, (_, n) => raw.body.readDoubleLE(8 * n));
    expect(doubles).toEqual(values.slice(3));
    const { body } = await described('GET /api/scans/{scan}/data', `?channels=${MOTOR}&from=3`, NPY);
    expect(body.subarray(0, 6).toString('latin1')).toBe('\x93NUMPY');
    expect(body.subarray(-64)).toEqual(raw.body);
  });

  it('says what it has no answer for', async () => {
    const several = `?channels=${MOTOR},timer:epoch`;
    expect((await described('GET /api/scans/{scan}/data', several, NPY)).status).toBe(406);
    expect((await described('GET /api/scans/{scan}/data', '?channels=no:such')).status).toBe(400);
    expect((await described('POST /api/scans/{scan}/stop')).status).toBe(409);
    expect((await described('POST /api/scans/{scan}/resume')).status).toBe(409);
    const late = await described('GET /api/scans/{scan}/wait', '?until=rows=12&timeout=1');
    expect(late.json).toMatchObject({ reached: false, timed_out: false });
  });

  it('answers what h5web asks of a file', async () => {
    const dataset = `${FILE}&path=/1.1/instrument/robx/value`;
    expect((await described('GET /h5/meta', dataset)).json).toMatchObject({ kind: 'dataset', shape: [11] });
    expect((await described('GET /h5/attr', FILE)).json).toMatchObject({
      NX_class: 'NXroot',
      default: '1.1',
    });
    expect((await described('GET /h5/paths', FILE)).json).toContain('/1.1/instrument/robx/value');
    const motor = (await data(`?channels=${MOTOR}`)).channels[0]?.values;
    expect((await described('GET /h5/data', dataset)).json).toEqual(motor);
  });

  it('has a status page', async () => {
    const page = await described('GET /');
    const assets = [...page.body.toString().matchAll(/assets(\/[\w.-]+)/g)].map(([, name = '']) => name);
    expect(assets.length).toBeGreaterThan(2);
    for (const name of assets) expect((await described('GET /assets/{name}', name)).status).toBe(200);
  });

  it('makes directories below the roots and nowhere else', async () => {
    const at = (path: string) => described('POST /api/directories', '', { body: JSON.stringify({ path }) });
    expect((await at('/mnt/beamline00/new/sample')).json).toHaveProperty('path');
    expect((await at('/mnt/beamline00/../../etc/new')).status).toBe(403);
    expect((await at('/etc/new')).status).toBe(403);
    expect((await at('new')).status).toBe(400);
  });

  it('logs from the level on that is asked for', async () => {
    const set = (body: string) => described('POST /api/log-level', '', { body });
    expect((await set('{"level": "debug"}')).json).toEqual({ level: 'debug' });
    expect(service.log.level).toBe('debug');
    expect((await set('{"level": "loud"}')).status).toBe(400);
    expect((await set('null')).status).toBe(400);
    expect(service.log.level).toBe('debug');
    expect((await service.ask('/api/log-level', { method: 'POST' })).status).toBe(401);
  });

  it('has metrics', async () => {
    const { body } = await described('GET /metrics');
    expect(body.toString()).toContain('scan_writer_points_total{session="inhse_session"} 66');
    expect(body.toString()).toContain('scan_writer_scans{session="inhse_session",state="finished"} 1');
    expect(body.toString()).toMatch(/scan_writer_flush_duration_seconds_count [1-9]/);
    expect(body.toString()).toMatch(/scan_writer_decode_duration_seconds_count [1-9]/);
  });

  it('leaves scans of a session alone from stop to start, and has options of its own for it', async () => {
    expect((await described('POST /api/sessions/{session}/stop')).json).toMatchObject({
      is_accepting: false,
    });
    expect((await described('POST /api/sessions/{session}/start')).json).toMatchObject({
      is_accepting: true,
    });
    const set = (body: string) => described('POST /api/sessions/{session}/options', '', { body });
    expect((await set('{"keep-shape": true}')).json).toMatchObject({ options: { 'keep-shape': true } });
    expect((await set('{"keep-shape": 3}')).status).toBe(400);
    expect((await set('{"root": "/"}')).status).toBe(400);
    expect((await set('[]')).status).toBe(400);
    expect((await described('GET /api/sessions')).json).toMatchObject({
      sessions: [{ options: { 'keep-shape': true } }],
    });
    expect((await described('POST /api/scans/{scan}/kill')).status).toBe(409);
  });

  it('is drained by request, and has been asked all that its description has', async () => {
    expect((await described('POST /api/drain')).status).toBe(202);
    expect(await service.ended).toEqual([]);
    // Events have tests of their own: their answer does not end.
    expect([...seen, 'GET /api/events'].sort()).toEqual(describedOperations().sort());
    expect(service.faults).toEqual([]);
  });
});
