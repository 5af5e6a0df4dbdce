import { Redis } from 'ioredis';
import { test } from 'vitest';
import { RedisConnection, type ConnectOptions } from '../../../src/subscriber/index.js';
import { startRedis, type TestRedis } from '../../support/testRedis.js';
import { Publisher } from './publisher.js';

/** Servers, clients and connections of one test; tests wait beside each other, so each has its own. */
export class Laboratory {
  readonly #cleanups: (() => unknown)[] = [];

  async server(options: Parameters<typeof startRedis>[0] = {}): Promise<TestRedis> {
    const server = await startRedis(options);
    this.finally(() => server.stop());
    return server;
  }

  publisher(server: TestRedis): Publisher {
    const redis = new Redis(server.url, { protocol: 2 });
    redis.on('error', () => undefined);
    this.finally(() => {
      redis.disconnect();
    });
    return new Publisher(redis);
  }

  async connect(url: string, options: Partial<ConnectOptions> = {}): Promise<RedisConnection> {
    const connection = await RedisConnection.open(url, { reconnect: 'forever', ...options });
    this.finally(() => {
      connection.close();
    });
    return connection;
  }

  finally(cleanup: () => unknown): void {
    this.#cleanups.unshift(cleanup);
  }

  async clear(): Promise<void> {
    for (const cleanup of this.#cleanups) await cleanup();
  }
}

/** `it` with a laboratory of its own. */
export const it = test.extend<{ lab: Laboratory }>({
  // Vitest reads from this pattern which fixtures are needed: none.
  lab: async ({}, use) => {
    const lab = new Laboratory();
    await use(lab);
    await lab.clear();
  },
});

/** The guard ends also a server that stands still. */
export function freeze(server: TestRedis): void {
  process.kill(server.pid ?? 0, 'SIGSTOP');
}

export function thaw(server: TestRedis): void {
  process.kill(server.pid ?? 0, 'SIGCONT');
}
