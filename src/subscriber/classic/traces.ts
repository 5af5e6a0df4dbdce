import type { Redis } from 'ioredis';
import { isInfoDict, nodeName, type InfoDict } from '../../scan/index.js';
import { fieldOf, repliesOf, streamEntriesOf, type StreamEntry } from '../redis/index.js';
import { childrenKey, dataKey, dataReferenceKey, infoKey } from './keys.js';
import { decodeInfo, type Node, type NodeType } from './nodes.js';

/** A node that was announced, or should have been, and has no hash any more. */
export interface Vanished {
  readonly id: string;
  /** What scan_info says of it. */
  readonly expected: Node | undefined;
}

/**
 * What a node below a scan was whose hash is gone, by the keys that are left of it: Redis evicts keys one by one
 * (PROTOCOL 9.6), and the data may still be there.
 */
export async function nodesByTraces(redis: Redis, vanished: readonly Vanished[]): Promise<Node[]> {
  if (vanished.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const { id } of vanished) {
    pipeline
      .exists(childrenKey(id))
      .exists(dataKey(id))
      .exists(dataReferenceKey(id))
      .hexists(infoKey(id), 'fullname')
      .xrevrangeBuffer(dataKey(id), '+', '-', 'COUNT', 1);
  }
  const replies = await repliesOf(pipeline);
  return vanished.map(({ id, expected }, index) => {
    const [children, data, reference, fullName, entries] = replies.slice(5 * index);
    const name = expected?.name ?? nodeName(id);
    const isChannel = data === 1 || reference === 1 || fullName === 1;
    if (children === 1 || (!isChannel && expected?.type !== 'channel')) return { id, name, type: 'device' };
    if (reference === 1) return { id, name, type: 'lima' };
    return { id, name, type: channelType(streamEntriesOf(entries)[0]) };
  });
}

/** The kind of channel that publishes such an event (PROTOCOL 5). */
function channelType(entry: StreamEntry | undefined): NodeType {
  if (entry === undefined) return 'channel';
  if (fieldOf(entry, '__EVENT__')?.toString('latin1') === 'LIMAIMAGESTATUS') return 'lima';
  return descriptionOf(entry)?.get('reference') === true ? 'node_ref_channel' : 'channel';
}

function descriptionOf(entry: StreamEntry): InfoDict | undefined {
  const pickle = fieldOf(entry, '__DESC__');
  const description = pickle === undefined ? undefined : decodeInfo(pickle);
  return isInfoDict(description) ? description : undefined;
}
