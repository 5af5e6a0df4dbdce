import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { replay } from '../../../src/recording/index.js';
import type { ScanEvent } from '../../../src/scan/index.js';
import { watchScans } from '../../../src/subscriber/index.js';
import {
  availableRecordings,
  hasRecording,
  recordingFolder,
  recordingMeta,
} from '../../support/recordings.js';
import { hasRedis } from '../../support/testRedis.js';
import { eventOf, eventsOf, follow, gapsOf, NEVER, numbersOf, receivedOf, upTo } from './following.js';
import { part, pickle } from './pickles.js';
import { expectPublished, publishedBy } from './published.js';
import { pointsFields } from './publisher.js';
import { withRedis } from './server.js';

const SCAN = 'eh1:data:1_loopscan';
const TRIMMED = 'trimmed from Redis before it was read';
const GONE = 'the stream is gone from Redis';
/** After less than this without news it is looked at whether the scan is still there. */
const LONG_QUIET = 2_600;

describe.skipIf(!hasRedis())('what Redis has dropped', () => {
  const setup = withRedis();

  /** A scan with 100 points in each of two channels. */
  async function published() {
    const scan = await setup.publisher.scan(SCAN);
    await scan.manyEvents('c1', 0, 100);
    await scan.manyEvents('c2', 0, 100);
    return scan;
  }

  async function followEnded(): Promise<ScanEvent[]> {
    const events = await follow(setup.connection, SCAN, { wait: true });
    receivedOf(events);
    expect(events.at(-1)?.type).toBe('scanEnded');
    expect(numbersOf(events, 'timer:c2')).toEqual(upTo(100));
    return events;
  }

  describe('points that were trimmed', () => {
    it('before a slow reader came are one gap in each channel', async () => {
      const name = 'trimmed_slow_reader';
      await replay({ recording: recordingFolder(name), redis: setup.redis, speed: 0, append: true });
      const events = await follow(setup.connection, recordingMeta(name).scans[0]?.db_name ?? '');
      const received = receivedOf(events);
      expectPublished(received, publishedBy(name), { mayBeTrimmed: true });
      expect(gapsOf(events).length).toBeGreaterThan(0);
      for (const { from, to, cause } of gapsOf(events)) {
        expect(from).toBe(0);
        expect(to).toBeGreaterThan(1000);
        expect(cause).toBe(TRIMMED);
      }
    });

    it('at the front', async () => {
      const scan = await published();
      await setup.redis.xtrim(scan.data('c1'), 'MAXLEN', 60);
      await scan.end();
      const events = await followEnded();
      expect(gapsOf(events)).toEqual([{ name: 'timer:c1', from: 0, to: 40, cause: TRIMMED }]);
      expect(numbersOf(events, 'timer:c1')).toEqual(upTo(100).slice(40));
    });

    it('in the middle', async () => {
      const scan = await published();
      await setup.redis.xdel(
        scan.data('c1'),
        ...upTo(100)
          .slice(50, 60)
          .map((index) => `${index + 1}-0`),
      );
      await scan.end();
      const events = await followEnded();
      expect(gapsOf(events)).toEqual([{ name: 'timer:c1', from: 50, to: 60, cause: TRIMMED }]);
      expect(numbersOf(events, 'timer:c1')).toEqual([...upTo(50), ...upTo(100).slice(60)]);
    });

    it('at the end', async () => {
      const scan = await published();
      await setup.redis.xdel(
        scan.data('c1'),
        ...upTo(100)
          .slice(90)
          .map((index) => `${index + 1}-0`),
      );
      await scan.end();
      expect(gapsOf(await followEnded())).toEqual([{ name: 'timer:c1', from: 90, to: 100, cause: TRIMMED }]);
    });

    it('all of them', async () => {
      const scan = await published();
      await setup.redis.xtrim(scan.data('c1'), 'MAXLEN', 0);
      await scan.end();
      const events = await followEnded();
      expect(gapsOf(events)).toEqual([{ name: 'timer:c1', from: 0, to: 100, cause: TRIMMED }]);
    });

    it('while the scan is followed', async () => {
      const scan = await published();
      const followed = followEnded();
      await sleep(300);
      const transaction = setup.redis.multi();
      for (let index = 100; index < 200; index++) {
        transaction.xadd(scan.data('c1'), 'MAXLEN', 10, `${index + 1}-0`, ...pointsFields(index, 1));
      }
      await transaction.exec();
      await scan.end();
      const events = await followed;
      expect(gapsOf(events)).toEqual([{ name: 'timer:c1', from: 100, to: 190, cause: TRIMMED }]);
      expect(numbersOf(events, 'timer:c1')).toEqual([...upTo(100), ...upTo(200).slice(190)]);
    });
  });

  describe('keys that were evicted', () => {
    it('a stream of data: nobody knows how many points', async () => {
      const scan = await published();
      await setup.redis.del(scan.data('c1'));
      await scan.end();
      const gap = { name: 'timer:c1', from: 0, to: undefined, cause: GONE };
      expect(gapsOf(await followEnded())).toEqual([gap]);
    });

    it('a stream of data that goes on after it was evicted', async () => {
      const scan = await published();
      const followed = followEnded();
      await sleep(300);
      await setup.redis.del(scan.data('c1'));
      await scan.points('c1', 110, 5);
      await scan.end();
      expect(gapsOf(await followed)).toEqual([{ name: 'timer:c1', from: 100, to: 110, cause: TRIMMED }]);
    });

    it("a channel's node: its data and full name are found", async () => {
      const scan = await published();
      await setup.redis.del(scan.channel('c1'));
      await scan.end();
      const events = await followEnded();
      expect(numbersOf(events, 'timer:c1')).toEqual(upTo(100));
      expect(gapsOf(events)).toEqual([]);
    });

    it("a channel's node and info: the full name is that of scan_info", async () => {
      const scan = await setup.publisher.scan(SCAN, { channels: ['axis:c1', 'timer:c2'] });
      await scan.manyEvents('c1', 0, 100);
      await scan.manyEvents('c2', 0, 100);
      await setup.redis.del(scan.channel('c1'), `${scan.channel('c1')}_info`);
      await scan.end();
      expect(numbersOf(await followEnded(), 'axis:c1')).toEqual(upTo(100));
    });

    it('all of a channel: it is a gap', async () => {
      const scan = await published();
      await setup.redis.del(scan.channel('c1'), `${scan.channel('c1')}_info`, scan.data('c1'));
      await scan.end();
      const gap = { name: 'timer:c1', from: 0, to: undefined, cause: GONE };
      expect(gapsOf(await followEnded())).toEqual([gap]);
    });

    it.each([
      ["a device's node", [`${SCAN}:timer`]],
      ["a device's stream of children", [`${SCAN}:timer_children_list`]],
      ["a device's node and stream of children", [`${SCAN}:timer`, `${SCAN}:timer_children_list`]],
      ["the scan's stream of children", [`${SCAN}_children_list`]],
      ["the scan's node", [SCAN]],
      ['the stream of PREPARED', [`${SCAN}_prepared`]],
      ['the stream of END', [`${SCAN}_end`]],
      [
        'all but the data and scan_info',
        [SCAN, `${SCAN}_children_list`, `${SCAN}:timer`, `${SCAN}:timer_children_list`, `${SCAN}_prepared`],
      ],
    ])('%s: all points are found', async (_, keys) => {
      const scan = await published();
      await scan.end();
      await setup.redis.del(...keys);
      const events = await followEnded();
      expect(numbersOf(events, 'timer:c1')).toEqual(upTo(100));
      expect(gapsOf(events)).toEqual([]);
      expect(receivedOf(events).get(scan.channel('c1'))?.devices).toEqual(['timer']);
    });

    it('nodes of a scan that runs: it is followed to its end', async () => {
      const scan = await published();
      const followed = followEnded();
      await sleep(300);
      await setup.redis.del(
        SCAN,
        `${SCAN}_info`,
        `${SCAN}_children_list`,
        `${SCAN}:timer`,
        scan.channel('c1'),
      );
      await sleep(LONG_QUIET);
      await scan.points('c1', 100, 5);
      await scan.end();
      expect(numbersOf(await followed, 'timer:c1')).toEqual(upTo(105));
    });

    it("the scan's node: the session's scans still name it", async () => {
      await published();
      await setup.redis.del(SCAN, 'eh1:data');
      const found = [];
      for await (const scan of watchScans(setup.connection, 'eh1', { wait: false, signal: NEVER }))
        found.push(scan);
      expect(found).toEqual([
        { dbName: SCAN, startTimestamp: 1000, isGroup: false, hasEnded: false, isOld: true },
      ]);
    });

    it("a group's nodes: its members are named", async () => {
      const scan = await published();
      const scans = scan.channel('scans');
      await setup.publisher.node(scans, 'node_ref_channel', 'scans');
      await setup.publisher.announce(scans);
      const description = part.dict({ reference: part.boolean(true), shape: part.tuple() });
      await scan.event(
        'scans',
        '1-0',
        '__EVENT__',
        'CHANNELDATA',
        '__DESC__',
        pickle(description),
        '__NPOINTS__',
        '1',
        '__DATA__',
        pickle(part.text('eh1:data:2_member')),
      );
      await setup.redis.del(scans);
      await scan.end();
      expect(eventsOf(await followEnded(), 'memberScan').map(({ member }) => member)).toEqual([
        'eh1:data:2_member',
      ]);
    });
  });

  describe('images', () => {
    async function withImages() {
      const scan = await published();
      const image = scan.channel('image');
      await setup.publisher.node(image, 'lima', 'camera:image');
      await setup.publisher.announce(image);
      await setup.redis.lpush(`${image}_data_ref`, pickle(part.dict({ saving_format: part.text('EDF') })));
      const status = part.dict({ last_image_ready: part.integer(9), last_image_saved: part.integer(7) });
      await scan.event('image', '1-0', '__EVENT__', 'LIMAIMAGESTATUS', '__STATUS__', pickle(status));
      await scan.end();
      return image;
    }

    it.each([
      ['nothing', []],
      ["the camera's node", ['']],
      ["the camera's node and references", ['', '_data_ref']],
    ])('are followed when %s is gone', async (_, suffixes) => {
      const image = await withImages();
      if (suffixes.length > 0) await setup.redis.del(...suffixes.map((suffix) => `${image}${suffix}`));
      const events = await followEnded();
      expect(eventOf(events, 'images')).toMatchObject({ ready: 10, saved: 8 });
      expect(gapsOf(events)).toEqual([]);
    });

    it('are a gap when their stream is gone', async () => {
      const image = await withImages();
      await setup.redis.del(`${image}_data`);
      const events = await followEnded();
      expect(gapsOf(events)).toEqual([
        expect.objectContaining({ name: 'camera:image', from: 0, to: undefined }),
      ]);
    });

    it('keep their last state that can be read', async () => {
      const scan = await published();
      const image = scan.channel('image');
      await setup.publisher.node(image, 'lima', 'camera:image');
      await setup.publisher.announce(image);
      const status = pickle(
        part.dict({ last_image_ready: part.integer(9), last_image_saved: part.integer(7) }),
      );
      await scan.event('image', '1-0', '__EVENT__', 'LIMAIMAGESTATUS', '__STATUS__', status);
      await scan.event('image', '2-0', '__EVENT__', 'LIMAIMAGESTATUS', '__STATUS__', status.subarray(0, 9));
      await scan.end();
      expect(eventOf(await followEnded(), 'images')).toMatchObject({ ready: 10, saved: 8 });
    });
  });

  /** Everything by which nodes are found except scan_info. */
  describe.each(availableRecordings().filter((name) => hasRecording(name) && name !== 'trimmed_slow_reader'))(
    'announcements of %s',
    (name) => {
      it('are made up for by scan_info', async () => {
        await replay({ recording: recordingFolder(name), redis: setup.redis, speed: 0, append: true });
        const scans = recordingMeta(name).scans.map(({ db_name: dbName }) => dbName);
        const before = [];
        for (const scan of scans) before.push(receivedOf(await follow(setup.connection, scan)));
        for (const scan of scans) {
          const keys = await setup.redis.keys(`${scan.replace(/[[\]*?]/g, '?')}*_children_list`);
          const parents = keys.map((key) => key.replace(/_children_list$/, ''));
          const devices = parents.filter((parent) => parent !== scan);
          await setup.redis.del(...keys, ...devices);
        }
        for (const [index, scan] of scans.entries()) {
          const received = receivedOf(await follow(setup.connection, scan));
          const expected = before[index];
          // What was never announced since the scan failed is not known to be missing.
          if (expected?.size === 0) continue;
          expect(received).toEqual(expected);
        }
      });
    },
  );
});
