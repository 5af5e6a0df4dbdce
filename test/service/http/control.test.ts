import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { filesBelow } from '../../support/acceptance.js';
import { flush, replayPart } from '../../support/replaying.js';
import { scratchDirectory } from '../../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../../support/testRedis.js';
import { scanPath, scanUntil, TestService, TOKEN } from './support.js';

const SCAN = 'inhse_session:mnt:beamline00:ascan:1_ascan';
const THIS = scanPath(SCAN);
const POST = { method: 'POST' };

describe.skipIf(!hasRedis())('a scan that is stopped by request', () => {
  let redis: TestRedis;
  let directory: string;
  let state: string;

  beforeAll(async () => {
    redis = await startRedis();
  });
  beforeEach(async () => {
    directory = await scratchDirectory();
    state = await scratchDirectory();
    await flush(redis.url);
  });
  afterAll(() => redis.stop());

  const start = (): Promise<TestService> =>
    TestService.start({ redis: `${redis.url}/1`, directory, state, token: TOKEN });

  it('has its file ended, stays so over a restart, and is completed when it is taken up again', async () => {
    let service = await start();
    await replayPart(`${redis.url}/1`, 'ascan', 0, 0.7);
    await scanUntil(service, SCAN, ({ rows }) => rows > 2);
    expect((await service.askWithToken(`${THIS}/stop`, POST)).status).toBe(202);
    await scanUntil(service, SCAN, (scan) => scan.state === 'stopped');
    const stopped = (await service.ask(THIS)).json as { points: number; why: object };
    expect(stopped).toMatchObject({
      status: 'ABANDONED',
      why: { message: expect.stringMatching(/by request/) as string },
    });
    expect(await filesBelow(directory, /\.(lock|journal)$/)).toEqual([]);
    // Asked again, nothing changes.
    expect((await service.askWithToken(`${THIS}/stop`, POST)).status).toBe(202);
    await service.end();

    service = await start();
    await replayPart(`${redis.url}/1`, 'ascan', 0.7, 1);
    const { points } = stopped;
    expect((await service.ask(THIS)).json).toMatchObject({
      state: 'stopped',
      status: 'ABANDONED',
      points,
      entries: ['1.1'],
    });
    const { channels } = (await service.ask(THIS)).json as { channels: { on_disk: number }[] };
    expect(channels.reduce((sum, { on_disk }) => sum + on_disk, 0)).toBe(points);
    const data = await service.askWithToken(`${THIS}/data?channels=axis:robx`);
    expect(data.json).toMatchObject({ from: 0, is_ended: true });

    expect((await service.askWithToken(`${THIS}/resume`, POST)).status).toBe(202);
    expect((await service.ask(`${THIS}/wait?timeout=60`)).json).toMatchObject({
      reached: true,
      scan: { status: 'SUCCEEDED', points: 66 },
    });
    await service.end();
    expect(service.faults).toEqual([]);

    service = await start();
    expect((await service.ask(THIS)).json).toMatchObject({
      state: 'finished',
      status: 'SUCCEEDED',
      points: 66,
    });
    await service.end();
  });

  it('is told of a scan that is not to be saved, and why, also after a restart', async () => {
    let service = await start();
    await replayPart(`${redis.url}/1`, 'ct_unsaved', 0, 1);
    const dbName = await refusedScan(service);
    const before = await service.ask(scanPath(dbName));
    expect(before.json).toMatchObject({ state: 'refused', why: { tag: 'unsaved' }, file: null });
    expect((await service.askWithToken(`${scanPath(dbName)}/data?channels=a`)).json).toMatchObject({
      error: { tag: 'noFile' },
    });
    await service.end();
    service = await start();
    expect((await service.ask(scanPath(dbName))).json).toMatchObject({
      state: 'refused',
      why: { tag: 'unsaved' },
    });
    await service.end();
  });
});

async function refusedScan(service: TestService): Promise<string> {
  for (;;) {
    const { json } = await service.ask('/api/scans?state=refused');
    const [first] = (json as { scans: { scan: string }[] }).scans;
    if (first !== undefined) return first.scan;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
