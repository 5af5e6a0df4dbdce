import type { Redis } from 'ioredis';
import { EMPTY_INFO, type InfoDict, type InfoValue, messageOf, nodeName } from '../../scan/index.js';
import { toInfo, toPointType, unpickle } from '../pickle/index.js';
import { repliesOf } from '../redis/index.js';
import { childrenKey, endKey, infoKey, preparedKey } from './keys.js';

/** Node types of BLISS 1.x; `device` is published as the text `None`. Unknown types are plain containers (PROTOCOL 2). */
export type NodeType =
  'container' | 'scan' | 'scan_group' | 'device' | 'channel' | 'lima' | 'node_ref_channel';

export interface Node {
  /** The node's `db_name`. */
  readonly id: string;
  readonly name: string;
  readonly type: NodeType;
}

const TYPES: ReadonlyMap<string, NodeType> = new Map<string, NodeType>([
  ['scan', 'scan'],
  ['scan_group', 'scan_group'],
  ['None', 'device'],
  ['channel', 'channel'],
  ['lima', 'lima'],
  ['node_ref_channel', 'node_ref_channel'],
]);

export function isScan(node: Node): boolean {
  return node.type === 'scan' || node.type === 'scan_group';
}

/** Reads node hashes; undefined where a node is gone or not of format version 1 (PROTOCOL 3.1). */
export async function readNodes(redis: Redis, ids: readonly string[]): Promise<(Node | undefined)[]> {
  if (ids.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const id of ids) pipeline.hmget(id, 'version', 'node_type', 'name');
  const replies = await repliesOf(pipeline);
  return ids.map((id, index) => nodeOf(id, replies[index]));
}

function nodeOf(id: string, reply: unknown): Node | undefined {
  const [version, type, name] = (Array.isArray(reply) ? reply : []) as (string | null)[];
  if (!version?.startsWith('v1.')) return undefined;
  return { id, name: name ?? nodeName(id), type: TYPES.get(type ?? '') ?? 'container' };
}

export async function readNode(redis: Redis, id: string): Promise<Node | undefined> {
  return (await readNodes(redis, [id]))[0];
}

/**
 * What nodes above a scan were whose hash was evicted while their streams are still there (PROTOCOL 9.6): only scans
 * have streams `_end` and `_prepared`. Undefined where nothing is left, or what is there is of another format version.
 */
export async function nodesByStreams(redis: Redis, ids: readonly string[]): Promise<(Node | undefined)[]> {
  if (ids.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const id of ids) {
    pipeline.type(id).type(endKey(id)).type(preparedKey(id)).type(childrenKey(id));
  }
  const replies = await repliesOf(pipeline);
  return ids.map((id, index) => {
    const [own, end, prepared, children] = replies.slice(4 * index);
    if (own === 'hash') return undefined;
    const name = nodeName(id);
    if (end === 'stream' || prepared === 'stream') return { id, name, type: 'scan' };
    return children === 'stream' ? { id, name, type: 'container' } : undefined;
  });
}

/** Reads `_info` hashes: every value one pickle (PROTOCOL 3.2). Empty where there is none. */
export async function readInfos(redis: Redis, ids: readonly string[]): Promise<InfoDict[]> {
  if (ids.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const id of ids) pipeline.callBuffer('HGETALL', infoKey(id));
  return (await repliesOf(pipeline)).map((reply) =>
    Array.isArray(reply) ? infoOf(reply as Buffer[]) : EMPTY_INFO,
  );
}

export async function readInfo(redis: Redis, id: string): Promise<InfoDict> {
  return (await readInfos(redis, [id]))[0] ?? EMPTY_INFO;
}

function infoOf(fields: readonly Buffer[]): InfoDict {
  const info = new Map<string, InfoValue>();
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [name, value] = [fields[i], fields[i + 1]];
    if (name && value) info.set(name.toString('utf8'), decodeField(name.toString('utf8'), value));
  }
  return info;
}

/** An element type is published as a class, a numpy dtype or a name: it is kept as the name (PROTOCOL 3.2). */
function decodeField(name: string, pickle: Uint8Array): InfoValue {
  if (name !== 'dtype') return decodeInfo(pickle);
  try {
    return toPointType(unpickle(pickle)) ?? decodeInfo(pickle);
  } catch {
    return decodeInfo(pickle);
  }
}

/** One field that cannot be decoded must not cost the others: it is kept as an opaque value that says why. */
export function decodeInfo(pickle: Uint8Array): InfoValue {
  try {
    return toInfo(unpickle(pickle));
  } catch (error) {
    return { kind: 'opaque', className: 'undecodable', content: messageOf(error) };
  }
}

/** `node_type` as published, also the types that are plain containers to a reader of scans. */
export async function readNodeTypes(redis: Redis, ids: readonly string[]): Promise<(string | undefined)[]> {
  const pipeline = redis.pipeline();
  for (const id of ids) pipeline.hget(id, 'node_type');
  const types = await repliesOf(pipeline);
  return types.map((type) => (typeof type === 'string' ? type : undefined));
}
