import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { inject } from 'vitest';

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

export interface TestRedisOptions {
  /** As on the command line of redis-server: `['--maxmemory', '8mb']`. Needs a server of our own. */
  readonly config?: readonly string[];
  /** The same port again, for a server that comes back after it was killed. */
  readonly port?: number;
}

export const HOW_TO_GET_REDIS = `There is no Redis to test against. Do one of these:
  - put redis-server or valkey-server on PATH (apt-get install redis-server, brew install redis)
  - start Docker: a container is then started for the tests
  - set SCAN_WRITER_TEST_REDIS to the url of an EMPTY db of a Redis, such as redis://127.0.0.1:6379/9
    (tests that need a server of their own are skipped)`;

const ATTEMPTS = 3;
const START_TIMEOUT_MS = 10_000;

/** Says the server's pid, waits for its stdin to close (also when we are killed), then ends the server and clears up. */
const GUARD = 'directory=$1; shift; "$@" & echo $!; read _; kill -9 $!; wait; rm -rf "$directory"';

/** What `globalSetup` found. False: skip what needs Redis. Never false in CI. */
export const hasRedis = (): boolean => inject('redis') !== 'none';

/** Whether tests can start servers of their own, with a `pid` and any `config`. */
export const hasRedisServer = (): boolean => inject('redis') === 'binary';

/**
 * Starts a Redis for one test file (call it in `beforeAll`, `stop` in `afterAll`): empty, on a free loopback port, its
 * files in a directory of its own, gone when the test process is.
 */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const url = process.env['SCAN_WRITER_TEST_REDIS'];
  if (url && options.config === undefined && options.port === undefined) return await borrowDb(url);
  const server = findServer();
  if (server === undefined) return await startContainer(options);
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    try {
      return await startServer(server, port, options.config ?? []);
    } catch (error) {
      // somebody may have taken the free port in between
      if (attempt === ATTEMPTS || !String(error).includes('in use')) throw error;
    }
  }
}

/** redis-server or valkey-server, whichever is on PATH. */
export function findServer(): string | undefined {
  return ['redis-server', 'valkey-server'].find(
    (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
  );
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

async function startServer(server: string, port: number, config: readonly string[]): Promise<TestRedis> {
  const directory = await mkdtemp(path.join(tmpdir(), 'scan-writer-redis-'));
  const socket = path.join(directory, 'socket');
  const log = path.join(directory, 'log');
  const settings = {
    '--port': String(port),
    '--bind': '127.0.0.1',
    '--unixsocket': socket,
    '--dir': directory,
    '--logfile': log,
    '--save': '',
    '--appendonly': 'no',
  };
  const command = [server, ...Object.entries(settings).flat(), ...config];
  const guard = spawn('/bin/sh', ['-c', GUARD, 'sh', directory, ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true, // a Ctrl-C is for the tests, the guard has to outlive them
  });
  let said = '';
  let complaint = '';
  guard.stdout.on('data', (text: Buffer) => {
    said += text.toString();
  });
  guard.stderr.on('data', (text: Buffer) => {
    complaint += text.toString();
  });
  const gone = once(guard, 'exit');
  const stop = async () => {
    guard.stdin.end();
    await gone;
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  let text = '';
  while (!text.includes('Ready to accept connections')) {
    if (Date.now() > deadline || /FATAL|Failed listening|in use/.test(text + complaint)) {
      await stop();
      throw new Error(`${server} did not start on port ${port}: ${text}${complaint}`);
    }
    await sleep(10);
    text = await readFile(log, 'utf8').catch(() => '');
  }
  return { url: `redis://127.0.0.1:${port}`, port, socket, pid: Number(said), stop };
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

async function startContainer({ config = [], port }: TestRedisOptions): Promise<TestRedis> {
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
