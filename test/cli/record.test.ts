import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Publisher } from '../subscriber/classic/publisher.js';
import { scanWriter, startScanWriter } from '../support/cli.js';
import { contentOf } from '../support/redisContent.js';
import { hasReaders, runReader } from '../support/python.js';
import { recordingMeta } from '../support/recordings.js';
import { flush, replayAll } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedisServer, startRedis, type TestRedis } from '../support/testRedis.js';

const SESSION = 'inhse_session';

describe.skipIf(!hasRedisServer())('scan-writer record', () => {
  let server: TestRedis;
  let redis: Redis;
  let out: string;

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(`${server.url}/1`, { protocol: 2 });
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await flush(server.url);
    out = path.join(await scratchDirectory(), 'recording');
  });

  const url = () => `${server.url}/1`;
  const start = (...options: string[]) =>
    startScanWriter(['record', '--session', SESSION, out, '--redis', url(), ...options]);
  /** Waits until the recording, which is flushed once a second, has the text. */
  async function recordedUpTo(text: string): Promise<void> {
    await expect.poll(() => textOf(out).includes(text), { timeout: 30_000 }).toBe(true);
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 and a whole recording after %s', async (stop) => {
    const running = start('--json');
    await replayAll(url(), ['ascan'], 0);
    const [scan] = recordingMeta('ascan').scans;
    await recordedUpTo(`${scan?.db_name ?? ''}_end`);
    const { status, stdout } = await running.end(stop);
    expect(status).toBe(0);
    const meta = JSON.parse(readFileSync(path.join(out, 'meta.json'), 'utf8')) as { commands: number };
    expect(meta).toMatchObject({ session: SESSION, scans: [scan], lost: [] });
    expect(JSON.parse(stdout)).toMatchObject({ ...meta, recording: out });
    expect(wholeTextOf(out).trimEnd().split('\n')).toHaveLength(meta.commands);

    const content = await contentOf(redis);
    await flush(server.url);
    expect(await scanWriter(['replay', out, '--redis', url(), '--speed', '0'])).toMatchObject({ status: 0 });
    expect(await contentOf(redis)).toEqual(content);
  });

  it.skipIf(!hasReaders()).each(['amesh', 'mca', 'sequence_and_group', 'trimmed_slow_reader'])(
    'makes the same files of %s, replayed',
    async (name) => {
      await replayAll(url(), [name], 0);
      const scans = recordingMeta(name).scans.map(({ db_name }) => db_name);
      const files = async (from: string): Promise<string[]> => {
        const folder = await scratchDirectory();
        const written = [];
        for (const [index, scan] of scans.entries()) {
          const file = path.join(folder, `${index}.h5`);
          await scanWriter(['backfill', scan, '--output', file, '--redis', from]);
          written.push(file);
        }
        return written;
      };
      const before = await files(url());
      const running = start();
      await recordedUpTo(`${scans.at(-1) ?? ''}_end`);
      expect(await running.end('SIGTERM')).toMatchObject({ status: 0 });
      await flush(server.url);
      await scanWriter(['replay', out, '--redis', url(), '--speed', '0']);
      for (const [index, file] of (await files(url())).entries()) {
        expect(await runReader('same_data.py', [before[index] ?? '', file])).toMatchObject({ status: 0 });
      }
    },
  );

  it('leaves what it has written when it is killed, and replay says that the rest is missing', async () => {
    const running = start();
    const scan = await new Publisher(redis).scan(`${SESSION}:data:1_loopscan`);
    await scan.manyEvents('c1', 0, 10_000);
    await recordedUpTo('"10000-0"');
    const content = await contentOf(redis);
    await running.end('SIGKILL');

    await flush(server.url);
    const { status, stderr } = await scanWriter(['replay', out, '--redis', url(), '--speed', '0']);
    expect(await contentOf(redis)).toEqual(content);
    expect(stderr).toMatch(/gzip data is damaged or cut off/);
    expect(status).toBe(1);
  });

  it('says on stderr how much was gone already', async () => {
    const scan = await new Publisher(redis).scan(`${SESSION}:data:1_loopscan`);
    await scan.manyEvents('c1', 0, 100);
    await redis.xtrim(scan.data('c1'), 'MAXLEN', 60);
    const running = start();
    await recordedUpTo('"100-0"');
    const { status, stderr } = await running.end('SIGTERM');
    expect(stderr).toContain('40 points or events of 1 streams were gone from Redis');
    expect(status).toBe(0);
  });

  it('ends with 2 and one sentence when there is something at its place', async () => {
    mkdirSync(out);
    writeFileSync(path.join(out, 'notes.txt'), 'mine');
    const { status, stdout, stderr } = await start().end();
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^scan-writer: .*recording exists already: name a folder[^\n]*\n$/);
  });

  it('ends with 1 where nothing can be written', async () => {
    const { status, stderr } = await scanWriter([
      'record',
      '--session',
      SESSION,
      '/proc/recording',
      '--redis',
      url(),
    ]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^scan-writer: The recording cannot be written to \/proc\/recording: [^\n]*\n$/);
  });
});

/** What a recording that is being written has so far. */
function textOf(recording: string): string {
  try {
    const compressed = readFileSync(path.join(recording, 'commands.jsonl.gz'));
    return gunzipSync(compressed, { finishFlush: constants.Z_SYNC_FLUSH }).toString();
  } catch {
    return '';
  }
}

function wholeTextOf(recording: string): string {
  return gunzipSync(readFileSync(path.join(recording, 'commands.jsonl.gz'))).toString();
}
