import type { Redis } from 'ioredis';
import { numberOf } from '../../scan/index.js';
import { fieldOf, repliesOf, StreamSet, type RedisConnection, type StreamEntries } from '../redis/index.js';
import { childrenKey, endKey, infoKey, isBelow } from './keys.js';
import { decodeInfo, isScan, nodesByStreams, readNodes, type Node } from './nodes.js';

/** A scan of a session as it was found in the tree. */
export interface FoundScan {
  readonly dbName: string;
  /** Seconds since the epoch; NaN when it is not known. */
  readonly startTimestamp: number;
  readonly isGroup: boolean;
  /** Whether END was published already. */
  readonly hasEnded: boolean;
  /** Whether it was there when watching began. */
  readonly isOld: boolean;
}

export interface WatchOptions {
  /** `false`: only what is there now. */
  readonly wait: boolean;
  readonly signal: AbortSignal;
  /** All that was there when watching began has been reported. */
  readonly onAllFound?: () => void;
}

/**
 * The scans of a session, first those that are there, in the order of their creation in each directory, then new ones
 * as they are announced (PROTOCOL 8). Never goes below a scan. A name that is announced again is reported again only
 * if it is another scan. Waits for a session that does not exist yet. Ends silently when aborted.
 */
export async function* watchScans(
  connection: RedisConnection,
  session: string,
  options: WatchOptions,
): AsyncGenerator<FoundScan> {
  const { wait, signal } = options;
  const reader = connection.openReader();
  try {
    const tree = new SessionTree(session);
    let isOld = true;
    for (;;) {
      const reply: StreamEntries[] | undefined = await connection.attempt(
        () => tree.streams.read(reader, wait && !isOld),
        signal,
      );
      if (reply === undefined) return;
      if (reply.length === 0) {
        if (isOld) options.onAllFound?.();
        if (!wait) return;
        isOld = false;
        continue;
      }
      const old = isOld;
      const found = await connection.attempt(() => tree.take(reply, connection.commands), signal);
      for (const scan of found ?? []) yield { ...scan, isOld: old };
    }
  } finally {
    reader.disconnect();
  }
}

/** The part of the node tree between a session and its scans, by its NEW_NODE streams. */
class SessionTree {
  readonly streams = new StreamSet();
  readonly #session: string;
  /** db_name -> the pickle of its start_timestamp: numbers are given again when Redis was flushed. */
  readonly #scans = new Map<string, string>();

  constructor(session: string) {
    this.#session = session;
    this.streams.add(childrenKey(session));
  }

  async take(reply: readonly StreamEntries[], redis: Redis): Promise<Omit<FoundScan, 'isOld'>[]> {
    const announced = reply.flatMap(({ entries }) =>
      entries.flatMap((entry) => fieldOf(entry, 'db_name')?.toString('utf8') ?? []),
    );
    const ids = [...new Set(announced)].filter((id) => isBelow(id, this.#session));
    const nodes = await readNodesOrTraces(redis, ids);
    for (const { id, type } of nodes) if (type === 'container') this.streams.add(childrenKey(id));
    const scans = nodes.filter(isScan);
    const facts = await readFacts(
      redis,
      scans.map(({ id }) => id),
    );
    return scans.flatMap(({ id, type }, index) => {
      const { pickle = '', startTimestamp = NaN, hasEnded = false } = facts[index] ?? {};
      const known = this.#scans.get(id);
      // Info that is gone does not make it another scan.
      if (known === pickle || (known !== undefined && pickle === '')) return [];
      this.#scans.set(id, pickle);
      return [{ dbName: id, startTimestamp, isGroup: type === 'scan_group', hasEnded }];
    });
  }
}

/** Nodes that are there or have left streams behind; expired ones have neither (PROTOCOL 9.6). */
async function readNodesOrTraces(redis: Redis, ids: readonly string[]): Promise<Node[]> {
  const nodes = await readNodes(redis, ids);
  const gone = ids.filter((_, index) => nodes[index] === undefined);
  const traces = new Map((await nodesByStreams(redis, gone)).map((node) => [node?.id, node]));
  return ids.flatMap((id, index) => nodes[index] ?? traces.get(id) ?? []);
}

async function readFacts(
  redis: Redis,
  scans: readonly string[],
): Promise<{ pickle: string; startTimestamp: number; hasEnded: boolean }[]> {
  if (scans.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const scan of scans) pipeline.hgetBuffer(infoKey(scan), 'start_timestamp').xlen(endKey(scan));
  const replies = await repliesOf(pipeline);
  return scans.map((_, index) => {
    const timestamp = replies[2 * index];
    return {
      pickle: Buffer.isBuffer(timestamp) ? timestamp.toString('base64') : '',
      startTimestamp: (Buffer.isBuffer(timestamp) ? numberOf(decodeInfo(timestamp)) : undefined) ?? NaN,
      hasEnded: Number(replies[2 * index + 1] ?? 0) > 0,
    };
  });
}
