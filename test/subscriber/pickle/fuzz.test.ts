import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CORPUS } from './corpus.js';
import { isDecoded, mutatedPickles } from './mutatedPickles.js';

const pickles = CORPUS.map(({ pickle }) => pickle).filter((pickle) => pickle.length < 2000);

/** The long search is `npm run fuzz:pickle`. */
const RUNS = 10_000;
const SEED = 20210728;

describe('a mutated pickle', () => {
  it('is either refused on purpose or a value that can be used', { timeout: 600_000 }, () => {
    let decoded = 0;
    fc.assert(
      fc.property(mutatedPickles(pickles), (pickle) => {
        if (isDecoded(pickle)) decoded++;
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(decoded).toBeGreaterThan(RUNS / 50);
  });
});
