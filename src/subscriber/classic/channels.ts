import type { Redis } from 'ioredis';
import {
  EMPTY_INFO,
  integerOf,
  isDType,
  isInfoDict,
  isInfoList,
  textOf,
  type Channel,
  type ChannelKind,
  type DType,
  type InfoDict,
  type InfoValue,
  type ScanEvent,
  type ScanIdentity,
} from '../../scan/index.js';
import { fieldOf, type StreamEntry } from '../redis/index.js';
import { dataKey, dataReferenceKey, infoKey } from './keys.js';
import { decodeInfo, readInfo, type Node, type NodeType } from './nodes.js';
import { canJoin, decodePoints, firstIndexOf, joinPoints, withoutFirst, type Points } from './points.js';
import { Tiling } from './tiling.js';

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

/** Turns the entries of one channel's stream into events whose points tile `[0, total)`. */
export class ChannelReader {
  readonly channel: Channel;
  readonly #scan: ScanIdentity;
  readonly #tiling = new Tiling();
  #imageReference: InfoDict | undefined;

  constructor(scan: ScanIdentity, channel: Channel) {
    this.#scan = scan;
    this.channel = channel;
  }

  get key(): string {
    return dataKey(this.channel.id);
  }

  async read(entries: readonly StreamEntry[], redis: Redis): Promise<ScanEvent[]> {
    switch (this.channel.kind) {
      case 'data':
        return this.#points(entries);
      case 'members':
        return this.#members(entries);
      case 'images':
        return this.#images(entries, redis);
    }
  }

  /**
   * The channel's last events once its scan has ended.
   * @param lastStart index of the first point of the last entry ever added to the stream, see {@link Tiling.close}
   */
  close(lastStart: number | undefined): ScanEvent[] {
    const ended: ScanEvent = { type: 'channelEnded', ...this.#subject, total: this.#tiling.next };
    // Status events of images are no points: their ids say nothing.
    if (this.channel.kind === 'images') return [ended];
    const gap = this.#tiling.close(lastStart);
    if (gap === undefined) return [ended];
    return [
      { type: 'gap', ...this.#subject, ...gap },
      { type: 'channelEnded', ...this.#subject, total: this.#tiling.next },
    ];
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
      const first = firstIndexOf(entry.id);
      if (first === undefined) continue;
      const points = decodePoints(entry);
      if (points.kind === 'unusable') {
        this.#tiling.markUnusable(first, points.claimed, points.cause);
        continue;
      }
      const { skip, gap } = this.#tiling.place(first, points.count);
      if (gap !== undefined) {
        endRun();
        events.push({ type: 'gap', ...this.#subject, ...gap });
      }
      if (skip === points.count) continue;
      if (run[0] !== undefined && !canJoin(run[0], points)) endRun();
      if (run.length === 0) runStart = first + skip;
      run.push(withoutFirst(points, skip));
    }
    endRun();
    return events;
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
      const first = firstIndexOf(entry.id);
      if (first === undefined) return [];
      const points = decodePoints(entry);
      if (points.kind !== 'texts') {
        const cause = points.kind === 'unusable' ? points.cause : 'an event that names no scan';
        this.#tiling.markUnusable(first, 1, cause);
        return [];
      }
      const { skip, gap } = this.#tiling.place(first, points.values.length);
      const lost: ScanEvent[] = gap === undefined ? [] : [{ type: 'gap', ...this.#subject, ...gap }];
      const members = points.values.slice(skip).map((member, i): ScanEvent => {
        return { type: 'memberScan', ...this.#subject, index: first + skip + i, member };
      });
      return [...lost, ...members];
    });
  }

  /** Only the last status counts: its indices are of the whole scan, from -1 for none (PROTOCOL 9.1). */
  async #images(entries: readonly StreamEntry[], redis: Redis): Promise<ScanEvent[]> {
    const pickle = entries
      .map((entry) => fieldOf(entry, '__STATUS__'))
      .findLast((field) => field !== undefined);
    const status = pickle === undefined ? EMPTY_INFO : decodeInfo(pickle);
    if (!isInfoDict(status)) return [];
    this.#imageReference ??= await readImageReference(redis, this.channel);
    const frames = (key: string): number => Math.max(0, (integerOf(status.get(key)) ?? -1) + 1);
    return [
      {
        type: 'images',
        ...this.#subject,
        ready: frames('last_image_ready'),
        saved: frames('last_image_saved'),
        reference: this.#imageReference ?? EMPTY_INFO,
      },
    ];
  }
}

/** `_data_ref` is written when the camera is prepared, after PREPARED_SCAN and before its first status. */
async function readImageReference(redis: Redis, channel: Channel): Promise<InfoDict | undefined> {
  const [newest] = await redis.lrangeBuffer(dataReferenceKey(channel.id), 0, 0);
  const reference = newest === undefined ? undefined : decodeInfo(newest);
  if (isInfoDict(reference)) return reference;
  return (await redis.exists(infoKey(channel.id))) ? readInfo(redis, channel.id) : undefined;
}
