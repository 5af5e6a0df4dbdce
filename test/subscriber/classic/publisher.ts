import type { Redis } from 'ioredis';
import { part, pickle, type Part } from './pickles.js';

export const STATE = { preparing: 1, running: 2, stopping: 3, done: 4, aborted: 5, killed: 6 } as const;

interface HandMadeScan {
  readonly parent?: string;
  readonly type?: 'scan' | 'scan_group';
  readonly info?: Readonly<Record<string, Part>>;
  /** Top master and its channels: `timer:c1`. */
  readonly channels?: readonly string[];
  readonly startTimestamp?: number;
}

/** Publishes nodes and scans the way BLISS does (PROTOCOL 3 to 7), made by hand. */
export class Publisher {
  readonly redis: Redis;

  constructor(redis: Redis) {
    this.redis = redis;
  }

  /** A node, its parents first: `session:directory`. */
  async directory(id: string): Promise<void> {
    const parent = parentOf(id);
    if (parent !== undefined && !(await this.redis.exists(parent))) await this.directory(parent);
    await this.node(id, 'container');
    if (parent !== undefined) await this.announce(id);
  }

  async node(id: string, type: string, name = id.split(':').at(-1) ?? id): Promise<void> {
    await this.redis.hset(id, { version: 'v1.1', node_type: type, name, db_name: id });
    if (!['channel', 'lima', 'node_ref_channel'].includes(type))
      await this.emptyStream(`${id}_children_list`);
    else await this.emptyStream(`${id}_data`);
  }

  async emptyStream(key: string): Promise<void> {
    await this.redis.multi().xadd(key, '0-1', 'key', 'value').xdel(key, '0-1').exec();
  }

  async announce(id: string, parent = parentOf(id) ?? ''): Promise<void> {
    await this.redis.xadd(`${parent}_children_list`, '*', '__EVENT__', 'NEW_NODE', 'db_name', id);
  }

  async info(id: string, fields: Readonly<Record<string, Part>>): Promise<void> {
    const entries = Object.entries(fields).flatMap(([key, value]) => [key, pickle(value)]);
    if (entries.length > 0) await this.redis.hset(`${id}_info`, ...entries);
  }

  /** A scan up to PREPARED, with a device `timer` and double channels below it. */
  async scan(id: string, options: HandMadeScan = {}): Promise<HandMade> {
    const { type = 'scan', info = {}, channels = ['timer:c1', 'timer:c2'], startTimestamp = 1000 } = options;
    const parent = options.parent ?? parentOf(id) ?? '';
    if (!(await this.redis.exists(parent))) await this.directory(parent);
    await this.info(id, {
      start_timestamp: part.float(startTimestamp),
      title: part.text('by hand'),
      state: part.state(STATE.preparing),
      acquisition_chain: part.dict({ timer: part.dict({}) }),
      devices: part.dict({ '7:timer': part.dict({ channels: part.list(...channels.map(part.text)) }) }),
      ...info,
    });
    await this.node(id, type);
    await this.emptyStream(`${id}_prepared`);
    await this.emptyStream(`${id}_end`);
    await this.announce(id, parent);
    await this.node(`${id}:timer`, 'None');
    const scan = new HandMade(this, id);
    for (const channel of channels) await scan.createChannel(channel);
    await this.announce(`${id}:timer`, id);
    for (const channel of channels) await this.announce(scan.channel(channel), `${id}:timer`);
    await scan.prepare();
    return scan;
  }
}

/** A scan made by hand. */
export class HandMade {
  readonly id: string;
  readonly publisher: Publisher;
  readonly redis: Redis;

  constructor(publisher: Publisher, id: string) {
    this.publisher = publisher;
    this.redis = publisher.redis;
    this.id = id;
  }

  /** The node of a channel `timer:c1`, or of `c1`. */
  channel(name: string): string {
    return `${this.id}:timer:${name.split(':').at(-1) ?? name}`;
  }

  data(name: string): string {
    return `${this.channel(name)}_data`;
  }

  async createChannel(name: string): Promise<void> {
    const node = this.channel(name);
    await this.publisher.info(node, { fullname: part.text(name), shape: part.tuple(), unit: part.none });
    await this.publisher.node(node, 'channel', name);
  }

  async prepare(): Promise<void> {
    await this.redis.xadd(`${this.id}_prepared`, '*', '__EVENT__', 'PREPARED_SCAN');
    await this.state(STATE.running);
  }

  /** One event with the points `first`, `first + 1`, ... whose values are their indices. */
  async points(name: string, first: number, count = 1): Promise<void> {
    await this.redis.xadd(this.data(name), `${first + 1}-0`, ...pointsFields(first, count));
  }

  /** Many events at once. */
  async manyEvents(name: string, first: number, events: number): Promise<void> {
    const pipeline = this.redis.pipeline();
    for (let index = first; index < first + events; index++) {
      pipeline.xadd(this.data(name), `${index + 1}-0`, ...pointsFields(index, 1));
    }
    await pipeline.exec();
  }

  /** An event of any kind: id, then fields and values. */
  async event(name: string, id: string, ...fields: readonly (string | Buffer)[]): Promise<void> {
    await this.redis.xadd(this.data(name), id, ...fields);
  }

  async state(number: number): Promise<void> {
    await this.publisher.info(this.id, { state: part.state(number) });
  }

  async end(finalState: number | undefined = STATE.done): Promise<void> {
    await this.endOnly();
    await this.state(finalState);
  }

  /** END without a final state. */
  async endOnly(): Promise<void> {
    await this.redis.xadd(`${this.id}_end`, '*', '__EVENT__', 'END_SCAN', '__EXCEPTION__', pickle(part.none));
  }
}

export function pointsFields(first: number, count: number): (string | Buffer)[] {
  const values = Array.from({ length: count }, (_, i) => first + i);
  const data = count === 1 ? part.double(first) : part.doubles(values);
  return eventFields(data, String(count));
}

export function eventFields(data: Part, points: string, shape: readonly number[] = []): (string | Buffer)[] {
  const description = part.dict({
    reference: part.boolean(false),
    shape: part.tuple(...shape.map(part.integer)),
  });
  const fields = ['__EVENT__', 'CHANNELDATA', '__DESC__', pickle(description)];
  return [...fields, '__NPOINTS__', points, '__DATA__', pickle(data)];
}

function parentOf(id: string): string | undefined {
  const end = id.lastIndexOf(':');
  return end < 0 ? undefined : id.slice(0, end);
}
