import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ScanEvent } from '../../../src/scan/index.js';
import { watchScans } from '../../../src/subscriber/index.js';
import { recordingMeta } from '../../support/recordings.js';
import { replayAll } from '../../support/replaying.js';
import { hasRedis } from '../../support/testRedis.js';
import { eventOf, eventsOf, follow, gapsOf, NEVER, numbersOf, receivedOf, upTo } from './following.js';
import { part } from './pickles.js';
import { expectPublished, publishedBy } from './published.js';
import { pointsFields, STATE } from './publisher.js';
import { withRedis } from './server.js';

const AT_RECORDED_PACE = 1;
const SCAN = 'eh1:data:1_loopscan';
/** After less than this without news it is looked at whether the scan is still there. */
const LONG_QUIET = 2_600;

describe.skipIf(!hasRedis())('followScan while a scan is published', () => {
  const setup = withRedis();

  /** Follows every scan of a session from the moment it is announced, as many as there will be. */
  async function followNew(session: string, count: number): Promise<Map<string, ScanEvent[]>> {
    const following = new Map<string, Promise<ScanEvent[]>>();
    for await (const { dbName } of watchScans(setup.connection, session, { wait: true, signal: NEVER })) {
      following.set(dbName, follow(setup.connection, dbName, { wait: true }));
      if (following.size === count) break;
    }
    const ends = await Promise.all([...following].map(async ([id, events]) => [id, await events] as const));
    return new Map(ends);
  }

  it('gives the same points and ends as afterwards, for many scans at once', async () => {
    const recordings = [
      'ct',
      'loopscan',
      'dscan',
      'mca',
      'consecutive',
      'timescan_ctrlc',
      'more_points',
      'nopoints',
      'multi_top_master',
      'dtypes_plain',
      'sequence_and_group',
      'failing_before_prepared',
    ];
    const scans = recordings.flatMap((name) => recordingMeta(name).scans);
    const followed = followNew('inhse_session', scans.length);
    await replayAll(setup.server.url, recordings, AT_RECORDED_PACE);
    const live = await followed;

    expect([...live.keys()].sort()).toEqual(scans.map(({ db_name: dbName }) => dbName).sort());
    for (const recording of recordings) {
      const events = recordingMeta(recording).scans.map(({ db_name: dbName }) => live.get(dbName) ?? []);
      const received = new Map(events.flatMap((ofScan) => [...receivedOf(ofScan)]));
      expectPublished(received, publishedBy(recording));
    }
    for (const [dbName, events] of live) {
      const afterwards = await follow(setup.connection, dbName);
      expect(eventOf(events, 'scanEnded')).toEqual(eventOf(afterwards, 'scanEnded'));
      expect(eventsOf(events, 'scanPrepared')).toHaveLength(eventsOf(afterwards, 'scanPrepared').length);
      expect(receivedOf(events)).toEqual(receivedOf(afterwards));
    }
  });

  it('keeps several sessions apart', async () => {
    const sessions = ['eh1', 'eh2', 'eh3'];
    const followed = Promise.all(sessions.map((session) => followNew(session, 1)));
    await Promise.all(
      sessions.map(async (session, index) => {
        const scan = await setup.publisher.scan(`${session}:data:1_loopscan`);
        for (let point = 0; point <= index; point++) await scan.points('c1', point);
        await scan.end();
      }),
    );
    const found = await followed;
    expect(found.map((scans) => [...scans.keys()])).toEqual(
      sessions.map((name) => [`${name}:data:1_loopscan`]),
    );
    const counts = found.map((scans) => numbersOf([...scans.values()].flat(), 'timer:c1').length);
    expect(counts).toEqual([1, 2, 3]);
  });

  it('waits for a session and a scan that come later', async () => {
    const followed = followNew('later', 1);
    await sleep(700);
    const scan = await setup.publisher.scan('later:data:1_loopscan');
    await scan.points('c1', 0, 3);
    await scan.end();
    const events = [...(await followed).values()].flat();
    expect(numbersOf(events, 'timer:c1')).toEqual(upTo(3));
  });

  it('reads all that is left when END comes, however many replies it takes', async () => {
    const scan = await setup.publisher.scan(SCAN);
    await scan.manyEvents('c1', 0, 5000);
    await scan.points('c2', 0, 30_000);
    await scan.end();
    for (const wait of [true, false]) {
      const events = await follow(setup.connection, SCAN, { wait });
      expect(numbersOf(events, 'timer:c1')).toEqual(upTo(5000));
      expect(numbersOf(events, 'timer:c2')).toEqual(upTo(30_000));
      expect(gapsOf(events)).toEqual([]);
      receivedOf(events);
    }
  });

  it('reads points and END that appear at the same moment', async () => {
    const scan = await setup.publisher.scan(SCAN);
    const followed = follow(setup.connection, SCAN, { wait: true });
    await sleep(300);
    const transaction = setup.redis.multi();
    for (let index = 0; index < 300; index++) {
      transaction.xadd(scan.data('c1'), `${index + 1}-0`, ...pointsFields(index, 1));
    }
    transaction.xadd(`${SCAN}_end`, '*', '__EVENT__', 'END_SCAN');
    await transaction.exec();
    await scan.state(STATE.done);
    expect(numbersOf(await followed, 'timer:c1')).toEqual(upTo(300));
  });

  it('reads channels that were announced when END came', async () => {
    const scan = await setup.publisher.scan(SCAN, { channels: [] });
    const followed = follow(setup.connection, SCAN, { wait: true });
    await sleep(300);
    await scan.createChannel('timer:late');
    await scan.points('late', 0, 4);
    await setup.redis
      .multi()
      .xadd(`${SCAN}:timer_children_list`, '*', '__EVENT__', 'NEW_NODE', 'db_name', scan.channel('late'))
      .xadd(`${SCAN}_end`, '*', '__EVENT__', 'END_SCAN')
      .exec();
    await scan.state(STATE.done);
    const events = await followed;
    expect(numbersOf(events, 'timer:late')).toEqual(upTo(4));
    receivedOf(events);
  });

  it('waits for the final state that comes after END', async () => {
    const scan = await setup.publisher.scan(SCAN);
    const followed = follow(setup.connection, SCAN, { wait: true });
    await scan.points('c1', 0);
    await scan.endOnly();
    await sleep(1000);
    await scan.state(STATE.aborted);
    expect(eventOf(await followed, 'scanEnded')).toMatchObject({
      state: 'USER_ABORTED',
      reason: 'USER_ABORT',
    });
  });

  it.each([
    ['is missing', undefined, LONG_QUIET],
    ['is no number', part.text('noon'), 0],
    ['is nan', part.float(NaN), 0],
  ])('follows a scan whose start_timestamp %s', async (_, timestamp, quiet) => {
    const scan = await setup.publisher.scan(SCAN);
    if (timestamp === undefined) await setup.redis.hdel(`${SCAN}_info`, 'start_timestamp');
    else await setup.publisher.info(SCAN, { start_timestamp: timestamp });
    const followed = follow(setup.connection, SCAN, { wait: true });
    await sleep(quiet);
    await scan.points('c1', 0);
    await scan.end();
    const events = await followed;
    expect(eventOf(events, 'scanStarted').scan.startTimestamp).toBeNaN();
    expect(numbersOf(events, 'timer:c1')).toEqual([0]);
    expect(events.at(-1)?.type).toBe('scanEnded');
  });

  it('does not take what is published meanwhile for lost when it does not wait', async () => {
    const scan = await setup.publisher.scan(SCAN);
    const stop = new AbortController();
    const publishing = (async () => {
      for (let index = 0; !stop.signal.aborted; index++) await scan.points('c1', index);
    })();
    for (let round = 0; round < 20; round++) {
      const events = await follow(setup.connection, SCAN);
      expect(gapsOf(events)).toEqual([]);
      expect(events.at(-1)?.type).toBe('scanAbandoned');
      receivedOf(events);
    }
    stop.abort();
    await publishing;
  });

  describe('a scan that vanishes', () => {
    it('is lost when its keys are gone', async () => {
      const scan = await setup.publisher.scan(SCAN);
      await scan.points('c1', 0, 3);
      const followed = follow(setup.connection, SCAN, { wait: true });
      await sleep(300);
      await setup.redis.flushdb();
      const events = await followed;
      expect(eventOf(events, 'scanLost').why).toContain('gone');
      expect(gapsOf(events)).toContainEqual(
        expect.objectContaining({ name: 'timer:c1', from: 3, to: undefined }),
      );
      expect(eventsOf(events, 'channelEnded')).toHaveLength(2);
    });

    it('never takes points of another scan that got its name', async () => {
      const first = await setup.publisher.scan(SCAN, { startTimestamp: 1000 });
      await first.points('c1', 0, 3);
      const followed = follow(setup.connection, SCAN, { wait: true });
      await sleep(300);
      await setup.redis.flushdb();
      const second = await setup.publisher.scan(SCAN, { startTimestamp: 2000 });
      await second.manyEvents('c1', 0, 100);
      const events = await followed;
      expect(numbersOf(events, 'timer:c1')).toEqual(upTo(3));
      expect(eventOf(events, 'scanLost').why).toContain('another scan');
      expect(eventsOf(events, 'scanEnded')).toEqual([]);
      receivedOf(events);
    });
  });
});
