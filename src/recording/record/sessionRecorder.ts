import type { Redis } from 'ioredis';
import { isFinalState, isInfoDict, nodeName, textOf, type ScanState } from '../../scan/index.js';
import {
  decodeInfo,
  fieldOf,
  keys,
  repliesOf,
  stateOf,
  StreamSet,
  type StreamReader,
  type StreamEntries,
  type StreamEntry,
} from '../../subscriber/index.js';
import { KnownText, Lifetimes } from './knownValues.js';
import {
  isGone,
  keysOf,
  readNodeStates,
  RecordedNode,
  valueOf,
  type NodeState,
  type StreamRole,
  type Wanted,
} from './nodes.js';
import type { LostIds, RecordedStream, StreamFacts } from './recordedStream.js';
import type { RecordingFolder } from './recordingFolder.js';

/** Hashes tell nobody that they have changed. */
const POLL_MILLISECONDS = 200;
/** A poll takes at most this part of the time. */
const POLL_SHARE = 0.1;
/** The final state is written after END, and what comes later is rare (PROTOCOL 6). */
const AFTER_FINAL_MILLISECONDS = 2_000;
const AFTER_END_MILLISECONDS = 60_000;

/** As BLISS names them (PROTOCOL 6). */
const STATE_NAMES: Partial<Record<ScanState, string>> = { RUNNING: 'STARTING', FAILED: 'KILLED' };

/** A scan whose nodes are followed. */
interface LiveScan {
  readonly node: RecordedNode;
  /** With the scan's own. */
  readonly nodes: Map<string, RecordedNode>;
  /** Whether END was there when the scan was found. */
  readonly wasOver: boolean;
  state: string;
  endedAt: number | undefined;
  finalAt: number | undefined;
}

interface FollowedStream {
  readonly role: StreamRole;
  readonly node: RecordedNode;
  readonly scan: LiveScan | undefined;
  readonly stream: RecordedStream;
}

export interface ScanSeen {
  readonly db_name: string;
  readonly name: string;
  readonly state: string;
}

export interface SessionConnections {
  readonly commands: Redis;
  /** For reads that block. */
  readonly reader: StreamReader;
  /** Runs a read, again when the connection was lost. Throws when it is time to stop. */
  readonly attempt: <T>(read: () => Promise<T>) => Promise<T>;
}

/**
 * Writes down what a session publishes in an order in which a publisher could have sent it: a node before it is announced,
 * announcements before PREPARED, everything of a scan before its END, the info that belongs to an event together
 * with it, the final state after END (PROTOCOL 7). Each method leaves the recording in such an order.
 */
export class SessionRecorder {
  readonly #session: string;
  readonly #redis: SessionConnections;
  readonly #folder: RecordingFolder;
  readonly #warn: (message: string) => void;
  readonly #streams = new StreamSet();
  readonly #followed = new Map<string, FollowedStream>();
  /** Nodes above scans. */
  readonly #parents = new Map<string, RecordedNode>();
  readonly #scans = new Map<string, LiveScan>();
  /** By db_name, what tells a scan from another one of the same name. */
  readonly #seen = new Map<string, string>();
  readonly #states = new Map<string, string>();
  readonly #counters = new Map<string, KnownText>();
  readonly #lifetimes = new Lifetimes();
  readonly #lost: LostIds[] = [];
  #nextPoll = 0;
  /** When it is time to end, however much there is to read. */
  #deadline = Infinity;

  constructor(
    session: string,
    redis: SessionConnections,
    folder: RecordingFolder,
    warn: (message: string) => void,
  ) {
    this.#session = session;
    this.#redis = redis;
    this.#folder = folder;
    this.#warn = warn;
    // Also where it does not exist yet: its first entry wakes us.
    this.#streams.add(keys.childrenKey(session));
  }

  /** Ids that Redis had dropped before they were read. */
  get lost(): LostIds[] {
    const live = [...this.#followed.values()].flatMap(({ stream }) => stream.lost ?? []);
    return [...this.#lost, ...live];
  }

  get scans(): ScanSeen[] {
    return [...this.#states].map(([id, state]) => ({ db_name: id, name: nodeName(id), state }));
  }

  /** One step: what is new, waited for half a second at most. */
  async step(): Promise<void> {
    await this.#takeNext(true);
    if (performance.now() < this.#nextPoll) return;
    const begin = performance.now();
    await this.#poll();
    const taken = performance.now() - begin;
    this.#nextPoll = performance.now() + Math.max(POLL_MILLISECONDS, taken / POLL_SHARE);
  }

  /** Everything that Redis holds now; not longer than the given time for who publishes faster than it is written. */
  async finish(milliseconds: number): Promise<void> {
    this.#deadline = performance.now() + milliseconds;
    if (!(await this.#takeAll())) {
      this.#warn(
        'More was published than could be recorded in time: what came last is not in the recording.',
      );
    }
    await this.#poll();
    for (const scan of [...this.#scans.values()]) await this.#close(scan);
    await this.#compare([...this.#followed.values()], true);
  }

  /** @returns false when there may be more: it was time to end */
  async #takeAll(only?: (key: string) => boolean): Promise<boolean> {
    while (await this.#takeNext(false, only)) if (performance.now() > this.#deadline) return false;
    return true;
  }

  async #findSession(): Promise<void> {
    for await (const state of this.#statesOf([this.#session])) {
      if (!isGone(state)) await this.#addNode(state, undefined);
    }
  }

  /** Reads and writes one reply. @returns false when there was none */
  async #takeNext(wait: boolean, only?: (key: string) => boolean): Promise<boolean> {
    const { attempt, reader } = this.#redis;
    if (this.#parents.size === 0) await this.#findSession();
    const reply = await attempt(() => this.#streams.read(reader, wait, only));
    // Created while it was waited for.
    if (this.#parents.size === 0 && reply.length > 0) await this.#findSession();
    await this.#take(reply);
    return reply.length > 0;
  }

  async #take(reply: readonly StreamEntries[]): Promise<void> {
    const news = reply.flatMap(({ key, entries }) => {
      const followed = this.#followed.get(key);
      return followed === undefined ? [] : [{ ...followed, entries }];
    });
    const of = (role: StreamRole) => news.filter((one) => one.role === role);
    for (const { node, scan, stream, entries } of of('children')) {
      await this.#announce(node, scan, stream, entries);
    }
    for (const { scan, stream, entries } of of('prepared')) await this.#prepare(scan, stream, entries);
    await this.#addData(of('data'));
    for (const { scan, stream, entries } of of('end')) await this.#end(scan, stream, entries);
  }

  /** New nodes with all that belongs to them, then their announcements. */
  async #announce(
    parent: RecordedNode,
    scan: LiveScan | undefined,
    stream: RecordedStream,
    entries: readonly StreamEntry[],
  ): Promise<void> {
    const children = entries.map((entry) => fieldOf(entry, 'db_name')?.toString('utf8') ?? '');
    const known = scan?.nodes ?? this.#parents;
    const unknown = new Set(children.filter((id) => keys.isBelow(id, parent.id) && !known.has(id)));
    let written = 0;
    for await (const state of this.#statesOf([...unknown])) {
      const position = children.indexOf(state.id);
      // Whose announcement comes before is written before, so that scans that have ended are recorded one by one.
      await this.#folder.write(stream.add(entries.slice(written, position)));
      written = Math.max(written, position);
      if (isGone(state)) continue;
      const found = await this.#addNode(state, scan);
      if (found?.wasOver !== true) continue;
      await this.#folder.write(stream.add(entries.slice(written, position + 1)));
      written = position + 1;
      await this.#recordWhole(found);
    }
    await this.#folder.write(stream.add(entries.slice(written)));
  }

  /** @returns the scan, when it is one that was not known */
  async #addNode(state: NodeState, scan: LiveScan | undefined): Promise<LiveScan | undefined> {
    const node = new RecordedNode(state);
    const isNewScan = scan === undefined && node.isScan;
    if (isNewScan && this.#isKnownScan(state)) return undefined;
    // What the final state belongs to comes first: it is written after END.
    const held = isNewScan && state.hasEnded ? isState : undefined;
    await this.#folder.write([...node.create(state), ...node.changes(state, held)]);
    const nodes = isNewScan ? new Map<string, RecordedNode>() : (scan?.nodes ?? this.#parents);
    nodes.set(node.id, node);
    const own: LiveScan | undefined = isNewScan
      ? { node, nodes, wasOver: state.hasEnded, state: 'UNKNOWN', endedAt: undefined, finalAt: undefined }
      : undefined;
    if (own !== undefined) {
      this.#scans.set(node.id, own);
      this.#noteState(own, state);
    }
    for (const [role, stream] of node.streams) {
      if (this.#followed.has(stream.key)) continue;
      this.#followed.set(stream.key, { role, node, scan: own ?? scan, stream });
      this.#streams.add(stream.key);
    }
    return own;
  }

  /** Two scans of one name cannot be in one recording: the second one's ids begin anew. */
  #isKnownScan({ id, info }: NodeState): boolean {
    const identity = valueOf(info, 'start_timestamp')?.toString('base64') ?? '';
    const known = this.#seen.get(id);
    if (known === undefined) this.#seen.set(id, identity);
    else if (known !== identity && identity !== '') {
      this.#warn(`${id} was recorded, and is another scan now: record that one anew, into another folder.`);
    }
    return known !== undefined;
  }

  /** A scan that has ended, all at once, so that only the streams of running scans are followed. */
  async #recordWhole(scan: LiveScan): Promise<void> {
    await this.#takeAll((key) => this.#followed.get(key)?.scan === scan);
    if (scan.finalAt !== undefined) await this.#close(scan);
  }

  async #prepare(
    scan: LiveScan | undefined,
    stream: RecordedStream,
    entries: readonly StreamEntry[],
  ): Promise<void> {
    if (scan === undefined) return this.#folder.write(stream.add(entries));
    // All nodes were announced before.
    await this.#drain(scan, (role) => role === 'children');
    for await (const state of this.#statesOf([scan.node.id])) {
      const held = holding(scan, state);
      await this.#folder.writeTogether([...scan.node.changes(state, held), ...stream.add(entries)]);
    }
  }

  async #addData(news: readonly (FollowedStream & Pick<StreamEntries, 'entries'>)[]): Promise<void> {
    for (const { node, entries } of news) {
      if (node.isCamera) await this.#addCamera(node, entries);
    }
    // What came in one burst is seen in one burst.
    await this.#folder.writeTogether(news.flatMap(({ stream, entries }) => stream.add(entries)));
  }

  /** Where its images are was written before its first status. */
  async #addCamera(node: RecordedNode, entries: readonly StreamEntry[]): Promise<void> {
    await this.#update([node], true);
    const pickle = entries[0] === undefined ? undefined : fieldOf(entries[0], '__STATUS__');
    const status = pickle === undefined ? undefined : decodeInfo(pickle);
    const server = isInfoDict(status) ? textOf(status.get('server_url')) : undefined;
    if (server?.startsWith('tango://') !== true || this.#counters.has(server)) return;
    this.#counters.set(server, new KnownText());
    await this.#updateCounters();
  }

  async #end(
    scan: LiveScan | undefined,
    stream: RecordedStream,
    entries: readonly StreamEntry[],
  ): Promise<void> {
    if (scan === undefined) return this.#folder.write(stream.add(entries));
    // Everything was published before.
    await this.#drain(scan, (role) => role !== 'end');
    await this.#update(
      [...scan.nodes.values()].filter((node) => node !== scan.node),
      true,
    );
    for await (const state of this.#statesOf([scan.node.id])) {
      await this.#folder.writeTogether([...scan.node.changes(state, isState), ...stream.add(entries)]);
      await this.#folder.write(scan.node.changes(state));
      scan.endedAt ??= performance.now();
      this.#noteState(scan, state);
    }
  }

  async #drain(scan: LiveScan, which: (role: StreamRole) => boolean): Promise<void> {
    const isOfScan = (key: string): boolean => {
      const followed = this.#followed.get(key);
      return followed?.scan === scan && which(followed.role);
    };
    await this.#takeAll(isOfScan);
  }

  /** What changes without a word in a stream. */
  async #poll(): Promise<void> {
    await this.#update([...this.#parents.values()], true);
    for (const scan of [...this.#scans.values()]) {
      await this.#update([...scan.nodes.values()], scan.endedAt !== undefined);
      const now = performance.now();
      const isOver =
        now - (scan.finalAt ?? NaN) > AFTER_FINAL_MILLISECONDS ||
        now - (scan.endedAt ?? NaN) > AFTER_END_MILLISECONDS;
      if (isOver) await this.#close(scan);
    }
    await this.#updateCounters();
    await this.#compare(await this.#shortened(), false);
  }

  /** Hashes and lists of nodes, with times to live where somebody may have set them. */
  async #update(nodes: readonly RecordedNode[], withLifetimes: boolean): Promise<void> {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    for await (const state of this.#statesOf([...byId.keys()], {
      streams: false,
      lifetimes: withLifetimes,
    })) {
      const node = byId.get(state.id);
      if (node === undefined) continue;
      const scan = this.#scans.get(state.id);
      const isScan = scan?.node === node;
      // END comes next, and its info with it.
      if (isScan && state.hasEnded && scan.endedAt === undefined) continue;
      const lifetimes = withLifetimes
        ? node.lifetimes(state).flatMap(([key, time]) => this.#lifetimes.changes(key, time))
        : [];
      await this.#folder.write([...node.changes(state), ...lifetimes]);
      if (isScan) this.#noteState(scan, state);
    }
  }

  #noteState(scan: LiveScan, { info }: NodeState): void {
    const pickle = valueOf(info, 'state');
    if (pickle !== undefined) {
      const state = stateOf(new Map([['state', decodeInfo(pickle)]]));
      scan.state = STATE_NAMES[state] ?? state;
      if (scan.endedAt !== undefined && isFinalState(state)) scan.finalAt ??= performance.now();
    }
    this.#states.set(scan.node.id, scan.state);
  }

  async #updateCounters(): Promise<void> {
    for (const [key, known] of this.#counters) {
      const replies = await this.#redis.attempt(() =>
        repliesOf(this.#redis.commands.pipeline().getBuffer(key).pttl(key)),
      );
      const [value, lifetime] = replies;
      if (!Buffer.isBuffer(value)) continue;
      const changes = known.changes(key, value);
      if (changes.length > 0) this.#lifetimes.forget(key);
      await this.#folder.write([...changes, ...this.#lifetimes.changes(key, Number(lifetime))]);
    }
  }

  /** Streams of data that have fewer entries than were recorded. */
  async #shortened(): Promise<FollowedStream[]> {
    const data = [...this.#followed.values()].filter(({ role }) => role === 'data');
    if (data.length === 0) return [];
    const lengths = await this.#redis.attempt(() => {
      const pipeline = this.#redis.commands.pipeline();
      for (const { stream } of data) pipeline.xlen(stream.key);
      return repliesOf(pipeline);
    });
    return data.filter(({ stream }, index) => Number(lengths[index] ?? Infinity) < stream.length);
  }

  /** Has the replay drop what Redis has dropped. @param isLast whether everything was read after which nothing comes */
  async #compare(followed: readonly FollowedStream[], isLast: boolean): Promise<void> {
    if (followed.length === 0) return;
    const replies = await this.#redis.attempt(() => {
      const pipeline = this.#redis.commands.pipeline();
      for (const { stream } of followed) pipeline.xinfo('STREAM', stream.key);
      return repliesOf(pipeline);
    });
    for (const [index, { stream }] of followed.entries()) {
      const facts = factsOf(replies[index]);
      if (facts !== undefined) await this.#folder.write(stream.compare(facts));
    }
    if (!isLast) return;
    const last = new Set(followed.map(({ stream }) => stream.key));
    if (!(await this.#takeAll((key) => last.has(key)))) return;
    for (const { stream } of followed) await this.#folder.writeTogether(stream.close());
  }

  /** A scan from which nothing more comes: what is left of it, and then nothing of it is in memory. */
  async #close(scan: LiveScan): Promise<void> {
    const own = [...this.#followed.values()].filter((followed) => followed.scan === scan);
    await this.#compare(own, true);
    await this.#update([...scan.nodes.values()], true);
    for (const { stream } of own) {
      this.#streams.remove(stream.key);
      this.#followed.delete(stream.key);
      if (stream.lost !== undefined) this.#lost.push(stream.lost);
    }
    for (const node of scan.nodes.values()) for (const key of keysOf(node.id)) this.#lifetimes.forget(key);
    this.#scans.delete(scan.node.id);
  }

  #statesOf(ids: readonly string[], wanted?: Wanted): AsyncGenerator<NodeState> {
    return readNodeStates(this.#redis.attempt, this.#redis.commands, ids, wanted);
  }
}

const isState = (field: string): boolean => field === 'state';

/** Before END is written the final state is not, even where it is known. */
function holding(scan: LiveScan, { hasEnded }: NodeState): ((field: string) => boolean) | undefined {
  return hasEnded && scan.endedAt === undefined ? isState : undefined;
}

function factsOf(reply: unknown): StreamFacts | undefined {
  if (!Array.isArray(reply)) return undefined;
  const value = (name: string): string => String(reply[reply.indexOf(name) + 1]);
  return { length: Number(value('length')), lastId: value('last-generated-id') };
}
