import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { beamlineOffset, isoTime } from '../../src/layout/time.js';
import { dateTime, infoOf, type Plain } from '../support/scanInfo.js';

const offset = (local: Plain, timestamp: Plain): number =>
  beamlineOffset(infoOf({ start_time: local, start_timestamp: timestamp }));

/** 2026-11-22T15:38:04Z */
const NOW = Date.UTC(2026, 10, 22, 15, 38, 4) / 1000;

describe("the beamline's zone", () => {
  it.each([
    ['Grenoble', dateTime(2026, 11, 22, 16, 38, 4), 60],
    ['UTC', dateTime(2026, 11, 22, 15, 38, 4), 0],
    ['Kolkata', dateTime(2026, 11, 22, 21, 8, 4), 330],
    ['Kathmandu', dateTime(2026, 11, 22, 21, 23, 4), 345],
    ['St. John’s', dateTime(2026, 11, 22, 12, 8, 4), -210],
    ['Kiritimati', dateTime(2026, 11, 23, 5, 38, 4), 840],
  ])('is found for %s', (_, local, minutes) => {
    expect(offset(local, NOW)).toBe(minutes);
  });

  it('does not mind the moments between the two times', () => {
    expect(offset(dateTime(2026, 11, 22, 16, 38, 9, 500_000), NOW)).toBe(60);
    expect(offset(dateTime(2026, 11, 22, 16, 37, 58), NOW)).toBe(60);
  });

  it.each([
    ['no time', undefined, NOW],
    ['time as text', '2026-11-22 16:38:04', NOW],
    ['no timestamp', dateTime(2026, 11, 22), undefined],
    ['NaN', dateTime(2026, 11, 22), NaN],
    ['infinity', dateTime(2026, 11, 22), Infinity],
    ['an offset no zone has', dateTime(9999, 12, 31), 0],
    ['the year 1', dateTime(1, 1, 1), NOW],
  ])('is UTC when the publisher says %s', (_, local, timestamp) => {
    const info = infoOf({ start_time: local, start_timestamp: timestamp });
    expect(beamlineOffset(info)).toBe(0);
  });
});

describe('isoTime', () => {
  it.each([
    [NOW + 0.718093, 60, '2026-11-22T16:38:04.718093+01:00'],
    [NOW, 330, '2026-11-22T21:08:04.000000+05:30'],
    [NOW, -210, '2026-11-22T12:08:04.000000-03:30'],
    [0, 0, '1970-01-01T00:00:00.000000+00:00'],
    [-0.25, 0, '1969-12-31T23:59:59.750000+00:00'],
    [NOW + 0.9999999, 0, '2026-11-22T15:38:05.000000+00:00'],
    [-62135596800, 0, '0001-01-01T00:00:00.000000+00:00'],
  ])('prints %d in zone %d', (timestamp, minutes, text) => {
    expect(isoTime(timestamp, minutes)).toBe(text);
  });

  it('rounds half a microsecond to even, as Python does', () => {
    // Exact halves in binary: multiples of 2^-7 of a second that end in ...5 tenths of a microsecond.
    expect(isoTime(0.0078125, 0)).toBe('1970-01-01T00:00:00.007812+00:00');
    expect(isoTime(0.0234375, 0)).toBe('1970-01-01T00:00:00.023438+00:00');
  });

  it.each([NaN, Infinity, -Infinity, 1e300, 253402300800, -62135596801])('knows no text for %d', (time) => {
    expect(isoTime(time, 0)).toBeUndefined();
  });

  it('does not depend on the zone of this machine', () => {
    const script = `import { beamlineOffset, isoTime } from ${JSON.stringify(path.resolve('dist/layout/time.js'))};
      const local = { kind: 'datetime', year: 2026, month: 11, day: 22, hour: 16, minute: 38, second: 4, microsecond: 0 };
      const offset = beamlineOffset(new Map([['start_time', local], ['start_timestamp', ${NOW}]]));
      console.log(new Date().getTimezoneOffset(), isoTime(${NOW}, offset));`;
    for (const [zone, minutes] of [
      ['Asia/Tokyo', -540],
      ['America/New_York', 300],
    ] as const) {
      const options = { env: { ...process.env, TZ: zone }, encoding: 'utf8' } as const;
      const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], options);
      const [ofMachine, text] = printed.trim().split(' ');
      // In November; the machine's own zone is really another.
      if (minutes < 0) expect(Number(ofMachine)).toBe(minutes);
      expect(text).toBe('2026-11-22T16:38:04.000000+01:00');
    }
  });
});
