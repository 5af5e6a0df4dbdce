import type { Redis } from 'ioredis';
import { keys, repliesOf } from '../../subscriber/index.js';
import type { NewCommand } from '../recordedCommand.js';
import { KnownHash, KnownList } from './knownValues.js';
import { RecordedStream, type Counting } from './recordedStream.js';

export type StreamRole = 'children' | 'prepared' | 'data' | 'end';

const SCANS: readonly (string | undefined)[] = ['scan', 'scan_group'];
const CHANNELS: readonly (string | undefined)[] = ['channel', 'lima', 'node_ref_channel'];
/** What a reply with these may take stays small. */
const NODES_A_PIPELINE = 64;

/** A node as Redis holds it at one moment. */
export interface NodeState {
  readonly id: string;
  readonly fields: readonly Buffer[];
  readonly info: readonly Buffer[];
  readonly references: readonly Buffer[];
  /** Its streams that exist. */
  readonly streams: readonly StreamRole[];
  /** Whether END was there after the rest had been read: then the rest may be of after END. */
  readonly hasEnded: boolean;
  /** Of the keys in {@link keysOf}, as PTTL says it. */
  readonly lifetimes: readonly number[];
}

const ROLES: readonly StreamRole[] = ['children', 'prepared', 'data', 'end'];

const KEY_OF_ROLE: Readonly<Record<StreamRole, (node: string) => string>> = {
  children: keys.childrenKey,
  prepared: keys.preparedKey,
  data: keys.dataKey,
  end: keys.endKey,
};

export function streamKey(node: string, role: StreamRole): string {
  return KEY_OF_ROLE[role](node);
}

/** Every key that a node may have (PROTOCOL 3). */
export function keysOf(node: string): string[] {
  return [
    node,
    keys.infoKey(node),
    keys.dataReferenceKey(node),
    ...ROLES.map((role) => streamKey(node, role)),
  ];
}

/** What is asked of a node besides its values. */
export interface Wanted {
  readonly streams: boolean;
  readonly lifetimes: boolean;
}

/** Reads nodes in a few round trips. Those that are gone have nothing of anything. */
export async function* readNodeStates(
  attempt: <T>(read: () => Promise<T>) => Promise<T>,
  redis: Redis,
  ids: readonly string[],
  wanted: Wanted = { streams: true, lifetimes: false },
): AsyncGenerator<NodeState> {
  for (let i = 0; i < ids.length; i += NODES_A_PIPELINE) {
    const some = ids.slice(i, i + NODES_A_PIPELINE);
    yield* await attempt(() => readSome(redis, some, wanted));
  }
}

async function readSome(redis: Redis, ids: readonly string[], wanted: Wanted): Promise<NodeState[]> {
  const pipeline = redis.pipeline();
  for (const id of ids) {
    pipeline.callBuffer('HGETALL', id);
    pipeline.callBuffer('HGETALL', keys.infoKey(id));
    pipeline.lrangeBuffer(keys.dataReferenceKey(id), 0, -1);
    // Behind the values, see `hasEnded`.
    pipeline.xlen(keys.endKey(id));
    if (wanted.streams) for (const role of ROLES) pipeline.type(streamKey(id, role));
    if (wanted.lifetimes) for (const key of keysOf(id)) pipeline.pttl(key);
  }
  const replies = await repliesOf(pipeline);
  const each = replies.length / ids.length;
  return ids.map((id, index) => {
    const [fields, info, references, endLength, ...rest] = replies.slice(each * index, each * (index + 1));
    const types = wanted.streams ? rest.splice(0, ROLES.length) : [];
    return {
      id,
      fields: buffersOf(fields),
      info: buffersOf(info),
      references: buffersOf(references),
      hasEnded: Number(endLength ?? 0) > 0,
      streams: ROLES.filter((_, role) => types[role] === 'stream'),
      lifetimes: rest.map(Number),
    };
  });
}

function buffersOf(reply: unknown): readonly Buffer[] {
  return Array.isArray(reply) ? (reply as Buffer[]) : [];
}

export function isGone({ fields, info, references, streams }: NodeState): boolean {
  return fields.length + info.length + references.length + streams.length === 0;
}

/** The value of a field among fields and values. */
export function valueOf(fields: readonly Buffer[], name: string): Buffer | undefined {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (fields[i]?.toString('latin1') === name) return fields[i + 1];
  }
  return undefined;
}

/** A node that is recorded. */
export class RecordedNode {
  readonly id: string;
  readonly isScan: boolean;
  readonly isCamera: boolean;
  readonly streams: ReadonlyMap<StreamRole, RecordedStream>;
  readonly #fields = new KnownHash();
  readonly #info = new KnownHash();
  readonly #references = new KnownList();

  constructor({ id, fields, streams }: NodeState) {
    this.id = id;
    const type = valueOf(fields, 'node_type')?.toString('latin1');
    // A node's hash may be evicted and its streams be there (PROTOCOL 9.6).
    this.isScan = SCANS.includes(type) || (type === undefined && streams.includes('end'));
    this.isCamera = type === 'lima';
    const needed: StreamRole[] = CHANNELS.includes(type)
      ? ['data']
      : this.isScan
        ? ['children', 'prepared', 'end']
        : ['children'];
    const roles = ROLES.filter((role) => needed.includes(role) || streams.includes(role));
    const counting = (role: StreamRole): Counting =>
      role !== 'data' ? 'time' : type === 'lima' ? 'events' : 'points';
    this.streams = new Map(
      roles.map((role) => [role, new RecordedStream(streamKey(id, role), counting(role))]),
    );
  }

  /** The empty streams of a node that was just found. */
  create({ streams }: NodeState): NewCommand[] {
    return streams.flatMap((role) => this.streams.get(role)?.create() ?? []);
  }

  /**
   * What changed in its hashes and list.
   * @param held fields of its info that are left as they are
   */
  changes(state: NodeState, held?: (field: string) => boolean): NewCommand[] {
    return [
      ...this.#info.changes(keys.infoKey(this.id), state.info, held),
      ...this.#references.changes(keys.dataReferenceKey(this.id), state.references),
      ...this.#fields.changes(this.id, state.fields),
    ];
  }

  /** The keys of the node with their times to live. */
  lifetimes(state: NodeState): (readonly [string, number])[] {
    return keysOf(this.id).map((key, index) => [key, state.lifetimes[index] ?? -2]);
  }
}
