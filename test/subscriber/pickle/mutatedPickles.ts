import fc from 'fast-check';
import {
  toInfo,
  toPointData,
  toPointType,
  unpickle,
  UnpickleError,
} from '../../../src/subscriber/pickle/index.js';

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

const splice = (pickles: readonly Buffer[]): fc.Arbitrary<Mutation> =>
  fc.record({ where: place, other: fc.constantFrom(...pickles), from: place }).map(
    ({ where, other, from }) =>
      (pickle) =>
        Buffer.concat([pickle.subarray(0, at(pickle, where)), other.subarray(at(other, from))]),
  );

/** The given pickles with one to four mistakes in each: bytes changed, inserted, lost, or the rest of another pickle. */
export function mutatedPickles(pickles: readonly Buffer[]): fc.Arbitrary<Buffer> {
  return fc
    .record({
      pickle: fc.constantFrom(...pickles),
      mutations: fc.array(fc.oneof(flip, insert, remove, splice(pickles)), { minLength: 1, maxLength: 4 }),
    })
    .map(({ pickle, mutations }) => mutations.reduce((mutated, mutate) => mutate(mutated), pickle));
}

/**
 * Decodes a pickle and uses the value in every way that the subscriber does.
 * @returns false when it is refused on purpose
 * @throws any exception that nobody thought of, also where it is the cause of an UnpickleError
 */
export function isDecoded(pickle: Uint8Array): boolean {
  try {
    const value = unpickle(pickle);
    toInfo(value);
    toPointData(value);
    toPointType(value);
    return true;
  } catch (error) {
    if (!(error instanceof UnpickleError)) throw error;
    if (error.cause !== undefined) throw error.cause instanceof Error ? error.cause : error;
    return false;
  }
}
