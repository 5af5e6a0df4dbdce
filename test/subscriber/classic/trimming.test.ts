import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ScanEvent, TrimMargin } from '../../../src/scan/index.js';
import { followScan } from '../../../src/subscriber/index.js';
import { Gate } from '../../support/gate.js';
import { hasRedis } from '../../support/testRedis.js';
import { gapsOf, NEVER, numbersOf, receivedOf, upTo } from './following.js';
import type { HandMade } from './publisher.js';
import { pointsFields } from './publisher.js';
import { withRedis } from './server.js';

const SCAN = 'eh1:data:1_timescan';
const LENGTH = 30_000;

describe.skipIf(!hasRedis())('a reader that is held back', () => {
  const setup = withRedis();

  /** Publishes single points into a stream of a limited length until told to stop; the number of points. */
  async function publish(scan: HandMade, first: number, isEnough: () => boolean): Promise<number> {
    let next = first;
    while (!isEnough()) {
      const pipeline = setup.redis.pipeline();
      for (const end = next + 50; next < end; next++) {
        pipeline.xadd(scan.data('c1'), 'MAXLEN', LENGTH, `${next + 1}-0`, ...pointsFields(next, 1));
      }
      await pipeline.exec();
      await sleep(100);
    }
    return next;
  }

  /** Follows a scan and takes no event after so many points, until released. */
  function followHeld(points: number) {
    const told: (readonly TrimMargin[])[] = [];
    const hold = new Gate();
    const held = new Gate();
    const onTrimMargins = (margins: readonly TrimMargin[]) => told.push(margins);
    const follow = async (): Promise<ScanEvent[]> => {
      const events = [];
      for await (const event of followScan(setup.connection, SCAN, {
        wait: true,
        signal: NEVER,
        onTrimMargins,
      })) {
        events.push(event);
        if (event.type !== 'chunk' || event.firstIndex + event.count < points) continue;
        held.open();
        await hold.opened;
      }
      return events;
    };
    const release = () => {
      hold.open();
    };
    return { told, events: follow(), held: held.opened, release };
  }

  it('is told how far Redis is from dropping points, before it loses one', async () => {
    const scan = await setup.publisher.scan(SCAN);
    await scan.manyEvents('c1', 0, LENGTH);
    const { told, events, held, release } = followHeld(LENGTH);
    await held;
    const isTold = () => told.flat().some(({ isAtRisk }) => isAtRisk);
    const points = await publish(scan, LENGTH, isTold);

    const [nearest] = told.flat().filter(({ isAtRisk }) => isAtRisk);
    expect(nearest).toMatchObject({ channel: { name: 'timer:c1' }, length: LENGTH });
    expect(nearest?.entries).toBeGreaterThan(0);
    expect(nearest?.seconds).toBeGreaterThan(0);
    expect(nearest?.seconds).toBeLessThan(60);
    const others = told.flat().filter(({ channel }) => channel.name === 'timer:c2');
    expect(others.length).toBeGreaterThan(0);
    expect(others.filter(({ isAtRisk }) => isAtRisk)).toEqual([]);

    release();
    await scan.end();
    const all = await events;
    receivedOf(all);
    expect(gapsOf(all)).toEqual([]);
    expect(numbersOf(all, 'timer:c1')).toEqual(upTo(points));
    expect(told.at(-1)).toEqual([]);
  });

  it('is at no risk while nothing is dropped', async () => {
    const scan = await setup.publisher.scan(SCAN);
    await scan.manyEvents('c1', 0, 3000);
    const { told, events, held, release } = followHeld(1);
    await held;
    const points = await publish(scan, 3000, () => told.length >= 3);
    release();
    await scan.end();
    expect(numbersOf(await events, 'timer:c1')).toEqual(upTo(points));
    expect(told.flat().length).toBeGreaterThan(0);
    expect(told.flat().filter(({ isAtRisk, seconds }) => isAtRisk || seconds !== undefined)).toEqual([]);
  });

  it('has nothing asked of Redis for it while it keeps up', async () => {
    const asked: string[] = [];
    // While nothing else is sent: ioredis takes another's command for the answer to MONITOR.
    const monitor = await setup.redis.duplicate().monitor();
    monitor.on('monitor', (_time: string, [name = '']: string[]) => asked.push(name.toLowerCase()));
    const scan = await setup.publisher.scan(SCAN);
    asked.length = 0;
    const { told, events, release } = followHeld(1);
    release();
    const begin = performance.now();
    await publish(scan, 0, () => performance.now() - begin > 7_000);
    monitor.disconnect();
    await scan.end();
    await events;
    expect(told).toEqual([]);
    expect(asked).toContain('xread');
    expect(asked).not.toContain('xinfo');
  });
});
