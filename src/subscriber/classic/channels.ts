import type { Redis } from 'ioredis';
import {
  elementCount,
  EMPTY_INFO,
  integerOf,
  isDType,
  isInfoDict,
  isInfoList,
  itemSize,
  textOf,
  type Channel,
  type ChannelKind,
  type DType,
  type InfoDict,
  type InfoValue,
  type ScanEvent,
  type ScanIdentity,
} from '../../scan/index.js';
import { fieldOf, repliesOf, type StreamEntry } from '../redis/index.js';
import { dataKey, dataReferenceKey, infoKey } from './keys.js';
import { decodeInfo, readInfo, readInfos, type Node, type NodeType } from './nodes.js';
import {
  canJoin,
  decodePoints,
  firstIndexOf,
  isCreation,
  joinPoints,
  PointDimensions,
  withoutFirst,
  type Points,
} from './points.js';
import { RepeatedEvent } from './repeatedEvent.js';
import { Tiling, type TilingGap } from './tiling.js';

const KINDS: ReadonlyMap<NodeType, ChannelKind> = new Map<NodeType, ChannelKind>([
  ['channel', 'data'],
  ['lima', 'images'],
  ['node_ref_channel', 'members'],
]);

export function isChannel(node: Node): boolean {
  return KINDS.has(node.type);
}

/** @param devices names of the nodes between the scan and the channel, the top master first */
export function channelOf(node: Node, devices: readonly string[], info: InfoDict): Channel {
  const unit = textOf(info.get('unit'));
  return {
    id: node.id,
    name: textOf(info.get('fullname')) ?? node.name,
    kind: KINDS.get(node.type) ?? 'data',
    devices,
    dtype: declaredType(info.get('dtype')),
    shape: declaredShape(info.get('shape')),
    unit,
  };
}

function declaredType(value: InfoValue | undefined): DType | undefined {
  const text = textOf(value);
  return text !== undefined && isDType(text) ? text : undefined;
}

function declaredShape(value: InfoValue | undefined): number[] {
  return isInfoList(value) ? value.flatMap((length) => integerOf(length) ?? []) : [];
}

/** Of an event, without its points. */
const EVENT_BYTES = 512;

/** Turns the entries of one channel's stream into events whose points tile `[0, total)`. */
export class ChannelReader {
  readonly channel: Channel;
  readonly #scan: ScanIdentity;
  readonly #tiling: Tiling;
  readonly #dimensions = new PointDimensions();
  readonly #repeated = new RepeatedEvent();
  /** Images that were ready and saved by the last status. */
  #ready = 0;
  #saved = 0;
  #imageReference: InfoDict | undefined;

  /** @param start index of the first point that is wanted */
  constructor(scan: ScanIdentity, channel: Channel, start: number) {
    this.#scan = scan;
    this.#tiling = new Tiling(start);
    this.channel = channel;
  }

  get key(): string {
    return dataKey(this.channel.id);
  }

  /** What an event of a single point has, as the channel is declared. */
  get eventBytes(): number {
    const { kind, dtype, shape } = this.channel;
    const point = kind === 'data' && dtype !== undefined ? elementCount(shape) * itemSize(dtype) : 0;
    return EVENT_BYTES + point;
  }

  async read(entries: readonly StreamEntry[], redis: Redis): Promise<ScanEvent[]> {
    switch (this.channel.kind) {
      case 'data':
        return this.#points(entries);
      case 'members':
        return withInfos(this.#members(entries), redis);
      case 'images':
        return this.#images(entries, redis);
    }
  }

  /**
   * The channel's last events once its scan has ended.
   * @param lastStart where the last entry ever added to the stream begins, see {@link Tiling.close}
   */
  close(lastStart: number | undefined): ScanEvent[] {
    if (this.channel.kind === 'images') return this.#closeImages(lastStart);
    const gap = this.#tiling.close(lastStart);
    const total = this.#tiling.next;
    return [...this.#gapEvents(gap), { type: 'channelEnded', ...this.#subject, total }];
  }

  /** Status events of images are no points: their ids say nothing. */
  #closeImages(lastStart: number | undefined): ScanEvent[] {
    const from = this.#ready;
    const gap = lastStart === undefined ? { from, to: undefined, cause: IMAGES_GONE } : undefined;
    return [...this.#gapEvents(gap), { type: 'channelEnded', ...this.#subject, total: from }];
  }

  #gapEvents(gap: TilingGap | undefined): ScanEvent[] {
    return gap === undefined ? [] : [{ type: 'gap', ...this.#subject, ...gap }];
  }

  get #subject(): { scan: ScanIdentity; channel: Channel } {
    return { scan: this.#scan, channel: this.channel };
  }

  #points(entries: readonly StreamEntry[]): ScanEvent[] {
    const events: ScanEvent[] = [];
    let run: Points[] = [];
    let runStart = 0;
    const endRun = (): void => {
      if (run.length > 0) events.push(this.#pointsEvent(joinPoints(run), runStart));
      run = [];
    };
    for (const entry of entries) {
      if (isCreation(entry.id)) continue;
      const first = firstIndexOf(entry.id);
      if (first === undefined) {
        this.#tiling.markUnusable(first, undefined, noIndex(entry.id));
        continue;
      }
      const points = this.#repeated.pointsIn(entry) ?? this.#decode(entry);
      if (points.kind === 'unusable') {
        this.#tiling.markUnusable(first, points.claimed, points.cause);
        continue;
      }
      const { skip, gap } = this.#tiling.place(first, points.count);
      if (gap !== undefined) endRun();
      events.push(...this.#gapEvents(gap));
      if (skip === points.count) continue;
      if (run[0] !== undefined && !canJoin(run[0], points)) endRun();
      if (run.length === 0) runStart = first + skip;
      run.push(withoutFirst(points, skip));
    }
    endRun();
    return events;
  }

  #decode(entry: StreamEntry): Points {
    const points = decodePoints(entry, this.#dimensions.of(entry));
    if (points.kind === 'numbers') this.#repeated.learn(entry, points);
    return points;
  }

  #pointsEvent(points: Points, firstIndex: number): ScanEvent {
    if (points.kind === 'numbers') {
      const { count, dtype, shape, bytes } = points;
      return { type: 'chunk', ...this.#subject, firstIndex, count, dtype, shape, bytes };
    }
    const values = points.kind === 'texts' ? points.values : [];
    return { type: 'records', ...this.#subject, firstIndex, values };
  }

  /** A `node_ref_channel` publishes the db_name of one member scan an event, as a plain pickled text (PROTOCOL 9.4). */
  #members(entries: readonly StreamEntry[]): ScanEvent[] {
    return entries.flatMap((entry): ScanEvent[] => {
      if (isCreation(entry.id)) return [];
      const first = firstIndexOf(entry.id);
      if (first === undefined) {
        this.#tiling.markUnusable(first, undefined, noIndex(entry.id));
        return [];
      }
      const points = decodePoints(entry);
      if (points.kind !== 'texts') {
        const cause = points.kind === 'unusable' ? points.cause : 'an event that names no scan';
        this.#tiling.markUnusable(first, 1, cause);
        return [];
      }
      const { skip, gap } = this.#tiling.place(first, points.values.length);
      const members = points.values.slice(skip).map((member, i): ScanEvent => {
        return { type: 'memberScan', ...this.#subject, index: first + skip + i, member, info: EMPTY_INFO };
      });
      return [...this.#gapEvents(gap), ...members];
    });
  }

  /** Only the last status counts: its indices are of the whole scan, from -1 for none (PROTOCOL 9.1). */
  async #images(entries: readonly StreamEntry[], redis: Redis): Promise<ScanEvent[]> {
    const status = lastStatus(entries);
    if (status === undefined) return [];
    this.#imageReference ??= await readImageReference(redis, this.channel);
    const frames = (key: string): number => Math.max(0, (integerOf(status.get(key)) ?? -1) + 1);
    this.#ready = Math.max(this.#ready, frames('last_image_ready'));
    this.#saved = Math.max(this.#saved, frames('last_image_saved'));
    return [
      {
        type: 'images',
        ...this.#subject,
        ready: this.#ready,
        saved: this.#saved,
        reference: this.#imageReference ?? EMPTY_INFO,
      },
    ];
  }
}

function lastStatus(entries: readonly StreamEntry[]): InfoDict | undefined {
  for (const entry of entries.toReversed()) {
    const pickle = fieldOf(entry, '__STATUS__');
    const status = pickle === undefined ? undefined : decodeInfo(pickle);
    if (isInfoDict(status)) return status;
  }
  return undefined;
}

const IMAGES_GONE = 'the stream of image states is gone from Redis';
const noIndex = (id: string): string => `an event with the id ${id}, which is no index of a point`;

/** `_data_ref` is written when the camera is prepared, after PREPARED_SCAN and before its first status. */
async function readImageReference(redis: Redis, channel: Channel): Promise<InfoDict | undefined> {
  const [list] = await repliesOf(redis.pipeline().lrangeBuffer(dataReferenceKey(channel.id), 0, 0));
  const newest = (list as Buffer[] | undefined)?.[0];
  const reference = newest === undefined ? undefined : decodeInfo(newest);
  if (isInfoDict(reference)) return reference;
  return (await redis.exists(infoKey(channel.id))) ? readInfo(redis, channel.id) : undefined;
}

/** What is known of the members that a group names, so that it can be said where they are. */
async function withInfos(events: readonly ScanEvent[], redis: Redis): Promise<ScanEvent[]> {
  const members = events.filter((event) => event.type === 'memberScan');
  const infos = await readInfos(
    redis,
    members.map(({ member }) => member),
  );
  return events.map((event) => {
    if (event.type !== 'memberScan') return event;
    return { ...event, info: infos[members.indexOf(event)] ?? EMPTY_INFO };
  });
}
