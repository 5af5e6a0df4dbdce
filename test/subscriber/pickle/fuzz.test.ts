import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  toInfo,
  toPointData,
  toPointType,
  unpickle,
  UnpickleError,
} from '../../../src/subscriber/pickle/index.js';
import { CORPUS } from './corpus.js';

const pickles = CORPUS.map(({ pickle }) => pickle).filter((pickle) => pickle.length < 2000);

type Mutation = (pickle: Buffer) => Buffer;

/** A place in a pickle of any length. */
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = (pickle: Buffer, where: number): number => Math.floor(where * pickle.length);
const byte = fc.nat(255);

const flip: fc.Arbitrary<Mutation> = fc
  .record({ where: place, value: byte })
  .map(({ where, value }) => (pickle) => {
    const mutated = Buffer.from(pickle);
    mutated[at(pickle, where)] = value;
    return mutated;
  });

const insert: fc.Arbitrary<Mutation> = fc
  .record({ where: place, values: fc.uint8Array({ minLength: 1, maxLength: 4 }) })
  .map(({ where, values }) => (pickle) => {
    const index = at(pickle, where);
    return Buffer.concat([pickle.subarray(0, index), values, pickle.subarray(index)]);
  });

const remove: fc.Arbitrary<Mutation> = fc
  .record({ where: place, length: fc.integer({ min: 1, max: 8 }) })
  .map(({ where, length }) => (pickle) => {
    const index = at(pickle, where);
    return Buffer.concat([pickle.subarray(0, index), pickle.subarray(index + length)]);
  });

const splice: fc.Arbitrary<Mutation> = fc
  .record({ where: place, other: fc.constantFrom(...pickles), from: place })
  .map(
    ({ where, other, from }) =>
      (pickle) =>
        Buffer.concat([pickle.subarray(0, at(pickle, where)), other.subarray(at(other, from))]),
  );

const mutatedPickle = fc
  .record({
    pickle: fc.constantFrom(...pickles),
    mutations: fc.array(fc.oneof(flip, insert, remove, splice), { minLength: 1, maxLength: 4 }),
  })
  .map(({ pickle, mutations }) => mutations.reduce((mutated, mutate) => mutate(mutated), pickle));

/** Runs, and so the seconds, can be given for a longer search. */
const RUNS = Number(process.env['PICKLE_FUZZ_RUNS'] ?? 10_000);
const SEED = Number(process.env['PICKLE_FUZZ_SEED'] ?? 20210728);

describe('a mutated pickle', () => {
  it('is either refused on purpose or a value that can be used', { timeout: 600_000 }, () => {
    let decoded = 0;
    fc.assert(
      fc.property(mutatedPickle, (pickle) => {
        try {
          const value = unpickle(pickle);
          toInfo(value);
          toPointData(value);
          toPointType(value);
          decoded++;
        } catch (error) {
          if (!(error instanceof UnpickleError)) throw error;
          // A cause would be an exception that nobody thought of.
          expect(error.cause).toBeUndefined();
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(decoded).toBeGreaterThan(RUNS / 50);
  });
});
