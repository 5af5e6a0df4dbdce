import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { describe, isInfoList } from '../../../src/scan/index.js';
import { toInfo, toPointData, unpickle } from '../../../src/subscriber/pickle/index.js';
import { recordingFolder } from '../../support/recordings.js';
import { slices, type Received } from './following.js';

/** What a recording's publisher sent, read from its commands alone. */
export interface Published {
  /** Channel nodes (also of images) and their full names, in no order. */
  readonly channels: ReadonlyMap<string, string>;
  /** Channel node -> its points by index, in the form of `receivedOf`. */
  readonly points: ReadonlyMap<string, ReadonlyMap<number, string>>;
}

export type Command = readonly (string | Buffer)[];

export function commandsOf(recording: string): Command[] {
  const file = path.join(recordingFolder(recording), 'commands.jsonl.gz');
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const { cmd } = JSON.parse(line) as { cmd: (string | { b64: string })[] };
    return cmd.map((argument) =>
      typeof argument === 'string' ? argument : Buffer.from(argument.b64, 'base64'),
    );
  });
}

export function publishedBy(recording: string): Published {
  const channels = new Map<string, string>();
  const points = new Map<string, Map<number, string>>();
  for (const command of commandsOf(recording)) {
    const [name, key] = command.map(String);
    const field = (wanted: string): Buffer | string | undefined => {
      const index = command.findIndex((argument) => argument === wanted);
      return index < 0 ? undefined : command[index + 1];
    };
    const type = String(field('node_type') ?? '');
    if (name === 'HSET' && ['channel', 'lima', 'node_ref_channel'].includes(type)) {
      channels.set(key ?? '', String(field('name')));
    }
    if (name === 'XADD' && field('__EVENT__') === 'CHANNELDATA') {
      const node = key?.replace(/_data$/, '') ?? '';
      const id = String(command[command.indexOf('__EVENT__') - 1]);
      const first = Number(id.split('-')[0]) - 1;
      const ofChannel = points.get(node) ?? new Map<number, string>();
      points.set(node, ofChannel);
      pointsOf(field('__DATA__'), Number(field('__NPOINTS__'))).forEach((point, index) =>
        ofChannel.set(first + index, point),
      );
    }
  }
  return { channels, points };
}

function pointsOf(pickle: Buffer | string | undefined, count: number): string[] {
  const value = unpickle(pickle as Buffer);
  const data = toPointData(value);
  if (data?.kind === 'texts') return data.values;
  if (data === undefined) {
    const info = toInfo(value);
    return (count === 1 || !isInfoList(info) ? [info] : [...info]).map(describe);
  }
  const { dtype, shape, bytes } = data.array;
  return slices({ count, dtype, shape: count === 1 ? shape : shape.slice(1), bytes });
}

/**
 * Fails unless these channels are all that were published and hold each point in its place.
 * @param mayBeTrimmed whether points can be lost at the front, if it is said
 */
export function expectPublished(
  received: ReadonlyMap<string, Received>,
  published: Published,
  { mayBeTrimmed = false } = {},
): void {
  expect([...received.keys()].sort()).toEqual([...published.channels.keys()].sort());
  for (const [id, channel] of received) {
    expect(channel.name).toBe(published.channels.get(id));
    if (!mayBeTrimmed) expect(channel.lost, id).toEqual([]);
    const all = published.points.get(id);
    if (all === undefined) continue;
    const expected = [...all].filter(([index]) => !channel.lost.some(({ to = 0 }) => index < to));
    expect(channel.points.size, id).toBe(expected.length);
    expect(expected.filter(([index, point]) => channel.points.get(index) !== point)).toEqual([]);
    expect(channel.total, id).toBe(Math.max(...all.keys()) + 1);
  }
}
