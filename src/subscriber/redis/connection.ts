import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { messageOf, ScanWriterError } from '../../scan/index.js';
import { checkAddress, publicAddress } from './address.js';

/** An XREAD with BLOCK comes back at least this often, so that new streams can join (DESIGN decision 1). */
export const BLOCK_MILLISECONDS = 500;

const CONNECT_TIMEOUT = 5_000;
const COMMAND_TIMEOUT = 15_000;
/** A half-open socket (frozen server, lost network) is dropped after this silence; the read is sent again by id. */
const READ_SILENCE = 4_000;
const RETRY_MILLISECONDS = 200;
/** What ioredis and Redis say while a server goes and comes back. */
const TRANSIENT = /Connection is closed|timed out|ECONN|EPIPE|ENOTFOUND|EHOST|LOADING|MaxRetries|Socket/i;

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
  readonly #readers = new Set<Redis>();

  private constructor(url: string, options: ConnectOptions) {
    this.#url = url;
    this.#options = options;
    this.address = publicAddress(url);
    this.commands = new Redis(url, {
      ...this.#commonOptions(),
      commandTimeout: COMMAND_TIMEOUT,
      connectionName: 'bliss-scan-writer',
    });
    this.#watch(this.commands);
  }

  /**
   * @throws ScanWriterError `usage` for a bad address, `unreachable` without an answer,
   *   `refused` when Redis does not let us in
   */
  static async open(url: string, options: ConnectOptions): Promise<RedisConnection> {
    await tryOnce(checkAddress(url));
    const connection = new RedisConnection(url, options);
    await connection.commands.connect();
    return connection;
  }

  /** A further socket for blocking reads; close it with {@link Redis.disconnect}. */
  openReader(): Redis {
    const reader = new Redis(this.#url, {
      ...this.#commonOptions(),
      connectionName: 'bliss-scan-writer:reader',
      blockingTimeout: 2 * BLOCK_MILLISECONDS,
      blockingTimeoutGrace: BLOCK_MILLISECONDS,
      socketTimeout: READ_SILENCE,
    });
    reader.on('error', () => {
      // Said once for all sockets by the command connection.
    });
    this.#readers.add(reader);
    reader.once('end', () => this.#readers.delete(reader));
    return reader;
  }

  /**
   * Runs a read until it succeeds: what a lost connection interrupts is tried again, as long as `reconnect` says.
   * @returns undefined when aborted
   * @throws ScanWriterError `refused` or `unreachable`
   */
  async attempt<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    for (let attempt = 0; ; attempt++) {
      if (signal.aborted) return undefined;
      try {
        return await read();
      } catch (error) {
        // Closing the sockets is how a blocked read is aborted.
        if (isAborted(signal)) return undefined;
        if (error instanceof ScanWriterError) throw error;
        const isTransient = TRANSIENT.test(messageOf(error));
        if (!isTransient || this.#options.reconnect === 'briefly') throw connectError(this.#url, error);
        await sleep(RETRY_MILLISECONDS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  close(): void {
    for (const reader of this.#readers) reader.disconnect();
    this.commands.disconnect();
  }

  #commonOptions() {
    const attempts = this.#options.reconnect === 'forever' ? Infinity : 12;
    return {
      protocol: 2 as const,
      lazyConnect: true,
      connectTimeout: CONNECT_TIMEOUT,
      // INFO may be forbidden to the read-only user.
      enableReadyCheck: false,
      maxRetriesPerRequest: null,
      retryStrategy: (attempt: number) => (attempt > attempts ? null : Math.min(50 * attempt, 500)),
    };
  }

  #watch(redis: Redis): void {
    let why = '';
    let lost = false;
    redis.on('error', (error: Error) => {
      why = error.message;
    });
    redis.on('close', () => {
      if (!lost) this.#options.onStateChange?.('lost', why);
      lost = true;
    });
    redis.on('ready', () => {
      if (lost) this.#options.onStateChange?.('connected', '');
      lost = false;
      why = '';
    });
  }
}

/** One attempt that says in a sentence why it failed; the lasting connections only retry. */
async function tryOnce(url: string): Promise<void> {
  const redis = new Redis(url, {
    protocol: 2,
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT,
    commandTimeout: CONNECT_TIMEOUT,
    enableReadyCheck: false,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  let reason: Error | undefined;
  redis.on('error', (error: Error) => {
    reason ??= error;
  });
  try {
    await redis.connect();
    // Harmless, allowed to every user with +@read, and refused when AUTH or SELECT failed.
    await redis.exists('');
    // AUTH and SELECT errors are only events: the connection would stay, in the wrong database.
    if (reason !== undefined) throw reason;
  } catch (error) {
    throw connectError(url, reason ?? error);
  } finally {
    redis.disconnect();
  }
}

/** A function, so that the compiler does not take an earlier look at the signal for the present one. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

const REPLIES: readonly [RegExp, string][] = [
  [/WRONGPASS|invalid password/i, 'user name or password is wrong'],
  [
    /NOAUTH|Authentication required/i,
    'it asks for a password: put it into the address or $SCAN_WRITER_REDIS',
  ],
  [/NOPERM/i, 'the user may not read: give it at least +@read +@connection on all keys'],
  [/DB index/i, 'it has no database of that number'],
  [
    /without any password configured|no password is set/i,
    'it has no password set, leave it out of the address',
  ],
  [/LOADING/i, 'it is still loading its data, try again in a moment'],
];

/** Turns whatever ioredis throws while connecting or reading into one sentence. */
export function connectError(url: string, error: unknown): ScanWriterError {
  if (error instanceof ScanWriterError) return error;
  const address = publicAddress(url);
  const message = messageOf(error);
  const known = REPLIES.find(([pattern]) => pattern.test(message));
  if (known) {
    return new ScanWriterError('refused', `Redis at ${address} refused: ${known[1]}.`, {
      subject: address,
      cause: error,
    });
  }
  const why = /ParserError|Protocol error/i.test(`${error instanceof Error ? error.name : ''} ${message}`)
    ? 'what answers there is not Redis'
    : message.replace(/\.$/, '');
  return new ScanWriterError(
    'unreachable',
    `No connection to Redis at ${address} (${why}): is it running, is the address right?`,
    {
      subject: address,
      retryable: true,
      cause: error,
    },
  );
}
