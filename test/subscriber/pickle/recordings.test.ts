import { describe, expect, it } from 'vitest';
import { toInfo, toPointData, toPointType, unpickle } from '../../../src/subscriber/pickle/index.js';
import { availableRecordings } from '../../support/recordings.js';
import { picklesOf } from './recordedPickles.js';

const recordings = availableRecordings();

describe.skipIf(recordings.length === 0)('pickles of a real publisher', () => {
  const pickles = recordings.flatMap((recording) => [...picklesOf(recording)]);

  it('are all decoded', () => {
    expect(pickles.length).toBeGreaterThan(1000);
    for (const { pickle } of pickles) toInfo(unpickle(pickle));
  });

  it('have numbers or text as the data of every event', () => {
    // Channels of dtype object publish whatever they like, such as dicts.
    const events = pickles.filter(
      ({ recording, field }) => field === '__DATA__' && recording !== 'dtype_object',
    );
    expect(events.length).toBeGreaterThan(100);
    expect(events.filter(({ pickle }) => toPointData(unpickle(pickle)) === undefined)).toEqual([]);
  });

  it('have a known element type in every dtype field', () => {
    const types = pickles.filter(({ field }) => field === 'dtype');
    expect(types.length).toBeGreaterThan(10);
    expect(types.filter(({ pickle }) => toPointType(unpickle(pickle)) === undefined)).toEqual([]);
  });
});
