import type { Redis } from 'ioredis';
import type { InfoDict } from '../../scan/index.js';
import { fieldOf, repliesOf, type StreamEntries } from '../redis/index.js';
import { childrenInChain } from './chain.js';
import { childrenKey, isBelow } from './keys.js';
import { readNodes, type Node } from './nodes.js';
import { nodesByTraces } from './traces.js';

/** No scan has nearly as many; a stream that announces more is not followed further. */
const MAX_NODES = 200_000;

/** A node below a scan. */
export interface Announced {
  readonly node: Node;
  /** Names of the nodes between the scan and this one. */
  readonly devices: readonly string[];
}

/** A node that has children: the scan, or a device below it. */
interface Parent {
  readonly id: string;
  readonly path: readonly string[];
}

interface Candidate {
  readonly id: string;
  readonly parent: Parent;
}

/** Finds the nodes below a scan from its NEW_NODE events, each once however often it is announced (PROTOCOL 5.2). */
export class Announcements {
  readonly #seen = new Set<string>();
  /** By the key of its children stream. */
  readonly #parents = new Map<string, Parent>();

  constructor(scan: string) {
    this.#parents.set(childrenKey(scan), { id: scan, path: [] });
  }

  owns(key: string): boolean {
    return this.#parents.has(key);
  }

  /** Whether a reply announces a node that was announced before, as it also is when another scan takes the name. */
  repeats(streams: readonly StreamEntries[]): boolean {
    return this.#announcedIn(streams).some(({ id }) => this.#seen.has(id));
  }

  /**
   * New nodes of a reply; those that can have children have a stream to be read next.
   * Nothing is remembered before all of them are known: a read that fails can be done again.
   */
  async read(streams: readonly StreamEntries[], redis: Redis, info: InfoDict): Promise<Announced[]> {
    return this.#resolve(this.#announcedIn(streams), redis, info);
  }

  /**
   * Nodes that scan_info knows below a node whose children stream is gone from Redis, as far as they were not announced.
   * To be called when all have been announced; again while it finds any.
   */
  async readFromInfo(redis: Redis, info: InfoDict): Promise<Announced[]> {
    const parents = [...this.#parents];
    const pipeline = redis.pipeline();
    for (const [key] of parents) pipeline.type(key);
    const types = await repliesOf(pipeline);
    const unannounced = parents
      .filter((_, index) => types[index] !== 'stream')
      .flatMap(([, parent]) =>
        childrenInChain(info, parent.id, parent.path).map(({ id }) => ({ id, parent })),
      );
    return this.#resolve(unannounced, redis, info);
  }

  #announcedIn(streams: readonly StreamEntries[]): Candidate[] {
    return streams.flatMap(({ key, entries }) => {
      const parent = this.#parents.get(key);
      if (parent === undefined) return [];
      return entries.flatMap((entry) => {
        const id = fieldOf(entry, 'db_name')?.toString('utf8');
        return id !== undefined && isBelow(id, parent.id) ? [{ id, parent }] : [];
      });
    });
  }

  async #resolve(candidates: readonly Candidate[], redis: Redis, info: InfoDict): Promise<Announced[]> {
    const fresh = new Map<string, Parent>();
    for (const { id, parent } of candidates) {
      if (this.#seen.size + fresh.size >= MAX_NODES) break;
      if (!this.#seen.has(id) && !fresh.has(id)) fresh.set(id, parent);
    }
    const ids = [...fresh.keys()];
    const nodes = new Map((await readNodes(redis, ids)).map((node) => [node?.id, node]));
    const vanished = ids.filter((id) => nodes.get(id) === undefined);
    const expected = expectedNodes(info, new Set(vanished.flatMap((id) => fresh.get(id) ?? [])));
    const traces = await nodesByTraces(
      redis,
      vanished.map((id) => ({ id, expected: expected.get(id) })),
    );
    for (const node of traces) nodes.set(node.id, node);
    return [...fresh].flatMap(([id, parent]) => {
      const node = nodes.get(id);
      if (node === undefined) return [];
      this.#seen.add(id);
      if (hasChildren(node)) this.#parents.set(childrenKey(id), { id, path: [...parent.path, node.name] });
      return [{ node, devices: parent.path }];
    });
  }
}

function expectedNodes(info: InfoDict, parents: ReadonlySet<Parent>): ReadonlyMap<string, Node> {
  const nodes = [...parents].flatMap(({ id, path }) => childrenInChain(info, id, path));
  return new Map(nodes.map((node) => [node.id, node]));
}

/** Nodes of an unknown type are taken for containers (PROTOCOL 2). */
export function hasChildren(node: Node): boolean {
  return node.type === 'device' || node.type === 'container';
}
