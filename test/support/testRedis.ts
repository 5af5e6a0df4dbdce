import { Redis } from 'ioredis';
import { inject } from 'vitest';
import { findServer, startRedisServer, type RedisServerOptions } from './redisServer.js';

/** Where tests get a Redis from: a db somebody named, a server of their own, a container, or nowhere. */
export type RedisSource = 'url' | 'binary' | 'docker' | 'none';

export interface TestRedis {
  /** `redis://127.0.0.1:port`, without a db: `${url}/1` is db 1. With SCAN_WRITER_TEST_REDIS: that url, db and all. */
  readonly url: string;
  readonly port: number;
  /** Unix socket of the same server; undefined when it is not our own process. */
  readonly socket: string | undefined;
  /** The server's process, to kill or to halt it; undefined when it is not our own process. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

export const HOW_TO_GET_REDIS = `There is no Redis to test against. Do one of these:
  - put redis-server or valkey-server on PATH (apt-get install redis-server, brew install redis)
  - start Docker: a container is then started for the tests
  - set SCAN_WRITER_TEST_REDIS to the url of an EMPTY db of a Redis, such as redis://127.0.0.1:6379/9
    (tests that need a server of their own are skipped)`;

/** What `globalSetup` found. False: skip what needs Redis. Never false in CI. */
export const hasRedis = (): boolean => inject('redis') !== 'none';

/** Whether tests can start servers of their own, with a `pid` and any `config`. */
export const hasRedisServer = (): boolean => inject('redis') === 'binary';

/**
 * Starts a Redis for one test file (call it in `beforeAll`, `stop` in `afterAll`): empty, on a free loopback port, its
 * files in a directory of its own, gone when the test process is.
 */
export async function startRedis(options: RedisServerOptions = {}): Promise<TestRedis> {
  const url = process.env['SCAN_WRITER_TEST_REDIS'];
  if (url && options.config === undefined && options.port === undefined) return await borrowDb(url);
  const server = findServer();
  if (server === undefined) return await startContainer(options);
  return await startRedisServer(server, options);
}

/** For `globalSetup`: where Redis will come from, tried once. */
export async function findRedis(): Promise<RedisSource> {
  if (process.env['SCAN_WRITER_TEST_REDIS']) return 'url';
  if (findServer() !== undefined) return 'binary';
  try {
    await (await startContainer({})).stop();
    return 'docker';
  } catch {
    return 'none';
  }
}

async function borrowDb(url: string): Promise<TestRedis> {
  const client = new Redis(url, { protocol: 2, lazyConnect: true, retryStrategy: () => null });
  await client.connect();
  if ((await client.dbsize()) > 0) {
    client.disconnect();
    throw new Error('The db that SCAN_WRITER_TEST_REDIS names has keys; the tests take only an empty one.');
  }
  const stop = async () => {
    await client.flushdb(); // it was empty, what it holds now is of this test
    client.disconnect();
  };
  return { url, port: client.options.port ?? 6379, socket: undefined, pid: undefined, stop };
}

async function startContainer({ config = [], port }: RedisServerOptions): Promise<TestRedis> {
  try {
    const { GenericContainer } = await import('testcontainers');
    const exposed = port === undefined ? 6379 : { container: 6379, host: port };
    const container = await new GenericContainer('redis:7-alpine')
      .withExposedPorts(exposed)
      .withCommand(['redis-server', '--save', '', ...config])
      .start();
    const mapped = container.getMappedPort(6379);
    const stop = async () => {
      await container.stop();
    };
    return {
      url: `redis://${container.getHost()}:${mapped}`,
      port: mapped,
      socket: undefined,
      pid: undefined,
      stop,
    };
  } catch (error) {
    throw new Error(HOW_TO_GET_REDIS, { cause: error });
  }
}
