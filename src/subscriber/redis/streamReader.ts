import { Redis, type RedisOptions } from 'ioredis';
import { streamsOf, type StreamEntries } from './entries.js';
import { TappedConnector, type ConnectorOptions } from './reply/index.js';

/** More replies than one client asks for at a time: those that it gave up waiting for go. */
const MOST_REPLIES = 8;

/** A socket that only reads streams, so that it may block. */
export class StreamReader {
  readonly redis: Redis;
  readonly #replies = new Map<number, StreamEntries[]>();
  #lastNumber = 0;

  constructor(url: string, options: Omit<RedisOptions, 'replyMapping'>) {
    const keep = (streams: StreamEntries[]): number => this.#keep(streams);
    const Connector = class extends TappedConnector {
      constructor(connectorOptions: unknown) {
        super(connectorOptions as ConnectorOptions, keep);
      }
    };
    this.redis = new Redis(url, { ...options, Connector });
  }

  /** XREAD; an empty list when there is nothing. */
  async xread(...command: [...tokens: (string | number)[]]): Promise<StreamEntries[]> {
    const reply = await this.redis.callBuffer('XREAD', command);
    if (typeof reply !== 'number') return streamsOf(reply);
    const streams = this.#replies.get(reply);
    this.#replies.delete(reply);
    // Never "nothing": what is not given here would not be asked for again.
    if (streams === undefined) throw new Error(`Connection is closed: reply ${reply} is gone.`);
    return streams;
  }

  disconnect(): void {
    this.redis.disconnect();
  }

  #keep(streams: StreamEntries[]): number {
    const [oldest] = this.#replies.keys();
    if (oldest !== undefined && this.#replies.size >= MOST_REPLIES) this.#replies.delete(oldest);
    this.#replies.set(++this.#lastNumber, streams);
    return this.#lastNumber;
  }
}
