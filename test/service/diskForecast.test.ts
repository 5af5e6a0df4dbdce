import { describe, expect, it } from 'vitest';
import { DiskForecast } from '../../src/service/diskForecast.js';

const GB = 2 ** 30;

describe('a disk', () => {
  it('that keeps its room lasts for ever', () => {
    const forecast = new DiskForecast();
    forecast.add(0, GB);
    expect(forecast.add(10, GB)).toEqual({
      state: { freeBytes: GB, rate: 0, seconds: Infinity },
      isAlarming: false,
    });
    expect(forecast.add(20, 2 * GB).state).toMatchObject({ rate: 0, seconds: Infinity });
  });

  it('is full when its room has shrunk on as in the last minute', () => {
    const forecast = new DiskForecast();
    for (let seconds = 0; seconds <= 100; seconds += 10) {
      // It stood still before.
      const free = GB - 1000 * Math.max(0, seconds - 40);
      const { state } = forecast.add(seconds, free);
      if (seconds === 100) expect(state).toEqual({ freeBytes: free, rate: 1000, seconds: free / 1000 });
    }
  });

  it('is warned of once, and again when it had recovered', () => {
    const forecast = new DiskForecast();
    const alarms: number[] = [];
    const add = (seconds: number, free: number): void => {
      if (forecast.add(seconds, free).isAlarming) alarms.push(seconds);
    };
    for (let seconds = 0; seconds < 100; seconds += 10) add(seconds, 100_000 - 200 * seconds);
    for (let seconds = 100; seconds < 300; seconds += 10) add(seconds, 900_000);
    for (let seconds = 300; seconds < 400; seconds += 10) add(seconds, 900_000 - 2_000 * (seconds - 300));
    expect(alarms).toHaveLength(2);
    expect(alarms[0]).toBe(10);
    expect(alarms[1]).toBeGreaterThan(300);
  });

  it('that is full already is warned of', () => {
    const forecast = new DiskForecast();
    forecast.add(0, 10);
    expect(forecast.add(10, -5)).toMatchObject({ state: { seconds: 0 }, isAlarming: true });
  });
});
