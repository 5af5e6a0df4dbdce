import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A redis-server of our own. */
export interface RedisServer {
  /** `redis://127.0.0.1:port`, without a db: `${url}/1` is db 1. */
  readonly url: string;
  readonly port: number;
  /** Unix socket of the same server. */
  readonly socket: string;
  /** The server's process, to kill or to halt it. */
  readonly pid: number;
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** As on the command line of redis-server: `['--maxmemory', '8mb']`. */
  readonly config?: readonly string[];
  /** The same port again, for a server that comes back after it was killed. */
  readonly port?: number;
}

const ATTEMPTS = 3;
const START_TIMEOUT_MS = 10_000;

/** Says the server's pid, waits for its stdin to close (also when we are killed), then ends the server and clears up. */
const GUARD = 'directory=$1; shift; "$@" & echo $!; read _; kill -9 $!; wait; rm -rf "$directory"';

/** redis-server or valkey-server, whichever is on PATH. */
export function findServer(): string | undefined {
  return ['redis-server', 'valkey-server'].find(
    (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
  );
}

/**
 * Starts a Redis: empty, on a free loopback port, its files in a directory of its own, gone when this process is.
 * @param server its program, see {@link findServer}
 */
export async function startRedisServer(
  server: string,
  options: RedisServerOptions = {},
): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    try {
      return await start(server, port, options.config ?? []);
    } catch (error) {
      // somebody may have taken the free port in between
      if (attempt === ATTEMPTS || !String(error).includes('in use')) throw error;
    }
  }
}

async function start(server: string, port: number, config: readonly string[]): Promise<RedisServer> {
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

/** A port that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
