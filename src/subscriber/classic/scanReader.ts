import {
  endReasonOf,
  isFinalState,
  type Channel,
  type InfoDict,
  type ScanEvent,
  type ScanIdentity,
} from '../../scan/index.js';
import { StreamSet, type RedisConnection, type StreamEntries, type StreamReader } from '../redis/index.js';
import { Announcements, hasChildren, type Announced } from './announcements.js';
import { ChannelReader, channelOf, isChannel } from './channels.js';
import { childrenKey, endKey, preparedKey } from './keys.js';
import type { FollowScanOptions, Quiet } from './followScan.js';
import { readDatasetInfo } from './datasetInfo.js';
import { idBefore, lastEntryStarts } from './lastEntries.js';
import { readInfos } from './nodes.js';
import { isPublisherGone } from './publisher.js';
import { scanMark } from './scanMark.js';
import { ScanInfo } from './scanInfo.js';
import type { LaggingReader, ReadingPlace } from './trimWatch.js';

/** How long a scan is quiet before it is looked at whether it is still there. */
const QUIET_MILLISECONDS = 2_000;

/** A read that took longer waited for Redis, not for the publisher. */
const LONGEST_READ_MILLISECONDS = 1_000;
/** Longer than the quiet time, when a newer scan is all that speaks against a publisher that is connected. */
const PATIENCE_WITH_NEWER = 10;

/** How reading a scan came to its end; `aborted` is not told to anybody. */
type Ending = 'ended' | 'abandoned' | 'lost' | 'aborted';

/** Reads one scan's streams: nodes before their data, END last, then everything that is left (PROTOCOL 7, races). */
export class ScanReader implements LaggingReader {
  readonly #connection: RedisConnection;
  readonly #reader: StreamReader;
  readonly #scan: ScanIdentity;
  readonly #wait: boolean;
  readonly #signal: AbortSignal;
  readonly #startOf: (channel: Channel) => number;
  readonly #quiet: Quiet | undefined;
  readonly #onDecoded: ((seconds: number) => void) | undefined;
  readonly #info: ScanInfo;
  readonly #streams = new StreamSet();
  readonly #announcements: Announcements;
  readonly #channels = new Map<string, ChannelReader>();
  readonly #devices: Announced[] = [];
  #isPrepared = false;

  constructor(
    connection: RedisConnection,
    reader: StreamReader,
    scan: ScanIdentity,
    info: InfoDict,
    { wait, signal, quiet, startOf = () => 0, onDecoded }: FollowScanOptions,
  ) {
    this.#connection = connection;
    this.#reader = reader;
    this.#scan = scan;
    this.#wait = wait;
    this.#signal = signal;
    this.#startOf = startOf;
    this.#quiet = quiet;
    this.#onDecoded = onDecoded;
    this.#info = new ScanInfo(connection.commands, scan, info);
    this.#announcements = new Announcements(scan.dbName);
    this.#streams.add(childrenKey(scan.dbName));
    this.#streams.add(preparedKey(scan.dbName));
    this.#streams.add(endKey(scan.dbName));
  }

  get caughtUpAt(): number {
    return this.#streams.caughtUpAt;
  }

  /** Of the channels whose points can be lost: the last status of a detector says all. */
  get places(): ReadingPlace[] {
    return [...this.#channels.values()]
      .filter(({ channel }) => channel.kind !== 'images')
      .map(({ channel, key }) => ({ channel, key, lastId: this.#streams.lastIdOf(key) }));
  }

  async *events(): AsyncGenerator<ScanEvent, void> {
    const ending = yield* this.#follow();
    switch (ending) {
      case 'aborted':
        return;
      case 'lost':
        return yield* this.#lose();
      case 'ended':
      case 'abandoned':
        return yield* this.#finish(ending);
    }
  }

  /** Until END was seen; without waiting also until there is nothing more. */
  async *#follow(): AsyncGenerator<ScanEvent, Ending> {
    let looked = performance.now();
    let silence = 0;
    for (;;) {
      const asked = performance.now();
      const reply = await this.#attempt(() => this.#streams.read(this.#reader, this.#wait));
      if (reply === undefined) return 'aborted';
      const now = performance.now();
      if (reply.length > 0) {
        if (!(yield* this.#eventsOf(reply))) return this.#interrupted();
        if (reply.some(({ key }) => key === endKey(this.#scan.dbName))) return 'ended';
        silence = 0;
        looked = performance.now();
      } else if (!this.#wait || now - looked > QUIET_MILLISECONDS) {
        const ending = await this.#lookAround(silence);
        if (ending !== undefined) return ending;
        looked = performance.now();
      }
      if (reply.length === 0) silence += Math.min(now - asked, LONGEST_READ_MILLISECONDS);
    }
  }

  /**
   * What a scan is from which nothing more comes; undefined to go on waiting.
   * @param silence milliseconds without a word
   */
  async #lookAround(silence: number): Promise<Ending | undefined> {
    const keys = [...this.#channels.keys()];
    if ((await this.#attempt(() => this.#info.update(keys))) === undefined) return 'aborted';
    if (this.#info.whyLost !== undefined) return 'lost';
    // The final state comes after END: without END in its stream that was evicted (PROTOCOL 9.6).
    if (isFinalState(this.#info.state)) return 'ended';
    return !this.#wait || (await this.#isLeftAlone(silence)) ? 'abandoned' : undefined;
  }

  async #isLeftAlone(silence: number): Promise<boolean> {
    const quiet = this.#quiet;
    if (quiet === undefined || silence < quiet.milliseconds) return false;
    if (quiet.hasNewer() && silence >= PATIENCE_WITH_NEWER * quiet.milliseconds) return true;
    // A scan may count for hours at one point, but not without its publisher.
    return (await this.#attempt(() => isPublisherGone(this.#connection.commands))) ?? false;
  }

  /** @returns false when the rest of the reply is not to be used: aborted, or it is another scan's */
  async *#eventsOf(reply: readonly StreamEntries[]): AsyncGenerator<ScanEvent, boolean> {
    const scan = this.#scan;
    const { commands } = this.#connection;
    if (this.#announcements.repeats(reply)) {
      if ((await this.#attempt(() => this.#info.update())) === undefined) return false;
      if (this.#info.whyLost !== undefined) return false;
    }
    const nodes = await this.#attempt(() => this.#announcements.read(reply, commands, this.#info.latest));
    if (nodes === undefined || !(yield* this.#add(nodes))) return false;
    if (!this.#isPrepared && reply.some(({ key }) => key === preparedKey(scan.dbName))) {
      this.#isPrepared = true;
      // All nodes were announced before (PROTOCOL 5.2).
      if (!(yield* this.#addTheRest())) return false;
      if ((await this.#attempt(() => this.#info.update())) === undefined) return false;
      if (this.#info.whyLost !== undefined) return false;
      yield { type: 'scanPrepared', scan, info: this.#info.latest };
    }
    for (const { key, entries } of reply) {
      const channel = this.#channels.get(key);
      if (channel === undefined) continue;
      const asked = performance.now();
      const events = await this.#attempt(() => channel.read(entries, commands));
      if (events === undefined) return false;
      this.#onDecoded?.((performance.now() - asked) / 1_000);
      yield* events;
    }
    return true;
  }

  /** Adds all nodes that were announced until now, and those whose announcement is gone from Redis. */
  async *#addTheRest(): AsyncGenerator<ScanEvent, boolean> {
    const { commands } = this.#connection;
    for (;;) {
      const reply = await this.#attempt(() =>
        this.#streams.read(this.#reader, false, (key) => this.#announcements.owns(key)),
      );
      if (reply === undefined) return false;
      const nodes = await this.#attempt(() =>
        reply.length > 0
          ? this.#announcements.read(reply, commands, this.#info.latest)
          : this.#announcements.readFromInfo(commands, this.#info.latest),
      );
      if (nodes === undefined || !(yield* this.#add(nodes))) return false;
      if (reply.length === 0 && nodes.length === 0) return true;
    }
  }

  async *#add(nodes: readonly Announced[]): AsyncGenerator<ScanEvent, boolean> {
    for (const announced of nodes) {
      if (!hasChildren(announced.node)) continue;
      this.#streams.add(childrenKey(announced.node.id));
      this.#devices.push(announced);
    }
    const channels = nodes.filter(({ node }) => isChannel(node));
    const ids = channels.map(({ node }) => node.id);
    const infos = await this.#attempt(() => readInfos(this.#connection.commands, ids));
    if (infos === undefined) return false;
    for (const [index, { node, devices }] of channels.entries()) {
      const channel = channelOf(node, devices, infos[index] ?? new Map());
      const start = this.#startOf(channel);
      const reader = new ChannelReader(this.#scan, channel, start);
      const afterId = await this.#attempt(() => idBefore(this.#connection.commands, reader.key, start));
      if (afterId === undefined) return false;
      this.#channels.set(reader.key, reader);
      this.#streams.add(reader.key, afterId, reader.eventBytes);
      yield { type: 'channelAdded', scan: this.#scan, channel };
    }
    return true;
  }

  /** Everything that is left, then the channels' ends and the scan's own with its final state. */
  async *#finish(ending: 'ended' | 'abandoned'): AsyncGenerator<ScanEvent, void> {
    const scan = this.#scan;
    if (!(yield* this.#addTheRest())) return yield* this.#loseUnlessAborted();
    // Before the last read as well, so that what is published meanwhile changes it.
    const mark = ending === 'abandoned' ? await this.#attempt(() => this.#mark()) : undefined;
    const channels = [...this.#channels.values()];
    const keys = channels.map(({ key }) => key);
    // Before the last read: nothing is added after END, and what is added to a running scan meanwhile is not asked for.
    const lastStarts = await this.#attempt(() => lastEntryStarts(this.#connection.commands, keys));
    if (lastStarts === undefined || !(yield* this.#drain())) return yield* this.#loseUnlessAborted();
    const isKnown =
      ending === 'ended'
        ? await this.#info.waitForFinalState((read) => this.#attempt(read))
        : await this.#attempt(() => this.#info.update());
    if (isKnown === undefined) return;
    if (this.#info.whyLost !== undefined) return yield* this.#lose();
    const metadata = await this.#attempt(() => this.#readMetadata());
    if (metadata === undefined) return;
    yield* metadata;
    yield* channels.flatMap((channel, index) => channel.close(lastStarts[index]));
    const { latest: info, state } = this.#info;
    if (ending === 'abandoned') {
      yield { type: 'scanAbandoned', scan, info, state, mark: mark?.text };
      return;
    }
    yield { type: 'infoChanged', scan, info };
    yield { type: 'stateChanged', scan, state };
    yield { type: 'scanEnded', scan, info, state, reason: endReasonOf(state) };
  }

  async #mark(): Promise<{ text: string | undefined }> {
    return { text: await scanMark(this.#connection, this.#scan.dbName) };
  }

  /** Written by the publisher just before END (PROTOCOL 6). */
  async #readMetadata(): Promise<ScanEvent[]> {
    const { commands } = this.#connection;
    const scan = this.#scan;
    const infos = await readInfos(
      commands,
      this.#devices.map(({ node }) => node.id),
    );
    const devices = this.#devices.flatMap(({ node, devices: path }, index): ScanEvent[] => {
      const info = infos[index];
      if (info === undefined || info.size === 0) return [];
      return [{ type: 'deviceInfo', scan, devices: [...path, node.name], info }];
    });
    const dataset = await readDatasetInfo(commands, scan.dbName);
    return dataset.size === 0 ? devices : [...devices, { type: 'datasetInfo', scan, info: dataset }];
  }

  async *#drain(): AsyncGenerator<ScanEvent, boolean> {
    for (;;) {
      const reply = await this.#attempt(() => this.#streams.read(this.#reader, false));
      if (reply === undefined) return false;
      if (reply.length === 0) return true;
      if (!(yield* this.#eventsOf(reply))) return false;
    }
  }

  /** Its keys vanished while it ran: Redis was restarted or flushed, or the scan's number was given anew. */
  *#lose(): Generator<ScanEvent, void> {
    for (const channel of this.#channels.values()) yield* channel.close(undefined);
    yield { type: 'scanLost', scan: this.#scan, why: this.#info.whyLost ?? 'its keys are gone from Redis' };
  }

  *#loseUnlessAborted(): Generator<ScanEvent, void> {
    if (this.#interrupted() === 'lost') yield* this.#lose();
  }

  #interrupted(): Ending {
    return this.#info.whyLost === undefined ? 'aborted' : 'lost';
  }

  /** Runs a read; undefined when aborted. */
  async #attempt<T>(read: () => Promise<T>): Promise<T | undefined> {
    return this.#connection.attempt(read, this.#signal);
  }
}
