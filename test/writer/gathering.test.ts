import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { elements, type Chunk } from '../../src/scan/index.js';
import { bytesOf as costOf, Gathering } from '../../src/writer/gathering.js';
import { BufferPool } from '../../src/writer/index.js';
import { countOf } from '../../src/writer/files/pointBlock.js';
import type { PointBlock } from '../../src/writer/files/index.js';
import { channelOf, chunkOf } from '../support/scanInfo.js';

const POOL = new BufferPool(2 ** 20);
const CHANNEL = channelOf('a');
/** 1000 points, too many to be joined with others. */
const large = (first: number): Chunk => chunkOf(CHANNEL, first, new Array<number>(1000).fill(first));
const LARGE_BYTES = 8000;
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
    gathering.addChunk('/a', large(0));
    gathering.addChunk('/a', large(1000));
    gathering.addChunk('/m', chunkOf(MOTOR, 0, [70]));
    gathering.addChunk('/a', large(2000));
    gathering.addDerived('/lengths', chunkOf(CHANNEL, 0, [9]));
    const portions = [];
    while (!gathering.isEmpty) portions.push(gathering.take(POOL, 2 * LARGE_BYTES));
    const places = portions.map(({ blocks }) =>
      blocks.map(({ dataset, first, points }) => [dataset, first, countOf(points)]),
    );
    expect(places).toEqual([
      [
        ['/a', 0, 2000],
        ['/lengths', 0, 1],
      ],
      [
        ['/a', 2000, 1000],
        ['/m', 0, 1],
      ],
    ]);
    expect(portions.map(({ bytes }) => bytes)).toEqual([2 * LARGE_BYTES, LARGE_BYTES + 8]);
    expect(gathering.bytes).toBe(0);
  });

  it('that are larger than a portion are taken all the same', () => {
    const gathering = new Gathering();
    gathering.addChunk('/a', large(0));
    gathering.addChunk('/a', large(1000));
    const firsts = [1, 2].map(() => gathering.take(POOL, 1).blocks.map(({ first }) => first));
    expect(firsts).toEqual([[0], [1000]]);
  });

  it('that are small do not keep the replies they came in', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const gathering = new Gathering();
    const replies = Array.from({ length: 10 }, (_, n) => {
      const reply = new Uint8Array(100_000);
      gathering.addChunk('/a', { ...chunkOf(CHANNEL, n, [n]), bytes: reply.subarray(96, 104) });
      return new WeakRef(reply.buffer);
    });
    // A WeakRef holds what it leads to until the end of its turn.
    await setImmediate();
    collect();
    expect(replies.filter((reply) => reply.deref() !== undefined)).toEqual([]);
    expect(countOf(gathering.take(POOL).blocks[0]?.points ?? [])).toBe(10);
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
