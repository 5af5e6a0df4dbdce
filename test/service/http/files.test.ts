import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPython } from '../../support/python.js';
import { replayPart } from '../../support/replaying.js';
import { scratchDirectory } from '../../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../../support/testRedis.js';
import { scanUntil, TestService, TOKEN, type HttpAnswer } from './support.js';

const SCAN = 'inhse_session:mnt:beamline00:ascan:1_ascan';
const MOTOR = '/1.1/instrument/robx/value';
const MADE_SCANS = path.resolve(import.meta.dirname, '../../support/made_scans.py');
/** As JSON more than may be had at once. */
const SPECTRA = { points: 40, length: 2_048 };

describe.skipIf(!hasRedis())('looking into files', () => {
  let redis: TestRedis;
  let service: TestService;
  let directory: string;

  beforeAll(async () => {
    redis = await startRedis();
    directory = await scratchDirectory();
    service = await TestService.start({ redis: `${redis.url}/1`, directory, token: TOKEN });
  });
  afterAll(async () => {
    await service.end();
    await redis.stop();
  });

  const ask = (what: string, place: string, rest = '', scan = SCAN): Promise<HttpAnswer> => {
    return service.askWithToken(`/h5/${what}?file=${encodeURIComponent(scan)}&path=${place}${rest}`);
  };
  const rowsOf = async (): Promise<number> => {
    const { json } = await ask('meta', MOTOR);
    return (json as { shape: number[] }).shape[0] ?? 0;
  };

  it('shows a file in progress as it is, and the same values when it is closed', async () => {
    await replayPart(`${redis.url}/1`, 'ascan', 0, 0.6);
    await scanUntil(service, SCAN, ({ rows }) => rows > 2);
    const before = await rowsOf();
    const { body: begun } = await ask('data', MOTOR, '&format=bin&dtype=safe');
    expect(begun.length).toBeGreaterThanOrEqual(8 * before);
    const status = await ask('data', '/1.1/writer/status', '&flatten=true');
    expect(status.json).toBe('RUNNING');

    await replayPart(`${redis.url}/1`, 'ascan', 0.6, 1);
    await scanUntil(service, SCAN, ({ state }) => state === 'finished');
    expect(await rowsOf()).toBe(11);
    const { body: whole } = await ask('data', MOTOR, '&format=bin');
    expect(whole.subarray(0, begun.length)).toEqual(begun);
    const { body: part } = await ask('data', MOTOR, '&format=bin&selection=3:5');
    expect(part).toEqual(whole.subarray(24, 40));
    const { body: numpy } = await ask('data', MOTOR, '&format=npy');
    expect(numpy.subarray(-88)).toEqual(whole);
    expect((await ask('data', '/1.1/writer/status')).json).toBe('SUCCEEDED');
    expect((await ask('attr', '/1.1')).json).toMatchObject({ default: 'plotselect' });
  });

  it('refuses a selection that is too large, and goes on', async () => {
    const spec = path.join(directory, 'spec.json');
    await writeFile(spec, JSON.stringify({ scans: [{ number: 1, rate: 1_000, spectra: 1, ...SPECTRA }] }));
    const published = runPython([MADE_SCANS, `${redis.url}/1`, spec]);
    const scan = await new Promise<string>((resolve) => {
      const look = async (): Promise<void> => {
        const { json } = await service.ask('/api/scans?state=finished');
        const { scans } = json as { scans: { scan: string }[] };
        const found = scans.find((each) => each.scan !== SCAN);
        if (found !== undefined) resolve(found.scan);
        else setTimeout(() => void look(), 100);
      };
      void look();
    });
    expect((await published).status).toBe(0);
    const { json } = await ask('paths', '/', '', scan);
    const dataset = (json as string[]).find((name) => /instrument.*spectrum.*data$/.test(name)) ?? '';
    expect(await ask('data', dataset, '', scan)).toMatchObject({
      status: 413,
      json: { error: { tag: 'largeSelection' } },
    });
    expect((await ask('data', dataset, '&selection=0,:', scan)).json).toHaveLength(SPECTRA.length);
    expect((await ask('data', dataset, '&format=bin', scan)).body).toHaveLength(
      4 * SPECTRA.points * SPECTRA.length,
    );
    expect(service.faults).toEqual([]);
  });
});
