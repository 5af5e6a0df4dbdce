import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { toInfo, toPointData, toPointType, unpickle } from '../../../src/subscriber/pickle/index.js';
import { availableRecordings, recordingFolder } from '../../support/recordings.js';

const PROTO = 0x80;

interface RecordedPickle {
  readonly recording: string;
  /** The name before the value in the command. */
  readonly field: unknown;
  readonly pickle: Buffer;
}

function* picklesOf(recording: string): Generator<RecordedPickle> {
  const file = path.join(recordingFolder(recording), 'commands.jsonl.gz');
  for (const line of gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n')) {
    const { cmd } = JSON.parse(line) as { cmd: (string | { b64: string })[] };
    for (const [index, argument] of cmd.entries()) {
      if (typeof argument === 'string') continue;
      const pickle = Buffer.from(argument.b64, 'base64');
      if (pickle[0] === PROTO) yield { recording, field: cmd[index - 1], pickle };
    }
  }
}

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
