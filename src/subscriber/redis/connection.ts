import { setTimeout as sleep } from 'node:timers/promises';
import { Redis, type RedisOptions } from 'ioredis';
import { messageOf, ScanWriterError } from '../../scan/index.js';
import { untilAborted } from './abortable.js';
import { checkAddress, publicAddress } from './address.js';
import { connectError, isOfIdentity, isOfRedis, isTransient } from './errors.js';
import { StreamReader } from './streamReader.js';

/** An XREAD with BLOCK comes back at least this often, so that new streams can join (DESIGN decision 1). */
export const BLOCK_MILLISECONDS = 500;

const CONNECT_TIMEOUT = 5_000;
/**
 * Whoever does not answer for so long is taken for dead, and the read is done again by id. Never `blockingTimeout` of
 * ioredis instead: it answers an XREAD, also one without BLOCK, with "nothing new", as if all had been read.
 */
const COMMAND_TIMEOUT = 10_000;
/** A half-open socket (frozen server, lost network) is dropped after this silence. */
const READ_SILENCE = 4_000;
/** A socket that is closed while the server is frozen would keep the process for as long. */
const DISCONNECT_TIMEOUT = 500;
const RETRY_MILLISECONDS = 200;
/** All reads fail at once when Redis knows us no more; they share one new connection. */
const CONNECT_AGAIN_MILLISECONDS = 1_000;
/** Together some 4 s of a server that refuses connections. */
const BRIEF_ATTEMPTS = 12;

export interface ConnectOptions {
  /** `forever`: a lost connection is made again as often as needed; `briefly`: given up after some seconds. */
  readonly reconnect: 'forever' | 'briefly';
  /** Told whenever the connection is lost (with the reason) and when it is back. */
  readonly onStateChange?: (state: 'lost' | 'connected', why: string) => void;
}

/**
 * A connection to the beamline's data Redis that only reads: one socket for commands, and one more for
 * each blocking reader, since a blocked XREAD holds up everything behind it (STACK 6).
 */
export class RedisConnection {
  readonly address: string;
  readonly commands: Redis;
  readonly #url: string;
  readonly #options: ConnectOptions;
  readonly #readers = new Set<StreamReader>();
  /** Sockets that are being made again, and the connection itself while its reads fail. */
  readonly #lost = new Set<object>();
  readonly #closed = new AbortController();
  /** Redis let us read once: what it refuses later may pass. */
  #hasRead = false;
  #connectedAgainAt = -Infinity;

  private constructor(url: string, options: ConnectOptions) {
    this.#url = url;
    this.#options = options;
    this.address = publicAddress(url);
    this.commands = this.#watched(new Redis(url, this.#socketOptions('bliss-scan-writer')));
  }

  /**
   * @throws ScanWriterError `usage` for a bad address, `unreachable` without an answer,
   *   `refused` when Redis does not let us in
   */
  static async open(url: string, options: ConnectOptions): Promise<RedisConnection> {
    await tryOnce(checkAddress(url));
    const connection = new RedisConnection(url, options);
    try {
      await connection.commands.connect();
    } catch (error) {
      connection.close();
      throw connectError(url, error);
    }
    return connection;
  }

  /** A further socket for blocking reads; close it with {@link StreamReader.disconnect}. */
  openReader(): StreamReader {
    const options = this.#socketOptions('bliss-scan-writer:reader');
    const reader = new StreamReader(this.#url, { ...options, socketTimeout: READ_SILENCE });
    this.#watched(reader.redis);
    this.#readers.add(reader);
    reader.redis.once('end', () => this.#readers.delete(reader));
    return reader;
  }

  /**
   * Runs a read until it succeeds: what a lost connection interrupts is tried again, as long as `reconnect` says. So a
   * read must leave no trace when it fails.
   * @returns undefined at once when aborted
   * @throws ScanWriterError `refused`, or `unreachable`, also when the connection was closed
   */
  async attempt<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    while (!isAborted(signal)) {
      if (isAborted(this.#closed.signal)) throw connectError(this.#url, new Error('it was closed'));
      try {
        const result = await untilAborted(read(), signal, this.#closed.signal);
        if (isAborted(this.#closed.signal)) continue;
        this.#found(this);
        this.#hasRead = true;
        return result;
      } catch (error) {
        if (isAborted(signal) || isAborted(this.#closed.signal)) continue;
        if (error instanceof ScanWriterError || !isOfRedis(error)) throw error;
        const mayPass = isTransient(error) || (this.#hasRead && isOfIdentity(error));
        if (!mayPass || this.#options.reconnect === 'briefly') throw connectError(this.#url, error);
        // A socket says who it is only when it is made.
        if (isOfIdentity(error)) this.#connectAgain();
        this.#miss(this, messageOf(error));
        await sleep(RETRY_MILLISECONDS, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  #connectAgain(): void {
    const now = performance.now();
    if (now - this.#connectedAgainAt < CONNECT_AGAIN_MILLISECONDS) return;
    this.#connectedAgainAt = now;
    const readers = [...this.#readers].map(({ redis }) => redis);
    for (const redis of [this.commands, ...readers]) redis.disconnect(true);
  }

  /** Closes all sockets; reads that are under way fail. */
  close(): void {
    this.#closed.abort();
    for (const reader of this.#readers) reader.disconnect();
    this.commands.disconnect();
  }

  #socketOptions(connectionName: string): Omit<RedisOptions, 'replyMapping'> {
    const attempts = this.#options.reconnect === 'forever' ? Infinity : BRIEF_ATTEMPTS;
    return {
      ...COMMON_OPTIONS,
      connectionName,
      commandTimeout: COMMAND_TIMEOUT,
      maxRetriesPerRequest: null,
      retryStrategy: (attempt: number) => (attempt > attempts ? null : Math.min(50 * attempt, 500)),
    };
  }

  #watched(redis: Redis): Redis {
    let why = '';
    redis.on('error', (error: Error) => {
      why = error.message;
    });
    redis.on('reconnecting', () => {
      this.#miss(redis, why || 'the server closed it');
    });
    redis.on('ready', () => {
      why = '';
      this.#found(redis);
    });
    redis.on('end', () => {
      this.#found(redis);
    });
    return redis;
  }

  #miss(what: object, why: string): void {
    if (this.#lost.size === 0) this.#options.onStateChange?.('lost', why);
    this.#lost.add(what);
  }

  #found(what: object): void {
    if (this.#lost.delete(what) && this.#lost.size === 0) this.#options.onStateChange?.('connected', '');
  }
}

const COMMON_OPTIONS = {
  protocol: 2,
  lazyConnect: true,
  connectTimeout: CONNECT_TIMEOUT,
  disconnectTimeout: DISCONNECT_TIMEOUT,
  // INFO may be forbidden to the read-only user.
  enableReadyCheck: false,
} satisfies RedisOptions;

/** One attempt that says in a sentence why it failed; the lasting connections only retry. */
async function tryOnce(url: string): Promise<void> {
  const redis = new Redis(url, {
    ...COMMON_OPTIONS,
    commandTimeout: CONNECT_TIMEOUT,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  // AUTH and SELECT errors are only events: the connection would stay, in the wrong database.
  const reasons: unknown[] = [];
  redis.on('error', (error: Error) => reasons.push(error));
  try {
    await redis.connect();
    // Harmless, allowed to every user with +@read, and refused when AUTH or SELECT failed.
    if (reasons.length === 0) await redis.exists('');
  } catch (error) {
    reasons.push(error);
  } finally {
    redis.disconnect();
  }
  // After a wrong password everything else is refused too, for want of one.
  const reason = reasons.find((error) => !messageOf(error).startsWith('NOAUTH')) ?? reasons[0];
  if (reason !== undefined) throw connectError(url, reason);
}

/** A function, so that the compiler does not take an earlier look at the signal for the present one. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
