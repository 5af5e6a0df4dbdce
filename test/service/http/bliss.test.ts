import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadHdf5 } from '../../../src/writer/index.js';
import { filesBelow } from '../../support/acceptance.js';
import { flush, replayAll, replayPart } from '../../support/replaying.js';
import { scratchDirectory } from '../../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../../support/testRedis.js';
import { scanPath, scanUntil, TestService, TOKEN } from './support.js';

const SESSION = 'inhse_session';
const SCAN = `${SESSION}:mnt:beamline00:ascan:1_ascan`;
const POST = { method: 'POST' };

interface Scan {
  readonly scan: string;
  readonly state: string;
  readonly file: string;
  readonly bliss: { readonly state: string; readonly reason: string };
}

describe.skipIf(!hasRedis())('what BLISS asks of its writer', () => {
  let redis: TestRedis;
  let directory: string;
  let state: string;
  let service: TestService;

  beforeAll(async () => {
    redis = await startRedis();
  });
  beforeEach(async () => {
    directory = await scratchDirectory();
    state = await scratchDirectory();
    await flush(redis.url);
  });
  afterEach(() => service.end());
  afterAll(() => redis.stop());

  const start = async (options = {}): Promise<void> => {
    service = await TestService.start({
      redis: `${redis.url}/1`,
      directory,
      state,
      token: TOKEN,
      options,
    });
  };
  const scanOf = async (dbName = SCAN): Promise<Scan> => (await service.ask(scanPath(dbName))).json as Scan;
  const until = async (isWanted: (scan: Scan) => boolean): Promise<Scan> => {
    for (;;) {
      const scan = await scanOf();
      if ('bliss' in scan && isWanted(scan)) return scan;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const target = async (): Promise<unknown> => (await service.ask(`${scanPath(SCAN)}/target`)).json;
  const post = (place: string, body = ''): Promise<{ status: number; json: unknown }> =>
    service.askWithToken(place, { ...POST, body });

  it('knows a scan by the name of its node, says where it is, how far it is, and that it is done', async () => {
    await start();
    await replayPart(`${redis.url}/1`, 'ascan', 0, 0.7);
    await scanUntil(service, SCAN, ({ rows }) => rows > 2);
    const list = await service.ask(`/api/scans?session=${SESSION}&name=1_ascan&limit=1`);
    expect(list.json).toMatchObject({
      total: 1,
      scans: [{ scan: SCAN, bliss: { state: 'ON', reason: '' } }],
    });
    expect((await service.ask('/api/scans?name=1_asca')).json).toMatchObject({ total: 0 });
    const [file] = await filesBelow(directory, /_scan0001\.h5$/);
    expect(await scanOf()).toMatchObject({
      urls: [`${file ?? ''}::/1.1`],
      progress: [{ entry: '1.1', ndim: 0, channels: 6 }],
    });
    await replayPart(`${redis.url}/1`, 'ascan', 0.7, 1);
    expect(await until((scan) => scan.state === 'finished')).toMatchObject({
      bliss: { state: 'OFF', reason: '' },
      progress: [{ entry: '1.1', ndim: 0, channels: 6, least: 11, most: 11 }],
    });
  });

  it('answers for rights and room before there is a file', async () => {
    const missing = path.join(directory, 'not-mounted');
    await start({ map: [`/mnt/beamline00=${missing}`] });
    await replayPart(`${redis.url}/1`, 'ascan', 0, 0.5);
    const waiting = await until((scan) => scan.state === 'waiting');
    // It may be mounted in a moment.
    expect(waiting.bliss).toMatchObject({ state: 'ON', reason: expect.stringMatching(/mounted/) as string });
    expect(await target()).toMatchObject({
      is_writable: false,
      why_not_writable: expect.stringMatching(/not-mounted does not exist: is its disk mounted/) as string,
      has_required_space: null,
    });
    await mkdir(missing);
    expect(await target()).toMatchObject({ is_writable: true, has_required_space: true, space_error: '' });
  });

  it('tells BLISS to stop a scan that has waited for long, and goes on when it can', async () => {
    const missing = path.join(directory, 'not-mounted');
    await start({ map: [`/mnt/beamline00=${missing}`] });
    await replayPart(`${redis.url}/1`, 'ascan', 0, 0.5);
    const fault = await until((scan) => scan.bliss.state === 'FAULT');
    expect(fault).toMatchObject({
      state: 'waiting',
      bliss: { reason: expect.stringMatching(/is its disk mounted/) as string },
    });
    await mkdir(missing);
    expect((await post(`${scanPath(SCAN)}/resume`)).status).toBe(202);
    expect((await until((scan) => scan.state === 'running')).bliss).toEqual({ state: 'ON', reason: '' });
  });

  it('tells BLISS at once to stop a scan that can never be written, and why', async () => {
    await writeFile(path.join(directory, 'ascan'), 'in the way');
    await start({ fileTemplate: '{dir}/ascan/{stem}_scan{scan_nb}.h5' });
    await replayPart(`${redis.url}/1`, 'ascan', 0, 0.5);
    const refused = await until((scan) => scan.bliss.state === 'FAULT');
    expect(refused).toMatchObject({
      state: 'refused',
      bliss: { reason: expect.stringMatching(/ascan/) as string },
    });
    expect(await target()).toMatchObject({ is_writable: false });
    await rm(path.join(directory, 'ascan'));
    expect(await target()).toMatchObject({ is_writable: true });
  });

  it('names the room that is missing, by the options of the session', async () => {
    await start();
    await replayPart(`${redis.url}/1`, 'ascan', 0, 0.5);
    await until((scan) => scan.state === 'running');
    const options = '{"required-disk-space": 1e9, "recommended-disk-space": "2000000G"}';
    expect((await post(`/api/sessions/${SESSION}/options`, options)).status).toBe(200);
    expect(await target()).toMatchObject({
      is_writable: true,
      has_required_space: false,
      required_bytes: 1e9 * 2 ** 20,
      space_error: expect.stringMatching(/has room for \d+ MB, and 1000000000 MB are required/) as string,
      space_warning: expect.stringMatching(/recommended/) as string,
    });
  });

  it('writes scans of a session with its options, also after a restart', async () => {
    await start();
    expect((await post(`/api/sessions/${SESSION}/options`, '{"keep-shape": true}')).status).toBe(404);
    await replayPart(`${redis.url}/1`, 'ascan', 0, 0.5);
    await until((scan) => scan.state === 'running');
    expect((await post(`/api/sessions/${SESSION}/options`, '{"keep-shape": true}')).status).toBe(200);
    await service.end();
    await flush(redis.url);
    await start();
    await replayAll(`${redis.url}/1`, ['ascan', 'amesh'], 0);
    const mesh = `${SESSION}:mnt:beamline00:amesh:1_amesh`;
    await scanUntil(service, mesh, (scan) => scan.state === 'finished');
    const { file } = await scanOf(mesh);
    const open = (await loadHdf5()).openForReading(file);
    try {
      expect(open.shapeOf('/1.1/measurement/robx')).toHaveLength(2);
    } finally {
      open.close();
    }
  });

  it('leaves the scans of a session alone that is stopped, until it is started', async () => {
    await start();
    await replayPart(`${redis.url}/1`, 'ascan', 0, 0.7);
    await until((scan) => scan.state === 'running');
    expect((await post(`/api/sessions/${SESSION}/stop`)).status).toBe(202);
    // Those that run go on.
    await replayPart(`${redis.url}/1`, 'ascan', 0.7, 1);
    await until((scan) => scan.state === 'finished');
    await replayAll(`${redis.url}/1`, ['loopscan'], 0);
    expect((await service.ask('/api/sessions')).json).toMatchObject({
      sessions: [{ is_accepting: false, is_followed: false }],
    });
    expect((await service.ask('/api/scans')).json).toMatchObject({ total: 1 });
    expect((await post(`/api/sessions/${SESSION}/start`)).json).toMatchObject({ is_accepting: true });
    await replayAll(`${redis.url}/1`, ['amesh'], 0);
    await scanUntil(service, `${SESSION}:mnt:beamline00:amesh:1_amesh`, (scan) => scan.state === 'finished');
    // What ended between belongs to nobody; somebody may ask for it.
    const between = `${SESSION}:mnt:beamline00:loopscan:1_loopscan`;
    await scanUntil(service, between, (scan) => scan.state === 'passed');
    expect((await post(`${scanPath(between)}/resume`)).status).toBe(202);
    await scanUntil(service, between, (scan) => scan.state === 'finished');
    expect((await post('/api/sessions/no_such/stop')).status).toBe(404);
  });

  it('ends a scan at once that is killed, with what is in its file', async () => {
    await start();
    await replayPart(`${redis.url}/1`, 'ascan', 0, 0.7);
    await scanUntil(service, SCAN, ({ rows }) => rows > 2);
    expect((await post(`${scanPath(SCAN)}/kill`)).status).toBe(202);
    expect(await scanOf()).toMatchObject({ state: 'stopped', bliss: { state: 'OFF' } });
    while ((await filesBelow(directory, /\.(lock|journal)$/)).length > 0) continue;
    await service.end();
    await start();
    // It stays so, and can be taken up again.
    expect(await scanOf()).toMatchObject({ state: 'stopped', bliss: { state: 'OFF' } });
    await replayPart(`${redis.url}/1`, 'ascan', 0.7, 1);
    expect((await post(`${scanPath(SCAN)}/resume`)).status).toBe(202);
    expect((await service.ask(`${scanPath(SCAN)}/wait?timeout=60`)).json).toMatchObject({
      reached: true,
      scan: { status: 'SUCCEEDED', points: 66, bliss: { state: 'OFF', reason: '' } },
    });
  });
});
