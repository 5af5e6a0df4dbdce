import { once } from 'node:events';
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { messageOf, ScanWriterError } from '../../scan/index.js';
import { addressText, type HttpAddress } from './address.js';

export interface Listening {
  /** With the port that was given, where any was wanted. */
  readonly address: HttpAddress;
  /** Answers that are under way have a moment to be taken. */
  close(): Promise<void>;
}

const SOCKET_MODE = 0o600;
const CLOSE_MILLISECONDS = 500;

/**
 * Opens the door. The socket file of a process that is dead is replaced.
 * @throws ScanWriterError `usage` when the address cannot be had
 */
export async function listen(server: Server, address: HttpAddress): Promise<Listening> {
  try {
    if (address.kind === 'tcp') {
      await opened(server, () => server.listen({ host: address.host, port: address.port }));
    } else await listenOnSocket(server, address.path);
  } catch (error) {
    throw new ScanWriterError('usage', `--http: ${addressText(address)} cannot be had: ${explain(error)}.`, {
      cause: error,
    });
  }
  const bound = server.address();
  const port = typeof bound === 'object' ? bound?.port : undefined;
  return {
    address: address.kind === 'tcp' ? { ...address, port: port ?? address.port } : address,
    close: () => close(server),
  };
}

async function opened(server: Server, start: () => void): Promise<void> {
  const listening = once(server, 'listening');
  start();
  await listening;
}

async function listenOnSocket(server: Server, path: string): Promise<void> {
  await removeDeadSocket(path);
  // Nobody else may get in between making it and changing its mode.
  const umask = process.umask(0o777 & ~SOCKET_MODE);
  try {
    await opened(server, () => server.listen(path));
  } finally {
    process.umask(umask);
  }
  chmodSync(path, SOCKET_MODE);
}

/** @throws Error when something else is there, or somebody listens */
async function removeDeadSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error('there is a file of that name that is no socket');
  const socket = connect(path);
  try {
    await once(socket, 'connect');
  } catch {
    unlinkSync(path);
    return;
  } finally {
    socket.destroy();
  }
  throw new Error('another process listens there');
}

function explain(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'another process listens there';
  if (code === 'EACCES') return 'this user may not';
  return messageOf(error);
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeIdleConnections();
  const timer = setTimeout(() => {
    server.closeAllConnections();
  }, CLOSE_MILLISECONDS);
  await closed;
  clearTimeout(timer);
}
