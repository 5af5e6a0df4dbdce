import { describe, expect, it } from 'vitest';
import { followBeside, SCAN, TIMER } from './besideDamage.js';
import { eventOf, eventsOf, follow, gapsOf, NEVER, numbersOf, receivedOf, upTo } from './following.js';
import { EVIL, part, pickle, TRUNCATED } from './pickles.js';
import { pointsFields } from './publisher.js';
import { withRedis } from './server.js';
import { hasRedis } from '../../support/testRedis.js';
import { findSessions, listScans, watchScans } from '../../../src/subscriber/index.js';

/** Whatever stands in one place, the scan comes to its end, all other channels are complete and no point is made up. */
describe.skipIf(!hasRedis())('what no publisher would send as nodes, keys and info', () => {
  const setup = withRedis();

  describe('as announced node', () => {
    it.each([
      ['outside the scan', 'eh1:data:2_other:timer:c9'],
      ['the scan itself', SCAN],
      ['the device itself', TIMER],
      ['the parent of the scan', 'eh1:data'],
      ['nobody', ''],
      ['beside the device', `${SCAN}:other:c9`],
      ['one that is not there', `${TIMER}:nobody`],
      ['one that begins like it', `${TIMER}2:c9`],
    ])('%s is not followed', async (_, node) => {
      const events = await followBeside(setup, async (scan) => {
        if (!node.endsWith('nobody')) {
          await setup.redis.hset(node, { version: 'v1.1', node_type: 'channel', name: 'stray' });
          await setup.redis.xadd(`${node}_data`, '1-0', ...pointsFields(0, 1));
        }
        await setup.publisher.announce(node, TIMER);
        await setup.redis.hset(SCAN, { version: 'v1.1', node_type: 'scan', name: '1_loopscan' });
        await setup.redis.hset(TIMER, { version: 'v1.1', node_type: 'None', name: 'timer' });
        await scan.points('c1', 0);
      });
      const names = eventsOf(events, 'channelAdded').map(({ channel }) => channel.name);
      expect(names).toEqual(['timer:c1', 'timer:c2']);
    });

    it('a circle of devices comes to an end', async () => {
      const loop = Array.from({ length: 5 }, () => 'timer').join(':');
      const events = await followBeside(setup, async () => {
        for (const parent of [TIMER, `${SCAN}:${loop}`]) await setup.publisher.announce(TIMER, parent);
        await setup.publisher.announce(SCAN, TIMER);
        await setup.redis.del(`${SCAN}:timer_children_list`);
        await setup.publisher.info(SCAN, {
          devices: part.dict({
            '7:timer': part.dict({
              channels: part.list(part.text('timer:c1'), part.text('timer:c2')),
              triggered_devices: part.list(part.text('8:timer')),
            }),
            '8:timer': part.dict({
              triggered_devices: part.list(part.text('7:timer'), part.text('8:timer')),
            }),
            '9:timer': part.dict({ channels: part.list(part.text('timer:c1'), part.text('timer:c2')) }),
          }),
        });
      });
      expect(receivedOf(events).size).toBe(2);
    });

    it('3000 of them are all found', async () => {
      const events = await followBeside(setup, async () => {
        const pipeline = setup.redis.pipeline();
        for (let index = 0; index < 3000; index++) {
          const node = `${TIMER}:many${index}`;
          if (index % 2 === 0)
            pipeline.hset(node, { version: 'v1.1', node_type: 'channel', name: `many${index}` });
          pipeline.xadd(`${node}_data`, '1-0', ...pointsFields(index, 1));
          pipeline.xadd(`${TIMER}_children_list`, '*', '__EVENT__', 'NEW_NODE', 'db_name', node);
        }
        await pipeline.exec();
      });
      const received = receivedOf(events);
      expect(received.size).toBe(3002);
      expect([...received.values()].filter(({ total }) => total === 1)).toHaveLength(3000);
    });

    it.each([
      ['an unknown type', { version: 'v1.1', node_type: 'sideways' }],
      ['no type', { version: 'v1.1' }],
    ])('%s is a container whose channels are found', async (_, hash) => {
      const events = await followBeside(setup, async (scan) => {
        await setup.redis.hset(`${TIMER}:box`, hash);
        await setup.publisher.announce(`${TIMER}:box`);
        await setup.redis.hset(`${TIMER}:box:c9`, { version: 'v1.1', node_type: 'channel', name: 'c9' });
        await setup.redis.xadd(`${TIMER}:box:c9_data`, '1-0', ...pointsFields(5, 1));
        await setup.publisher.announce(`${TIMER}:box:c9`);
        await scan.points('c1', 0);
      });
      expect(numbersOf(events, 'c9')).toEqual([5]);
    });

    it.each([{ version: 'v2.0' }, { version: 'None' }, { version: '' }, {}])(
      'one of version %j: its points are found, its kind by its streams',
      async (version) => {
        const events = await followBeside(setup, async (scan) => {
          await setup.redis.del(scan.channel('c1'));
          await setup.redis.hset(scan.channel('c1'), { ...version, node_type: 'nonsense', name: 'c1' });
          await scan.points('c1', 0, 2);
        });
        expect(numbersOf(events, 'timer:c1')).toEqual([0, 1]);
      },
    );
  });

  describe('as type of a key', () => {
    it.each([
      ["a channel's data", `${TIMER}:c1_data`],
      ["a channel's info", `${TIMER}:c1_info`],
      ["a channel's node", `${TIMER}:c1`],
      ["a device's children", `${TIMER}_children_list`],
      ["a device's node", TIMER],
      ["the scan's children", `${SCAN}_children_list`],
      ['PREPARED', `${SCAN}_prepared`],
    ])('a text where %s should be', async (_, key) => {
      const events = await followBeside(setup, async (scan) => {
        await scan.points('c1', 0, 3);
        await setup.redis.del(key);
        await setup.redis.set(key, 'text');
      });
      if (key.endsWith('c1_data')) {
        expect(gapsOf(events)).toEqual([expect.objectContaining({ from: 0, to: undefined })]);
      } else {
        expect(numbersOf(events, 'timer:c1')).toEqual(upTo(3));
      }
    });

    it('a text where every stream of a running scan should be: it can still be aborted', async () => {
      await setup.publisher.scan(SCAN, { channels: [] });
      const keys = ['_children_list', '_prepared', '_end'].map((suffix) => `${SCAN}${suffix}`);
      for (const key of keys) await setup.redis.multi().del(key).set(key, 'text').exec();
      const begin = performance.now();
      const events = await follow(setup.connection, SCAN, { wait: true, signal: AbortSignal.timeout(300) });
      // Nothing else would run beside a loop that never waits.
      expect(performance.now() - begin).toBeLessThan(1500);
      expect(events.map(({ type }) => type)).toEqual(['scanStarted']);
    });

    it('a text where the references of images should be', async () => {
      const events = await followBeside(setup, async (scan) => {
        const image = scan.channel('image');
        await setup.publisher.node(image, 'lima');
        await setup.publisher.announce(image);
        await setup.redis.set(`${image}_data_ref`, 'text');
        await scan.event(
          'image',
          '1-0',
          '__STATUS__',
          pickle(part.dict({ last_image_ready: part.text('all') })),
        );
      });
      expect(eventOf(events, 'images')).toMatchObject({ ready: 0, saved: 0 });
    });
  });

  describe('in scan_info', () => {
    const FIELDS = ['acquisition_chain', 'devices', 'channels', 'start_timestamp', 'title', 'positioners'];
    it.each([
      ['truncated pickles', TRUNCATED],
      ['foreign objects', EVIL],
      ['lists', pickle(part.list(part.list()))],
      ['numbers', pickle(part.integer(3))],
      ['nothing', Buffer.alloc(0)],
    ])('%s in all fields leave the points alone', async (_, value) => {
      const events = await followBeside(setup, async (scan) => {
        for (const field of FIELDS) await setup.redis.hset(`${SCAN}_info`, field, value);
        for (const field of ['fullname', 'unit', 'shape', 'dtype']) {
          await setup.redis.hset(`${scan.channel('c1')}_info`, field, value);
        }
        await scan.points('c1', 0, 3);
      });
      expect(numbersOf(events, 'timer:c1')).toEqual(upTo(3));
      const { channel } = eventsOf(events, 'channelAdded')[0] ?? {};
      expect(channel).toMatchObject({ name: 'timer:c1', dtype: undefined, unit: undefined });
    });

    it.each([
      ['a truncated pickle', TRUNCATED],
      ['a foreign object', EVIL],
      ['a number that is no state', pickle(part.integer(77))],
      ['text', pickle(part.text('fine'))],
    ])('%s as state: the scan is not taken for a success', async (_, value) => {
      const scan = await setup.publisher.scan(SCAN);
      await scan.points('c1', 0, 3);
      await setup.redis.hset(`${SCAN}_info`, 'state', value);
      const abandoned = eventOf(await follow(setup.connection, SCAN), 'scanAbandoned');
      expect(abandoned.state).toBe('UNKNOWN');
    });

    it('bytes that are no text as names of fields', async () => {
      await followBeside(setup, () => setup.redis.hset(`${SCAN}_info`, Buffer.from([0xff, 0xfe]), TRUNCATED));
    });
  });

  it('sessions and lists of scans are found beside it', async () => {
    await setup.publisher.scan(SCAN);
    await setup.redis.set('eh2_children_list', 'text');
    await setup.redis.set('eh3', 'text');
    await setup.redis.xadd('eh3_children_list', '*', '__EVENT__', 'NEW_NODE', 'db_name', 'eh3:data');
    await setup.redis.xadd('eh1_children_list', '*', '__EVENT__', 'SURPRISE', 'x', 'y');
    for (const name of ['eh1:data', 'eh1', '', 'eh2:data', 'eh1:string', 'eh1:other']) {
      await setup.publisher.announce(name, 'eh1');
    }
    await setup.redis.set('eh1:string', 'text');
    await setup.redis.hset('eh1:other', { version: 'v2.0', node_type: 'scan' });
    await setup.redis.xadd('eh1:other_end', '*', 'x', 'y');
    await setup.publisher.announce('eh1:data', 'eh1:data');
    await setup.redis.set('eh1:data:2_a', 'text');
    await setup.publisher.announce('eh1:data:2_a');
    await setup.publisher.scan('eh1:data:3_a');
    await setup.redis.multi().del('eh1:data:3_a_info').set('eh1:data:3_a_info', 'text').exec();

    expect(await findSessions(setup.connection.commands)).toEqual(['eh1']);
    const summaries = await listScans(setup.connection, 'eh1', NEVER);
    expect(summaries.map(({ scan }) => scan).sort()).toEqual([SCAN, 'eh1:data:3_a']);
    const none = [];
    for await (const scan of watchScans(setup.connection, 'eh2', { wait: false, signal: NEVER }))
      none.push(scan);
    expect(none).toEqual([]);
  });
});
