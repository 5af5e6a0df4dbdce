import type { TimeUnit } from './numpyDtype.js';

/** numpy's "not a time". */
const NOT_A_TIME = -(2n ** 63n);

/** Units of a whole number of seconds. */
const SECONDS: ReadonlyMap<string, bigint> = new Map([
  ['W', 604_800n],
  ['D', 86_400n],
  ['h', 3_600n],
  ['m', 60n],
  ['s', 1n],
]);

/** Decimal digits of the second that a unit resolves. */
const DIGITS: ReadonlyMap<string, number> = new Map([
  ['ms', 3],
  ['us', 6],
  ['ns', 9],
  ['ps', 12],
  ['fs', 15],
  ['as', 18],
]);

/** How much of `2021-07-28T08:45:09` a unit resolves, as numpy prints it. */
const TEXT_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['W', 10],
  ['D', 10],
  ['h', 13],
  ['m', 16],
]);

/** ISO 8601 text as numpy prints a datetime64, such as `2021-07-28T08:45:09.123`; the integer when it has no unit. */
export function datetime64Text(value: bigint, { name, count }: TimeUnit): string {
  if (value === NOT_A_TIME) return 'NaT';
  const units = value * BigInt(count);
  if (name === 'generic') return String(units);
  if (name === 'Y') return yearText(1970n + units);
  if (name === 'M')
    return `${yearText(1970n + floorDivide(units, 12n))}-${twoDigits(modulo(units, 12n) + 1n)}`;

  const digits = DIGITS.get(name) ?? 0;
  const perSecond = 10n ** BigInt(digits);
  const seconds = digits > 0 ? floorDivide(units, perSecond) : units * (SECONDS.get(name) ?? 1n);
  const inDay = modulo(seconds, 86_400n);
  const time = [inDay / 3600n, (inDay / 60n) % 60n, inDay % 60n].map(twoDigits).join(':');
  const date = dateText(floorDivide(seconds, 86_400n));
  if (digits > 0) return `${date}T${time}.${String(modulo(units, perSecond)).padStart(digits, '0')}`;
  const hidden = '2021-07-28T08:45:09'.length - (TEXT_LENGTHS.get(name) ?? 19);
  return `${date}T${time}`.slice(0, -hidden || undefined);
}

/** The integer and its unit, such as `5 ns`. */
export function timedelta64Text(value: bigint, { name, count }: TimeUnit): string {
  if (value === NOT_A_TIME) return 'NaT';
  const units = value * BigInt(count);
  return name === 'generic' ? String(units) : `${String(units)} ${name}`;
}

/**
 * Date of a day since 1970-01-01 in the proleptic Gregorian calendar: years begin in March, so that the leap day
 * comes last, and 400 of them have 146,097 days (H. Hinnant, "chrono-compatible low-level date algorithms").
 */
function dateText(day: bigint): string {
  const sinceMarch0 = day + 719_468n;
  const era = floorDivide(sinceMarch0, 146_097n);
  const dayOfEra = modulo(sinceMarch0, 146_097n);
  const yearOfEra = (dayOfEra - dayOfEra / 1460n + dayOfEra / 36_524n - dayOfEra / 146_096n) / 365n;
  const dayOfYear = dayOfEra - (365n * yearOfEra + yearOfEra / 4n - yearOfEra / 100n);
  const monthFromMarch = (5n * dayOfYear + 2n) / 153n;
  const dayOfMonth = dayOfYear - (153n * monthFromMarch + 2n) / 5n + 1n;
  const month = monthFromMarch < 10n ? monthFromMarch + 3n : monthFromMarch - 9n;
  const year = yearOfEra + era * 400n + (month <= 2n ? 1n : 0n);
  return `${yearText(year)}-${twoDigits(month)}-${twoDigits(dayOfMonth)}`;
}

/** Four characters at least, the sign among them. */
function yearText(year: bigint): string {
  return year < 0n ? `-${String(-year).padStart(3, '0')}` : String(year).padStart(4, '0');
}

function twoDigits(value: bigint): string {
  return String(value).padStart(2, '0');
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  return (dividend - modulo(dividend, divisor)) / divisor;
}

/** Never negative. */
function modulo(dividend: bigint, divisor: bigint): bigint {
  return ((dividend % divisor) + divisor) % divisor;
}
