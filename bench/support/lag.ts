import path from 'node:path';
import type { Beamline, MadeScan } from './beamline.js';

/** What bench/readers/lag.py says; times in seconds. */
export interface Lag {
  readonly p50: number;
  readonly p99: number;
  readonly looks: number;
  readonly failed: number;
  readonly lags: readonly number[];
}

/** A reader of the scan's file. @returns what ends it and says what it saw */
export async function watchLag(
  beamline: Beamline,
  { number, folder = 'faults' }: MadeScan,
  pollSeconds: number,
  skipPoints: number,
): Promise<() => Promise<Lag>> {
  const file = path.join(beamline.files, folder, `data_scan${String(number).padStart(4, '0')}.h5`);
  const dataset = `${number}.1/measurement/epoch`;
  const reader = beamline.start('readers/lag.py', [file, dataset, String(pollSeconds), String(skipPoints)]);
  await reader.waitFor(/looking/);
  return async () => {
    await reader.end();
    return JSON.parse(await reader.waitFor(/^\{/)) as Lag;
  };
}
