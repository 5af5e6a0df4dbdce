import type { PythonTime } from './python.js';
import { PythonDate, PythonDateTime, PythonObject, PythonTimeZone, type PythonValue } from './python.js';

/**
 * ISO 8601 text as Python's `isoformat` writes it, such as `2021-07-28T08:45:09.000123+02:00`. A zone that is no
 * fixed offset stands in brackets by the name of its class, since what it means is not in the pickle.
 */
export function isoText(value: PythonDate | PythonTime | PythonDateTime): string {
  if (value instanceof PythonDateTime) return `${isoText(value.date)}T${isoText(value.time)}`;
  if (value instanceof PythonDate)
    return `${digits(value.year, 4)}-${digits(value.month)}-${digits(value.day)}`;
  const { hour, minute, second, microsecond, zone } = value;
  const fraction = microsecond === 0 ? '' : `.${digits(microsecond, 6)}`;
  return `${digits(hour)}:${digits(minute)}:${digits(second)}${fraction}${zoneText(zone)}`;
}

function zoneText(zone: PythonValue): string {
  if (zone instanceof PythonTimeZone) return offsetText(zone);
  return zone instanceof PythonObject ? `[${zone.className}]` : '';
}

/** `+02:00`; with seconds only where there are some. */
export function offsetText({ offset }: PythonTimeZone): string {
  const seconds = Math.abs(Math.trunc(offset.totalSeconds));
  const sign = offset.totalSeconds < 0 ? '-' : '+';
  const hoursAndMinutes = `${digits(Math.floor(seconds / 3600))}:${digits(Math.floor(seconds / 60) % 60)}`;
  return `${sign}${hoursAndMinutes}${seconds % 60 === 0 ? '' : `:${digits(seconds % 60)}`}`;
}

function digits(value: number, length = 2): string {
  return String(value).padStart(length, '0');
}
