import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScanWriterError } from '../scan/index.js';

export interface PrivateRedis {
  /** Address of its database 1, by a Unix socket: no port is taken. */
  readonly url: string;
  stop(): Promise<void>;
}

const SERVERS = ['redis-server', 'valkey-server'];
const START_MILLISECONDS = 10_000;
/** Ends the server when our end of its stdin closes, also when we are killed. */
const GUARD = '"$@" & read _; kill $!; wait';

/**
 * Starts a redis-server that nobody else sees, and that is gone when this process is.
 * @throws ScanWriterError `usage` when none is installed
 */
export async function startPrivateRedis(): Promise<PrivateRedis> {
  const server = SERVERS.map(findProgram).find((program) => program !== undefined);
  if (server === undefined) {
    throw new ScanWriterError(
      'usage',
      'The demo needs a redis-server of its own: install one (Debian: apt-get install redis-server) and try again.',
    );
  }
  const directory = await mkdtemp(path.join(tmpdir(), 'scan-writer-demo-'));
  const socket = path.join(directory, 'redis.sock');
  const args = [
    '--port',
    '0',
    '--unixsocket',
    socket,
    '--dir',
    directory,
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  // A group of its own: Ctrl-C in the terminal is for us, not for the server.
  const child = spawn('sh', ['-c', GUARD, 'sh', server, ...args], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const ended = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  for (let waited = 0; !existsSync(socket); waited += 20) {
    if (waited > START_MILLISECONDS || child.exitCode !== null) {
      await stop();
      throw new ScanWriterError('unreachable', `${server} does not start: try it by hand.`, {
        subject: server,
      });
    }
    await sleep(20);
  }
  return { url: `unix://${socket}?db=1`, stop };
}

function findProgram(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.join(folder, name)).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
