import type { ScanStage, ScanStatus } from './scanStatus.js';

/** A scan as BLISS knows it of its writer: seen, being written, done, or not to be written. FAULT ends the scan. */
export type BlissState = 'INIT' | 'ON' | 'OFF' | 'FAULT';

/**
 * A scan waits for so long before BLISS is told to stop it: a lock of a moment or a server that starts again passes by
 * itself, and Redis keeps the points meanwhile. BLISS asks every 3 s.
 */
export const PATIENCE_MILLISECONDS = 10_000;

const STATES: Readonly<Record<Exclude<ScanStage, 'waiting' | 'refused'>, BlissState>> = {
  found: 'INIT',
  running: 'ON',
  finished: 'OFF',
  abandoned: 'OFF',
  stopped: 'OFF',
  interrupted: 'INIT',
  passed: 'OFF',
};

/** The state that BLISS is told of a scan, and in a sentence why. */
export function blissStateOf(
  { state, why, waitingSince }: Pick<ScanStatus, 'state' | 'why' | 'waitingSince'>,
  now = Date.now(),
): { readonly state: BlissState; readonly reason: string } {
  const reason = why?.message ?? '';
  switch (state) {
    case 'waiting':
      return { state: isPatient(waitingSince, now) ? 'ON' : 'FAULT', reason };
    case 'refused':
      // What is not meant to be saved is no fault.
      return { state: why?.tag === 'unsaved' ? 'OFF' : 'FAULT', reason };
    default:
      return { state: STATES[state], reason };
  }
}

function isPatient(waitingSince: number | undefined, now: number): boolean {
  return waitingSince !== undefined && now - waitingSince < PATIENCE_MILLISECONDS;
}
