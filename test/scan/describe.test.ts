import { expect, it } from 'vitest';
import { describe as text } from '../../src/scan/describe.js';
import { dateTime, infoOf, type Plain } from '../support/scanInfo.js';

it.each<[Plain, string]>([
  [null, 'None'],
  ['as it is', 'as it is'],
  [true, 'True'],
  [7n, '7'],
  [2, '2.0'],
  [-0, '-0.0'],
  [1e-7, '1e-07'],
  [1.5e300, '1.5e+300'],
  [NaN, 'nan'],
  [-Infinity, '-inf'],
  [['a', 1n, [2]], "['a', 1, [2.0]]"],
  [["it's", 'a "b"\n'], '["it\'s", \'a "b"\\n\']'],
  [{ key: 'value' }, "{'key': 'value'}"],
  [dateTime(2026, 1, 2, 3, 4, 5), '2026-01-02T03:04:05.000000'],
])('%s is the text %s, as Python writes it', (value, expected) => {
  const { value: converted } = Object.fromEntries(infoOf({ value }));
  expect(text(converted ?? null)).toBe(expected);
});
