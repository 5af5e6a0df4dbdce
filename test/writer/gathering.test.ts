import { describe, expect, it } from 'vitest';
import { elements } from '../../src/scan/index.js';
import { bytesOf as costOf, Gathering } from '../../src/writer/gathering.js';
import { BufferPool } from '../../src/writer/index.js';
import type { PointBlock } from '../../src/writer/files/index.js';
import { channelOf, chunkOf } from '../support/scanInfo.js';

const POOL = new BufferPool(2 ** 20);
const CHANNEL = channelOf('a');
const MOTOR = channelOf('m');

/** What is in the blocks: dataset, first index, shape, values. */
const contents = (blocks: readonly PointBlock[]): unknown[] =>
  blocks.map(({ dataset, first, points }) =>
    'dtype' in points
      ? [dataset, first, points.dtype, points.shape, elements(points)]
      : [dataset, first, points],
  );

describe('points between two flushes', () => {
  it('that follow each other become one block a channel', () => {
    const gathering = new Gathering();
    gathering.addChunk('/a', chunkOf(CHANNEL, 0, [1, 2]));
    gathering.addChunk('/m', chunkOf(MOTOR, 7, [70]));
    gathering.addChunk('/a', chunkOf(CHANNEL, 2, [3]));
    gathering.addChunk('/m', chunkOf(MOTOR, 8, [80]));
    const { blocks, bytes } = gathering.take(POOL);
    expect(contents(blocks)).toEqual([
      ['/a', 0, 'float64', [3], [1, 2, 3]],
      ['/m', 7, 'float64', [2], [70, 80]],
    ]);
    expect(bytes).toBe(5 * 8);
  });

  it('stay apart at a hole, another type or another shape, in their order', () => {
    const gathering = new Gathering();
    gathering.addChunk('/a', chunkOf(CHANNEL, 0, [1]));
    gathering.addChunk('/a', chunkOf(CHANNEL, 5, [2]));
    gathering.addChunk('/a', chunkOf(CHANNEL, 6, [3], { dtype: 'int32' }));
    gathering.addChunk('/a', chunkOf(CHANNEL, 7, [4, 5], { shape: [2] }));
    gathering.addChunk('/a', chunkOf(CHANNEL, 8, [6, 7, 8], { shape: [3] }));
    gathering.addRecords('/a', { channel: CHANNEL, firstIndex: 9, values: ['x'] });
    gathering.addRecords('/a', { channel: CHANNEL, firstIndex: 10, values: ['y', 'z'] });
    expect(contents(gathering.take(POOL).blocks)).toEqual([
      ['/a', 0, 'float64', [1], [1]],
      ['/a', 5, 'float64', [1], [2]],
      ['/a', 6, 'int32', [1], [3]],
      ['/a', 7, 'float64', [1, 2], [4, 5]],
      ['/a', 8, 'float64', [1, 3], [6, 7, 8]],
      ['/a', 9, ['x', 'y', 'z']],
    ]);
  });

  it('are taken in portions, in their order, each with its bytes', () => {
    const gathering = new Gathering();
    gathering.addChunk('/a', chunkOf(CHANNEL, 0, [1, 2]));
    gathering.addChunk('/a', chunkOf(CHANNEL, 2, [3]));
    gathering.addChunk('/m', chunkOf(MOTOR, 0, [70]));
    gathering.addChunk('/a', chunkOf(CHANNEL, 3, [4, 5, 6]));
    gathering.addDerived('/lengths', chunkOf(CHANNEL, 0, [9]));
    const portions = [];
    while (!gathering.isEmpty) portions.push(gathering.take(POOL, 24));
    expect(portions.map(({ blocks }) => contents(blocks))).toEqual([
      [
        ['/a', 0, 'float64', [3], [1, 2, 3]],
        ['/lengths', 0, 'float64', [1], [9]],
      ],
      [['/a', 3, 'float64', [3], [4, 5, 6]]],
      [['/m', 0, 'float64', [1], [70]]],
    ]);
    expect(portions.map(({ bytes }) => bytes)).toEqual([24, 24, 8]);
    expect(gathering.bytes).toBe(0);
  });

  it('that are larger than a portion are taken all the same', () => {
    const gathering = new Gathering();
    gathering.addChunk('/a', chunkOf(CHANNEL, 0, [1, 2]));
    gathering.addChunk('/a', chunkOf(CHANNEL, 2, [3, 4]));
    expect(contents(gathering.take(POOL, 1).blocks)).toEqual([['/a', 0, 'float64', [2], [1, 2]]]);
    expect(contents(gathering.take(POOL, 1).blocks)).toEqual([['/a', 2, 'float64', [2], [3, 4]]]);
  });

  it('are copies in one buffer that can be given away, each where its elements can begin', () => {
    const reply = new Uint8Array(1000).fill(7);
    const view = { ...chunkOf(CHANNEL, 0, [1]), bytes: reply.subarray(16, 24) };
    const gathering = new Gathering();
    gathering.addChunk('/a', view);
    gathering.addChunk('/m', { ...view, channel: MOTOR });
    const { blocks, buffer } = gathering.take(POOL);
    reply.fill(0);
    const bytes = blocks.map(({ points }) => ('dtype' in points ? points.bytes : undefined));
    expect(bytes).toEqual([new Uint8Array(8).fill(7), new Uint8Array(8).fill(7)]);
    expect(bytes.map((each) => each?.buffer)).toEqual([buffer, buffer]);
    expect(bytes.map((each) => (each?.byteOffset ?? 1) % 16)).toEqual([0, 0]);
  });

  it('are taken once, with the operations before them', () => {
    const gathering = new Gathering();
    expect(gathering.isEmpty).toBe(true);
    gathering.addOperations([{ op: 'group', path: '/g' }]);
    expect(gathering.isEmpty).toBe(false);
    gathering.addChunk('/a', chunkOf(CHANNEL, 0, [1]));
    expect(gathering.take(POOL)).toMatchObject({ operations: [{ op: 'group', path: '/g' }], bytes: 8 });
    expect(gathering.isEmpty).toBe(true);
    expect(gathering.take(POOL)).toMatchObject({ operations: [], blocks: [], bytes: 0 });
  });

  it('cost what they hold', () => {
    expect(costOf(chunkOf(CHANNEL, 0, [1, 2], { dtype: 'int16' }))).toBe(4);
    expect(costOf({ channel: CHANNEL, firstIndex: 0, values: ['abc', ''] })).toBeGreaterThan(6);
  });

  it('of ragged spectra are gathered without going over all of them each time', () => {
    const gathering = new Gathering();
    const count = 50_000;
    for (let n = 0; n < count; n++) {
      gathering.addChunk('/a', chunkOf(CHANNEL, n, n % 2 ? [1] : [1, 2], { shape: [n % 2 ? 1 : 2] }));
    }
    expect(gathering.take(POOL).blocks).toHaveLength(count);
  });
});
