import { isInfoDateTime, numberOf, type InfoDateTime, type InfoDict } from '../scan/index.js';

/** Offsets of time zones are multiples of a quarter of an hour, and less than a day. */
const ZONE_STEP_MINUTES = 15;
const DAY_MINUTES = 24 * 60;

/**
 * The beamline's offset from UTC in minutes: the naive local `start_time` minus `start_timestamp` (LAYOUT 1.2),
 * whatever zone this machine is in; 0 when the publisher did not say, or says what no zone can be.
 */
export function beamlineOffset(info: InfoDict): number {
  const local = info.get('start_time');
  const timestamp = numberOf(info.get('start_timestamp'));
  if (!isInfoDateTime(local) || timestamp === undefined) return 0;
  const minutes = Math.round((utcSeconds(local) - timestamp) / 60 / ZONE_STEP_MINUTES) * ZONE_STEP_MINUTES;
  return Math.abs(minutes) < DAY_MINUTES ? minutes : 0;
}

function utcSeconds(time: InfoDateTime): number {
  const { year, month, day, hour, minute, second, microsecond } = time;
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 + microsecond / 1e6;
}

/** ISO 8601 with microseconds and offset, `2026-11-22T16:38:04.718093+01:00`; undefined outside the years 1 to 9999. */
export function isoTime(timestamp: number, offsetMinutes: number): string | undefined {
  let seconds = Math.floor(timestamp);
  // Python's rounding of the fraction (half to even), so that the text equals what BLISS itself prints.
  let microseconds = roundHalfEven((timestamp - seconds) * 1e6);
  if (microseconds === 1_000_000) {
    seconds += 1;
    microseconds = 0;
  }
  const date = new Date((seconds + offsetMinutes * 60) * 1000);
  const year = date.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) return undefined;
  const fraction = String(microseconds).padStart(6, '0');
  return `${date.toISOString().slice(0, 19)}.${fraction}${isoOffset(offsetMinutes)}`;
}

function isoOffset(minutes: number): string {
  const size = Math.abs(minutes);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
