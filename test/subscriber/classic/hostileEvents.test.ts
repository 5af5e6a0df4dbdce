import { describe, expect, it } from 'vitest';
import { followBeside, SCAN, TIMER } from './besideDamage.js';
import { eventsOf, gapsOf, numbersOf, receivedOf, upTo } from './following.js';
import { EVIL, part, pickle, TRUNCATED } from './pickles.js';
import { eventFields, pointsFields } from './publisher.js';
import { withRedis } from './server.js';
import { hasRedis } from '../../support/testRedis.js';

/** Whatever stands in one place, the scan comes to its end, all other channels are complete and no point is made up. */
describe.skipIf(!hasRedis())('what no publisher would send in a channel', () => {
  const setup = withRedis();

  function withData(pickled: Buffer, points = '1'): (string | Buffer)[] {
    const fields = eventFields(part.none, points);
    return [...fields.slice(0, -1), pickled];
  }

  describe('in the data of an event', () => {
    it.each([
      ['a truncated pickle', withData(TRUNCATED), /cannot be decoded/],
      ['no pickle', withData(Buffer.from('hello')), /cannot be decoded/],
      ['nothing', withData(Buffer.alloc(0)), /cannot be decoded/],
      ['fewer numbers than points', eventFields(part.doubles([0, 1]), '3'), /3 points .* shape \(2\)/],
      ['more numbers than points', eventFields(part.doubles([0, 1, 2, 3]), '3'), /shape \(4\)/],
      ['one number for three points', eventFields(part.double(7), '3'), /shape \(\)/],
      ['three numbers for one point', eventFields(part.doubles([0, 1, 2]), '1'), /1 point .* shape \(3\)/],
      ['None for three points', eventFields(part.none, '3'), /no points/],
    ])('%s is a gap that says so', async (_, fields, cause) => {
      const events = await followBeside(setup, async (scan) => {
        await scan.event('c1', '1-0', ...fields);
        await scan.points('c1', 3, 2);
      });
      expect(numbersOf(events, 'timer:c1')).toEqual([3, 4]);
      expect(eventsOf(events, 'records')).toEqual([]);
      const [gap, ...more] = gapsOf(events);
      expect(gap).toMatchObject({ from: 0, to: 3 });
      expect(gap?.cause).toMatch(cause);
      expect(more).toEqual([]);
    });

    it('an object of a foreign class is never run', async () => {
      const events = await followBeside(setup, (scan) => scan.event('c1', '1-0', ...withData(EVIL)));
      expect(numbersOf(events, 'timer:c1')).toEqual([]);
      expect(receivedOf(events).get(`${TIMER}:c1`)?.total).toBe(1);
    });

    it('a description that cannot be read does not matter', async () => {
      const events = await followBeside(setup, async (scan) => {
        for (const [index, description] of [TRUNCATED, EVIL, pickle(part.none), Buffer.alloc(0)].entries()) {
          const fields = pointsFields(index, 1).map((field, i) => (i === 3 ? description : field));
          await scan.event('c1', `${index + 1}-0`, ...fields);
        }
      });
      expect(numbersOf(events, 'timer:c1')).toEqual(upTo(4));
    });

    it('more than one value of a field: the first counts', async () => {
      const events = await followBeside(setup, (scan) =>
        scan.event('c1', '1-0', ...pointsFields(0, 1), '__NPOINTS__', '5', '__DATA__', EVIL),
      );
      expect(numbersOf(events, 'timer:c1')).toEqual([0]);
    });
  });

  describe('as number of points', () => {
    it.each(['0', '-1', 'x', '', '1.5', '1e3', '1000000000000000000', '999999999999999'])(
      '%j is no number of points',
      async (points) => {
        const events = await followBeside(setup, (scan) =>
          scan.event('c1', '1-0', ...eventFields(part.doubles([1, 2]), points)),
        );
        expect(numbersOf(events, 'timer:c1')).toEqual([]);
        expect(gapsOf(events)).toEqual([expect.objectContaining({ from: 0, to: 1 })]);
      },
    );

    it('a wrong one does not shift the points behind it', async () => {
      const events = await followBeside(setup, async (scan) => {
        await scan.points('c1', 0, 2);
        await scan.event('c1', '3-0', ...eventFields(part.doubles([1, 2]), '1000'));
        await scan.points('c1', 4, 2);
      });
      expect(numbersOf(events, 'timer:c1')).toEqual([0, 1, 4, 5]);
      expect(gapsOf(events)).toEqual([expect.objectContaining({ from: 2, to: 4 })]);
    });
  });

  describe('as id of an event', () => {
    it.each([
      ['5-3', /id 5-3, which is no index/],
      ['9007199254740993-0', /id 9007199254740993-0, which is no index/],
      ['9223372036854775808-0', /id 9223372036854775808-0, which is no index/],
      ['18446744073709551615-0', /id 18446744073709551615-0, which is no index/],
      ['9007199254740991-0', /index 9007199254740990, where no point can be/],
      ['4294967296-0', /index 4294967295, where no point can be/],
    ])('%s has no place: it is named when the channel ends', async (id, cause) => {
      const events = await followBeside(setup, async (scan) => {
        await scan.points('c1', 0, 3);
        await scan.event('c1', id, ...pointsFields(7, 1));
      });
      expect(numbersOf(events, 'timer:c1')).toEqual(upTo(3));
      const [gap, ...more] = gapsOf(events);
      expect(gap).toMatchObject({ name: 'timer:c1', from: 3, to: undefined });
      expect(gap?.cause).toMatch(cause);
      expect(more).toEqual([]);
      expect(receivedOf(events).get(`${TIMER}:c1`)?.total).toBe(3);
    });

    it('one that is no index between others loses nothing', async () => {
      const events = await followBeside(setup, async (scan) => {
        await scan.points('c1', 0, 5);
        await scan.event('c1', '5-3', ...pointsFields(7, 1));
        await scan.points('c1', 5, 5);
      });
      expect(numbersOf(events, 'timer:c1')).toEqual(upTo(10));
      expect(gapsOf(events)).toEqual([]);
    });

    it('points that overlap those before are taken once', async () => {
      const events = await followBeside(setup, async (scan) => {
        await scan.points('c1', 0, 5);
        await scan.points('c1', 3, 5);
        await scan.points('c1', 4, 2);
      });
      expect(numbersOf(events, 'timer:c1')).toEqual(upTo(8));
    });
  });

  describe('as an event', () => {
    it.each([
      ['of unknown type', ['__EVENT__', 'SURPRISE', '__NPOINTS__', '1']],
      ['without type', ['__NPOINTS__', '1', '__DATA__', pickle(part.double(1))]],
      ['without number of points', ['__EVENT__', 'CHANNELDATA', '__DATA__', pickle(part.double(1))]],
      ['without data', ['__EVENT__', 'CHANNELDATA', '__NPOINTS__', '1']],
      ["that is another stream's", ['__EVENT__', 'NEW_NODE', 'db_name', SCAN]],
    ])('one %s is a gap', async (_, fields) => {
      const events = await followBeside(setup, (scan) => scan.event('c1', '1-0', ...fields));
      expect(numbersOf(events, 'timer:c1')).toEqual([]);
      expect(gapsOf(events)).toEqual([expect.objectContaining({ name: 'timer:c1', from: 0, to: 1 })]);
    });
  });
});
