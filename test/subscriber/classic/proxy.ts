import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Proxy {
  readonly url: string;
  /** Connections that were cut. */
  readonly cuts: number;
  close(): void;
}

/**
 * A way to a server on which the n-th connection is cut after `budgets[n]` bytes of answers, wherever in an answer that is;
 * later ones are left alone.
 */
export async function cuttingProxy(port: number, budgets: readonly number[]): Promise<Proxy> {
  const left = [...budgets];
  const sockets = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    let budget = left.shift() ?? Infinity;
    const upstream = connect(port, '127.0.0.1');
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.pipe(upstream);
    upstream.on('data', (data: Buffer) => {
      const part = data.subarray(0, budget);
      budget -= part.length;
      client.write(part, () => {
        if (part.length === data.length) return;
        cuts++;
        end();
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get cuts() {
      return cuts;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
