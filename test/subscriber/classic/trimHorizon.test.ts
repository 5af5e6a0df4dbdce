import { describe, expect, it } from 'vitest';
import { TrimHorizon } from '../../../src/subscriber/classic/trimHorizon.js';

const AT_BLISS = 2048;

/** A stream of events of one point each after so many points, trimmed to `length`. */
function after(points: number, seconds: number, length = AT_BLISS) {
  const kept = Math.min(points, length);
  return { time: seconds * 1000, first: points - kept + 1, last: points, length: kept };
}

describe('the distance to the trim horizon', () => {
  it('is what was read and is still there, in events, and in seconds by the rate of trimming', () => {
    const horizon = new TrimHorizon();
    horizon.distance(after(10_000, 0), 9_000);
    expect(horizon.distance(after(10_030, 3), 9_000)).toEqual({
      behind: 1_030,
      entries: 9_000 - (10_030 - 2048),
      length: 2048,
      seconds: (9_000 - (10_030 - 2048)) / 10,
      isAtRisk: false,
    });
  });

  it('counts events, not points, of events of several points', () => {
    const horizon = new TrimHorizon();
    const blocks = (first: number, seconds: number) => ({
      time: seconds * 1000,
      first: first * 100 + 1,
      last: (first + 1999) * 100 + 1,
      length: 2000,
    });
    horizon.distance(blocks(0, 0), 100_001);
    expect(horizon.distance(blocks(10, 1), 100_001)).toMatchObject({ entries: 991, seconds: 99.1 });
  });

  it('has no end while nothing is trimmed, however near it is', () => {
    const horizon = new TrimHorizon();
    horizon.distance(after(1000, 0), 0);
    expect(horizon.distance(after(2000, 3), 0)).toEqual({
      behind: 2000,
      entries: 0,
      length: 2000,
      seconds: undefined,
      isAtRisk: false,
    });
  });

  it('is 0 when points are being lost', () => {
    const horizon = new TrimHorizon();
    horizon.distance(after(3000, 0), 500);
    expect(horizon.distance(after(3010, 3), 500)).toMatchObject({ entries: 0, seconds: 0, isAtRisk: true });
    const gone = { time: 4000, first: 3021, last: 3020, length: 0 };
    expect(horizon.distance(gone, 3020)).toMatchObject({ entries: 0, isAtRisk: true });
  });

  it.each([
    ['59 seconds', 10, 590, true],
    ['61 seconds', 10, 610, false],
    ['a tenth of the events, for longer', 1, 204, true],
    ['more than a tenth of them', 1, 206, false],
  ])('is a risk by time or by share: %s left', (_, rate, entries, isAtRisk) => {
    const horizon = new TrimHorizon();
    const position = 10_000;
    const published = position - entries + AT_BLISS;
    horizon.distance(after(published - 10 * rate, 0), position);
    expect(horizon.distance(after(published, 10), position)).toMatchObject({ entries, isAtRisk });
  });

  it('is a risk until it is clearly greater, and none when trimming has stopped for a minute', () => {
    const horizon = new TrimHorizon();
    const look = (seconds: number, left: number) => {
      const published = 10_000 + 10 * seconds;
      return horizon.distance(after(published, seconds), published - AT_BLISS + left).isAtRisk;
    };
    expect([look(0, 590), look(10, 590), look(20, 610), look(30, 910)]).toEqual([false, true, true, false]);
    expect(look(40, 610)).toBe(false);
    expect(look(50, 100)).toBe(true);
    expect(horizon.distance(after(10_500, 120), 10_500 - AT_BLISS + 100).isAtRisk).toBe(false);
  });
});
