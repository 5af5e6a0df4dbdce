import { describe, expect, it } from 'vitest';
import type { NumericArray } from '../../../src/scan/index.js';
import { RepeatedPickle } from '../../../src/subscriber/classic/repeatedPickle.js';
import { toPointData, unpickle } from '../../../src/subscriber/pickle/index.js';
import { recordingFolder } from '../../support/recordings.js';
import { readRecording, recordingFile } from '../../../src/recording/readRecording.js';

/** Pickles of the points of a recording, by the key of their stream. */
async function recordedPickles(name: string): Promise<Map<string, Buffer[]>> {
  const pickles = new Map<string, Buffer[]>();
  for await (const { name: command, args } of readRecording(await recordingFile(recordingFolder(name)))) {
    const place = args.findIndex((argument) => argument.toString() === '__DATA__');
    const value = args[place + 1];
    if (command !== 'XADD' || place < 0 || value === undefined) continue;
    const key = String(args[0]);
    const copy = Buffer.from(value as Uint8Array);
    pickles.set(key, [...(pickles.get(key) ?? []), copy]);
  }
  return pickles;
}

function numbersOf(pickle: Buffer): NumericArray | undefined {
  const data = toPointData(unpickle(pickle));
  return data?.kind === 'numbers' ? data.array : undefined;
}

describe('a pickle that differs from one before in its numbers only', () => {
  it.each(['ascan', 'mca', 'loopscan_protocol4', 'dtypes_plain', 'amesh'])(
    'gives what decoding gives, in %s',
    async (name) => {
      let known = 0;
      for (const pickles of (await recordedPickles(name)).values()) {
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

  it('is not known when any other byte differs, or its length', async () => {
    const pickles = [...(await recordedPickles('ascan')).values()].flat();
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
