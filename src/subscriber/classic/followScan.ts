import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import {
  endReasonOf,
  isFinalState,
  numberOf,
  sameScan,
  ScanWriterError,
  type InfoDict,
  type ScanEvent,
  type ScanIdentity,
} from '../../scan/index.js';
import { StreamSet, type RedisConnection, type StreamEntries } from '../redis/index.js';
import { Announcements, type Announced } from './announcements.js';
import { ChannelReader, channelOf, isChannel } from './channels.js';
import { childrenKey, endKey, preparedKey, sessionOf } from './keys.js';
import { isScan, readInfo, readInfos, readNode } from './nodes.js';
import { stateOf } from './state.js';

/** The final state is written after END_SCAN: some ms later, longer when hooks run in between (DESIGN decision 3). */
const FINAL_STATE_TIMEOUT = 10_000;
const FINAL_STATE_POLL = 50;
/** How long a scan is quiet before its keys are looked at. */
const LOST_CHECK_MILLISECONDS = 2_000;

export interface FollowScanOptions {
  /** `true`: until the scan ends; `false`: what Redis holds now, and `scanAbandoned` when there is no END. */
  readonly wait: boolean;
  readonly signal: AbortSignal;
}

/**
 * All events of one scan from its first point on (PROTOCOL 7 and 8). Reading by index: safe to start again anywhere.
 * Ends early and silently when aborted.
 * @throws ScanWriterError `unknownScan` when the scan is not in Redis; `unreachable`, `refused`
 */
export async function* followScan(
  connection: RedisConnection,
  dbName: string,
  options: FollowScanOptions,
): AsyncGenerator<ScanEvent> {
  const { signal } = options;
  const started = await connection.attempt(() => identify(connection.commands, dbName), signal);
  if (started === undefined) return;
  const reader = connection.openReader();
  const stop = (): void => {
    reader.disconnect();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { scan, info } = started;
    yield { type: 'scanStarted', scan, session: sessionOf(dbName), info };
    yield* new ScanReader(connection, reader, scan, info, options).events();
  } finally {
    signal.removeEventListener('abort', stop);
    reader.disconnect();
  }
}

async function identify(redis: Redis, dbName: string): Promise<{ scan: ScanIdentity; info: InfoDict }> {
  const node = await readNode(redis, dbName);
  if (node === undefined) {
    throw new ScanWriterError(
      'unknownScan',
      `Scan "${dbName}" is not in Redis: it never was, or it expired (BLISS keeps scans for a day). "scan-writer list" shows what is there.`,
      { subject: dbName },
    );
  }
  if (!isScan(node)) {
    throw new ScanWriterError(
      'unknownScan',
      `"${dbName}" is a ${node.type}, not a scan: "scan-writer list" shows the scans.`,
      { subject: dbName },
    );
  }
  const info = await readInfo(redis, dbName);
  return { scan: identityOf(dbName, info), info };
}

export function identityOf(dbName: string, info: InfoDict): ScanIdentity {
  return { dbName, startTimestamp: numberOf(info.get('start_timestamp')) ?? NaN };
}

/** Reads one scan's streams: nodes before their data, END last, then everything that is left (PROTOCOL 7, races). */
class ScanReader {
  readonly #connection: RedisConnection;
  readonly #reader: Redis;
  readonly #scan: ScanIdentity;
  readonly #options: FollowScanOptions;
  readonly #streams = new StreamSet();
  readonly #announcements: Announcements;
  readonly #channels = new Map<string, ChannelReader>();
  #info: InfoDict;
  #quietSince = Date.now();

  constructor(
    connection: RedisConnection,
    reader: Redis,
    scan: ScanIdentity,
    info: InfoDict,
    options: FollowScanOptions,
  ) {
    this.#connection = connection;
    this.#reader = reader;
    this.#scan = scan;
    this.#info = info;
    this.#options = options;
    this.#announcements = new Announcements(scan.dbName);
    this.#streams.add(childrenKey(scan.dbName));
    this.#streams.add(preparedKey(scan.dbName));
    this.#streams.add(endKey(scan.dbName));
  }

  async *events(): AsyncGenerator<ScanEvent> {
    const { signal, wait } = this.#options;
    let hasEnded = false;
    while (!signal.aborted) {
      const waiting: boolean = wait && !hasEnded;
      const reply: StreamEntries[] | undefined = await this.#attempt(() =>
        this.#streams.read(this.#reader, waiting),
      );
      if (reply === undefined) return;
      yield* this.#eventsOf(reply);
      hasEnded ||= reply.some(({ key }) => key === endKey(this.#scan.dbName));
      if (reply.length > 0) this.#quietSince = Date.now();
      else if (!waiting) break;
      else if (yield* this.#checkLost()) return;
    }
    if (signal.aborted) return;
    yield* hasEnded ? this.#end() : this.#abandon();
  }

  async *#eventsOf(reply: readonly StreamEntries[]): AsyncGenerator<ScanEvent> {
    const nodes = await this.#attempt(() =>
      this.#announcements.read(reply, this.#connection.commands, this.#info),
    );
    if (nodes !== undefined && nodes.length > 0) yield* this.#add(nodes);
    const scan = this.#scan;
    if (reply.some(({ key }) => key === preparedKey(scan.dbName))) {
      const info = await this.#readInfo();
      yield { type: 'scanPrepared', scan, info };
    }
    for (const { key, entries } of reply) {
      const channel = this.#channels.get(key);
      if (channel === undefined) continue;
      yield* (await this.#attempt(() => channel.read(entries, this.#connection.commands))) ?? [];
    }
  }

  async *#add(nodes: readonly Announced[]): AsyncGenerator<ScanEvent> {
    for (const { node } of nodes) if (node.type === 'device') this.#streams.add(childrenKey(node.id));
    const channels = nodes.filter(({ node }) => isChannel(node));
    const infos = await this.#attempt(() =>
      readInfos(
        this.#connection.commands,
        channels.map(({ node }) => node.id),
      ),
    );
    for (const [index, { node, devices }] of channels.entries()) {
      const channel = channelOf(node, devices, infos?.[index] ?? new Map());
      const reader = new ChannelReader(this.#scan, channel);
      this.#channels.set(reader.key, reader);
      this.#streams.add(reader.key);
      yield { type: 'channelAdded', scan: this.#scan, channel };
    }
  }

  /** After END and the last point: the channels' ends, then the scan's own with its final state. */
  async *#end(): AsyncGenerator<ScanEvent> {
    const scan = this.#scan;
    const info = await this.#finalInfo();
    if (info === undefined) return;
    yield* await this.#closeChannels();
    const state = stateOf(info);
    yield { type: 'infoChanged', scan, info };
    yield { type: 'stateChanged', scan, state };
    yield { type: 'scanEnded', scan, info, state, reason: endReasonOf(state) };
  }

  async *#abandon(): AsyncGenerator<ScanEvent> {
    const info = await this.#readInfo();
    yield* await this.#closeChannels();
    yield { type: 'scanAbandoned', scan: this.#scan, info, state: stateOf(info) };
  }

  async #finalInfo(): Promise<InfoDict | undefined> {
    const deadline = Date.now() + FINAL_STATE_TIMEOUT;
    for (;;) {
      const info = await this.#readInfo();
      if (this.#options.signal.aborted) return undefined;
      if (isFinalState(stateOf(info)) || Date.now() > deadline) return info;
      await sleep(FINAL_STATE_POLL);
    }
  }

  async #closeChannels(): Promise<ScanEvent[]> {
    const channels = [...this.#channels.values()];
    const lastStarts = await this.#attempt(() =>
      lastEntryStarts(
        this.#connection.commands,
        channels.map(({ key }) => key),
      ),
    );
    return channels.flatMap((channel, index) => channel.close(lastStarts?.[index]));
  }

  /** Keys that vanish while the scan runs: Redis was restarted or flushed, or the scan's number was given anew. */
  async *#checkLost(): AsyncGenerator<ScanEvent, boolean> {
    if (Date.now() - this.#quietSince < LOST_CHECK_MILLISECONDS) return false;
    this.#quietSince = Date.now();
    const redis = this.#connection.commands;
    const found = await this.#attempt(async () => ({
      node: await readNode(redis, this.#scan.dbName),
      info: await readInfo(redis, this.#scan.dbName),
    }));
    if (found === undefined) return true;
    const isSame =
      found.node !== undefined && sameScan(identityOf(this.#scan.dbName, found.info), this.#scan);
    if (isSame) return false;
    const why =
      found.node === undefined ? 'its keys are gone from Redis' : 'another scan has its name in Redis now';
    yield* [...this.#channels.values()].flatMap((channel) => channel.close(undefined));
    yield { type: 'scanLost', scan: this.#scan, why };
    return true;
  }

  async #readInfo(): Promise<InfoDict> {
    const info = await this.#attempt(() => readInfo(this.#connection.commands, this.#scan.dbName));
    // A scan whose info expired meanwhile keeps what was known of it.
    if (info !== undefined && info.size > 0) this.#info = info;
    return this.#info;
  }

  /** Runs a read; undefined when aborted. */
  async #attempt<T>(read: () => Promise<T>): Promise<T | undefined> {
    return this.#connection.attempt(read, this.#options.signal);
  }
}

/**
 * Index of the first point of the last entry that was ever added to each stream, also when it was trimmed since:
 * -1 for a stream without entries, undefined when the stream is gone.
 */
async function lastEntryStarts(redis: Redis, keys: readonly string[]): Promise<(number | undefined)[]> {
  const pipeline = redis.pipeline();
  for (const key of keys) pipeline.xinfo('STREAM', key);
  const replies = (await pipeline.exec()) ?? [];
  return keys.map((_, index) => {
    const fields = replies[index]?.[1];
    if (!Array.isArray(fields)) return undefined;
    const id = String(fields[fields.indexOf('last-generated-id') + 1]);
    // A stream without entries was made by adding and deleting `0-1`.
    return Number(/^(\d+)-/.exec(id)?.[1] ?? 0) - 1;
  });
}
