import { existsSync, rmSync } from 'node:fs';
import { expect } from 'vitest';
import type { ScanEvent } from '../../../src/scan/index.js';
import { eventOf, follow, gapsOf, numbersOf, receivedOf, upTo } from './following.js';
import { HACKED } from './pickles.js';
import type { HandMade } from './publisher.js';
import type { Setup } from './server.js';

export const SCAN = 'eh1:data:1_loopscan';
export const TIMER = `${SCAN}:timer`;

/**
 * Follows a scan of which c1 has what the test put there, and c2 ten points. Whatever that is, the scan comes to its end,
 * c2 is complete, and nothing was run.
 */
export async function followBeside(
  setup: Setup,
  damage: (scan: HandMade) => Promise<unknown>,
): Promise<ScanEvent[]> {
  const scan = await setup.publisher.scan(SCAN);
  await scan.points('c2', 0, 10);
  await damage(scan);
  await scan.end();
  const [live, afterwards] = await Promise.all([
    follow(setup.connection, SCAN, { wait: true }),
    follow(setup.connection, SCAN),
  ]);
  for (const events of [live, afterwards]) {
    expect(numbersOf(events, 'timer:c2')).toEqual(upTo(10));
    expect(gapsOf(events).filter(({ name }) => name === 'timer:c2')).toEqual([]);
    expect(eventOf(events, 'scanEnded').reason).toBe('SUCCESS');
  }
  expect(receivedOf(afterwards)).toEqual(receivedOf(live));
  expect(existsSync(HACKED)).toBe(false);
  rmSync(HACKED, { force: true });
  return live;
}
