import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { RedisConnection } from '../../../src/subscriber/index.js';
import { startRedis, type TestRedis } from '../../support/testRedis.js';
import { Publisher } from './publisher.js';

export interface Setup {
  server: TestRedis;
  /** A client to publish with. */
  redis: Redis;
  publisher: Publisher;
  connection: RedisConnection;
}

/** A server, empty before each test, with a client to publish and the connection under test. */
export function withRedis(): Setup {
  const setup = {} as Setup;
  beforeAll(async () => {
    setup.server = await startRedis();
    setup.redis = new Redis(setup.server.url, { protocol: 2 });
    setup.publisher = new Publisher(setup.redis);
    setup.connection = await RedisConnection.open(setup.server.url, { reconnect: 'forever' });
  });
  afterAll(async () => {
    setup.connection.close();
    setup.redis.disconnect();
    await setup.server.stop();
  });
  beforeEach(async () => {
    await setup.redis.flushdb();
  });
  return setup;
}
