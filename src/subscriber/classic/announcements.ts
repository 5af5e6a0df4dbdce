import type { Redis } from 'ioredis';
import { lookUp, isInfoDict, type InfoDict } from '../../scan/index.js';
import { fieldOf, type StreamEntries } from '../redis/index.js';
import { childrenKey, dataKey, isBelow } from './keys.js';
import { readNodes, type Node } from './nodes.js';

/** No scan has nearly as many; a stream that announces more is not followed further. */
const MAX_NODES = 200_000;

/** A child of a scan as announced; its node can be gone already (eviction, PROTOCOL 9.6). */
export interface Announced {
  readonly node: Node;
  readonly isGone: boolean;
  /** Names of the nodes between the scan and this one. */
  readonly devices: readonly string[];
}

/** Finds the nodes below a scan from its NEW_NODE events, each once however often it is announced (PROTOCOL 5.2). */
export class Announcements {
  readonly #scan: string;
  readonly #seen = new Set<string>();
  /** Children stream -> names of the nodes from the scan down to its owner. */
  readonly #paths = new Map<string, readonly string[]>();

  constructor(scan: string) {
    this.#scan = scan;
    this.#paths.set(childrenKey(scan), []);
  }

  owns(key: string): boolean {
    return this.#paths.has(key);
  }

  /** New nodes of a reply; devices among them have a children stream to be read next. */
  async read(streams: readonly StreamEntries[], redis: Redis, info: InfoDict): Promise<Announced[]> {
    const fresh: { id: string; devices: readonly string[] }[] = [];
    for (const { key, entries } of streams) {
      const devices = this.#paths.get(key);
      if (devices === undefined) continue;
      for (const entry of entries) {
        const id = fieldOf(entry, 'db_name')?.toString('utf8');
        if (id === undefined || !isBelow(id, this.#scan) || this.#seen.has(id)) continue;
        if (this.#seen.size >= MAX_NODES) break;
        this.#seen.add(id);
        fresh.push({ id, devices });
      }
    }
    const nodes = await readNodes(
      redis,
      fresh.map(({ id }) => id),
    );
    const announced: Announced[] = [];
    for (const [index, { id, devices }] of fresh.entries()) {
      const known = nodes[index];
      const node = known ?? (await nodeByTraces(redis, id, info));
      announced.push({ node, isGone: known === undefined, devices });
      if (node.type === 'device') this.#paths.set(childrenKey(id), [...devices, node.name]);
    }
    return announced;
  }
}

/** A node whose hash is gone: what it was is seen from the streams that are left, its full name from scan_info. */
async function nodeByTraces(redis: Redis, id: string, info: InfoDict): Promise<Node> {
  const [hasData, hasChildren] = await Promise.all([
    redis.exists(dataKey(id)),
    redis.exists(childrenKey(id)),
  ]);
  const last = id.split(':').at(-1) ?? id;
  const listed = channelNames(info).filter((name) => name.split(':').at(-1) === last);
  const device = id.split(':').at(-2) ?? '';
  const fullName = listed.find((name) => name.split(':').at(-2) === device) ?? listed[0];
  const isDevice = hasChildren > 0 || (hasData === 0 && fullName === undefined);
  return isDevice ? { id, name: last, type: 'device' } : { id, name: fullName ?? last, type: 'channel' };
}

function channelNames(info: InfoDict): string[] {
  const devices = lookUp(info, 'devices');
  if (!isInfoDict(devices)) return [];
  return [...devices.values()].flatMap((device) => {
    const channels = isInfoDict(device) ? device.get('channels') : undefined;
    return Array.isArray(channels) ? channels.filter((name) => typeof name === 'string') : [];
  });
}
