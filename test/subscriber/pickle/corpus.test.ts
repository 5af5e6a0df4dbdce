import { describe, expect, it } from 'vitest';
import { unpickle } from '../../../src/subscriber/pickle/index.js';
import { canonical } from './canonical.js';
import { CORPUS } from './corpus.js';

/** What a pickle calls instead of the class of its object, so that the placeholder has another name. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['array_masked', 'numpy.ma.core._mareconstruct'],
  ['array_masked (numpy 2)', 'numpy.ma.core._mareconstruct'],
  // Python 2 had no FileNotFoundError.
  ['os_error', 'builtins.OSError'],
  // functools.partial of __new__
  ['keyword_arguments', 'unknown'],
]);

describe('pickles of CPython and numpy', () => {
  for (const protocol of [0, 1, 2, 3, 4, 5]) {
    it(`are decoded exactly in protocol ${protocol}`, () => {
      const cases = CORPUS.filter((candidate) => candidate.protocol === protocol);
      expect(cases.length).toBeGreaterThan(400);
      const wrong = cases
        .map(({ name, pickle, expected }) => ({ name, expected, decoded: canonical(unpickle(pickle)) }))
        .filter(({ expected, decoded }) => JSON.stringify(decoded) !== JSON.stringify(expected));
      for (const { name, decoded } of wrong)
        expect([name, decoded]).toEqual([name, { object: OTHER_NAMES.get(name) }]);
    });
  }

  it('have another name than their class in few known cases only', () => {
    const others = CORPUS.filter(
      ({ pickle, expected }) => JSON.stringify(canonical(unpickle(pickle))) !== JSON.stringify(expected),
    );
    expect(others.map(({ name, protocol }) => `${name} ${protocol}`)).toHaveLength(14);
  });
});
