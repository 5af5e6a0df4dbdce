import { describe, expect, it } from 'vitest';
import type { NumericArray } from '../../../src/scan/index.js';
import { RepeatedPickle } from '../../../src/subscriber/classic/repeatedPickle.js';
import { toPointData, unpickle } from '../../../src/subscriber/pickle/index.js';
import { picklesOf } from '../pickle/recordedPickles.js';

/** Pickles of the points of a recording, by the key of their stream. */
function pointPickles(recording: string): Map<unknown, Buffer[]> {
  const points = [...picklesOf(recording)].filter(({ field }) => field === '__DATA__');
  return new Map(
    points.map(({ key }) => [key, points.filter((other) => other.key === key).map(({ pickle }) => pickle)]),
  );
}

function numbersOf(pickle: Buffer): NumericArray | undefined {
  const data = toPointData(unpickle(pickle));
  return data?.kind === 'numbers' ? data.array : undefined;
}

describe('a pickle that differs from one before in its numbers only', () => {
  it.each(['ascan', 'mca', 'loopscan_protocol4', 'dtypes_plain', 'amesh'])(
    'gives what decoding gives, in %s',
    (name) => {
      let known = 0;
      for (const pickles of pointPickles(name).values()) {
        const repeated = new RepeatedPickle();
        for (const pickle of pickles) {
          const expected = numbersOf(pickle);
          const found = repeated.numbersIn(pickle);
          if (found !== undefined) {
            known++;
            expect(expected).toMatchObject({ dtype: found.dtype, shape: found.shape });
            expect(Buffer.compare(found.bytes, expected?.bytes ?? new Uint8Array())).toBe(0);
          } else if (expected !== undefined) repeated.learn(pickle, expected);
        }
      }
      expect(known).toBeGreaterThan(10);
    },
  );

  it('is not known when any other byte differs, or its length', () => {
    const pickles = [...pointPickles('ascan').values()].flat();
    const pickle = pickles.find((candidate) => numbersOf(candidate)?.bytes.length === 8) ?? Buffer.alloc(0);
    const numbers = numbersOf(pickle);
    if (numbers === undefined) throw new Error('the recording has no numbers');
    const repeated = new RepeatedPickle();
    repeated.learn(pickle, numbers);
    const from = numbers.bytes.byteOffset - pickle.byteOffset;
    for (let place = 0; place < pickle.length; place++) {
      const changed = Buffer.from(pickle);
      changed[place] = (changed[place] ?? 0) ^ 1;
      const isNumber = place >= from && place < from + 8;
      expect(repeated.numbersIn(changed) !== undefined, String(place)).toBe(isNumber);
    }
    expect(repeated.numbersIn(pickle.subarray(1))).toBeUndefined();
    expect(repeated.numbersIn(Buffer.concat([pickle, pickle]))).toBeUndefined();
  });

  it('is not remembered when its numbers do not stand in it as they are', () => {
    const repeated = new RepeatedPickle();
    const pickle = Buffer.alloc(20);
    repeated.learn(pickle, { dtype: 'float64', shape: [], bytes: new Uint8Array(8) });
    expect(repeated.numbersIn(pickle)).toBeUndefined();
  });
});
