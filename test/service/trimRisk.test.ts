import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { trimWarning } from '../../src/cli/trimWarning.js';
import type { TrimMargin } from '../../src/scan/index.js';
import { parseSettings, runService } from '../../src/service/index.js';
import { FileSystemThread } from '../../src/writer/thread/fileSystemThread.js';
import { part } from '../subscriber/classic/pickles.js';
import { pointsFields, Publisher } from '../subscriber/classic/publisher.js';
import { Gate } from '../support/gate.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../support/testRedis.js';

const SCAN = 'eh1:data:1_timescan';
const LENGTH = 30_000;

describe.skipIf(!hasRedis())('the service, when a disk hangs', () => {
  let server: TestRedis;
  let redis: Redis;

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url, { protocol: 2 });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('warns once before Redis drops points, and says when the danger is over', async () => {
    const root = await scratchDirectory();
    const hanging = new Gate();
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with `this` below
    const call = FileSystemThread.prototype.call as (...given: unknown[]) => Promise<unknown>;
    vi.spyOn(FileSystemThread.prototype, 'call').mockImplementation(async function (
      this: FileSystemThread,
      ...given
    ) {
      if (given[0] === 'write') await hanging.opened;
      return (await call.apply(this, given)) as never;
    });
    const stop = new AbortController();
    const [risks, margins]: [(readonly TrimMargin[])[], (readonly TrimMargin[])[]] = [[], []];
    const over = new Gate();
    const done = new Gate<string>();
    const running = runService({
      redis: server.url,
      sessions: ['eh1'],
      // Room for two thirds of the points: then nothing more is read.
      settings: { ...parseSettings({ root: [root] }), memory: (LENGTH * 8 * 2) / 3 },
      signal: stop.signal,
      reports: {
        onTrimMargins: (_, told) => margins.push(told),
        onTrimRisk: (_, told) => risks.push(told),
        onTrimSafe: () => {
          over.open();
        },
        onScanDone: ({ status }) => {
          done.open(status);
        },
        onScanRefused: (_, error) => {
          done.open(error.message);
        },
      },
    });
    const scan = await new Publisher(redis).scan(SCAN, {
      info: {
        filename: part.text(path.join(root, 'data.h5')),
        save: part.boolean(true),
        data_writer: part.text('nexus'),
        scan_nb: part.integer(1),
      },
    });
    await scan.manyEvents('c1', 0, LENGTH);
    while (margins.flat().length === 0) await sleep(50);
    let next = LENGTH;
    while (risks.length === 0) {
      const pipeline = redis.pipeline();
      for (const end = next + 50; next < end; next++) {
        pipeline.xadd(scan.data('c1'), 'MAXLEN', LENGTH, `${next + 1}-0`, ...pointsFields(next, 1));
      }
      await pipeline.exec();
      await sleep(100);
    }
    hanging.open();
    await over.opened;
    await scan.end();
    expect(await done.opened).toBe('SUCCEEDED');
    stop.abort();
    await running;

    expect(risks).toHaveLength(1);
    expect(margins.at(-1)).toEqual([]);
    const [fields, sentence] = trimWarning(SCAN, risks[0] ?? []);
    expect(fields).toMatchObject({ scan: SCAN, channels: [{ channel: 'timer:c1', length: LENGTH }] });
    expect(sentence).toMatch(
      /^eh1:data:1_timescan is written more slowly .* drop points of timer:c1 that are not read yet in about \d+ s \(\d+ of 30000 events left\)$/,
    );
  });
});
