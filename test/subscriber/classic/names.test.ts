import { describe, expect, it } from 'vitest';
import { watchScans } from '../../../src/subscriber/index.js';
import { eventOf, eventsOf, follow, NEVER, numbersOf, receivedOf } from './following.js';
import { part } from './pickles.js';
import { hasRedis } from '../../support/testRedis.js';
import { withRedis } from './server.js';

describe.skipIf(!hasRedis())('names', () => {
  const setup = withRedis();

  async function scansOf(session: string): Promise<string[]> {
    const names = [];
    for await (const { dbName } of watchScans(setup.connection, session, { wait: false, signal: NEVER })) {
      names.push(dbName);
    }
    return names;
  }

  it.each([
    ['a directory that ends in _prepared', 'eh1:x_prepared:1_loopscan'],
    ['a directory that ends in _data', 'eh1:y_data:1_loopscan'],
    ['a directory that ends in _end', 'eh1:z_end:1_loopscan'],
    ['a directory that ends in _children_list', 'eh1:a_children_list:1_loopscan'],
    ['a scan that ends in _end', 'eh1:data:1_z_end'],
    ['a scan that ends in _info', 'eh1:data:1_z_info'],
    ['spaces', 'eh1:my data:1_my sequence'],
    ['UTF-8', 'eh1:Größe:1_试样 µ'],
    ['patterns of Redis', 'eh[1]*:d?ta:1_*'],
    ['names of JavaScript', '__proto__:constructor:1_toString'],
  ])('may have %s', async (_, dbName) => {
    const scan = await setup.publisher.scan(dbName, {
      channels: ['timer:my c1', 'timer:试样', 'x_data', '__proto__'],
    });
    await scan.points('my c1', 0, 2);
    await scan.points('试样', 0, 3);
    await scan.points('x_data', 0, 4);
    await scan.points('__proto__', 0, 5);
    await scan.end();

    expect(await scansOf(dbName.split(':')[0] ?? '')).toEqual([dbName]);
    for (const wait of [true, false]) {
      const events = await follow(setup.connection, dbName, { wait });
      receivedOf(events);
      const counts = ['timer:my c1', 'timer:试样', 'x_data', '__proto__'].map(
        (name) => numbersOf(events, name).length,
      );
      expect(counts).toEqual([2, 3, 4, 5]);
      expect(eventOf(events, 'scanEnded').reason).toBe('SUCCESS');
    }
  });

  it('of one scan and of another that begins with it are kept apart', async () => {
    const short = await setup.publisher.scan('eh1:data:1_a');
    const long = await setup.publisher.scan('eh1:data:1_ab');
    await short.points('c1', 0, 2);
    await long.points('c1', 0, 3);
    await long.end();
    expect(await scansOf('eh1')).toEqual(['eh1:data:1_a', 'eh1:data:1_ab']);
    expect((await follow(setup.connection, 'eh1:data:1_a')).at(-1)?.type).toBe('scanAbandoned');
    expect((await follow(setup.connection, 'eh1:data:1_ab')).at(-1)?.type).toBe('scanEnded');
  });

  it('of channels are full names while their nodes are not', async () => {
    await setup.publisher.scan('eh1:data:1_a', { channels: ['axis:robx', 'simu1:deadtime_det0'] });
    const channels = eventsOf(await follow(setup.connection, 'eh1:data:1_a'), 'channelAdded').map(
      ({ channel }) => channel,
    );
    expect(channels.map(({ name, id }) => [name, id])).toEqual([
      ['axis:robx', 'eh1:data:1_a:timer:robx'],
      ['simu1:deadtime_det0', 'eh1:data:1_a:timer:deadtime_det0'],
    ]);
    expect(channels.map(({ devices }) => devices)).toEqual([['timer'], ['timer']]);
  });

  it('announced twice give each channel once', async () => {
    const scan = await setup.publisher.scan('eh1:data:1_a');
    await scan.publisher.announce('eh1:data:1_a:timer');
    await scan.publisher.announce(scan.channel('c1'));
    await scan.publisher.announce('eh1:data:1_a:timer');
    await scan.points('c1', 0, 3);
    const events = await follow(setup.connection, 'eh1:data:1_a');
    expect(receivedOf(events).size).toBe(2);
    expect(numbersOf(events, 'timer:c1')).toEqual([0, 1, 2]);
  });

  it('may have bytes that are no text: the other channels are complete', async () => {
    const scan = await setup.publisher.scan('eh1:data:1_a');
    const stray = Buffer.from('eh1:data:1_a:timer:\xff\xfe', 'latin1');
    await setup.redis.hset(stray, { version: 'v1.1', node_type: 'channel', name: 'stray' });
    await setup.redis.xadd(
      'eh1:data:1_a:timer_children_list',
      '*',
      '__EVENT__',
      'NEW_NODE',
      'db_name',
      stray,
    );
    await setup.redis.hset('eh1:data:1_a_info', stray, stray);
    await setup.publisher.info(scan.channel('c1'), { unit: part.text('\udcff') });
    await scan.points('c1', 0, 3);
    await scan.end();
    const events = await follow(setup.connection, 'eh1:data:1_a', { wait: true });
    expect(numbersOf(events, 'timer:c1')).toEqual([0, 1, 2]);
    expect(eventOf(events, 'scanEnded').reason).toBe('SUCCESS');
  });
});
