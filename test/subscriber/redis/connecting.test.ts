import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorTag, ScanWriterError } from '../../../src/scan/index.js';
import { RedisConnection } from '../../../src/subscriber/index.js';
import { hasRedisServer, startRedis, type TestRedis } from '../../support/testRedis.js';

const PASSWORD = 's3cr/et';
const IN_URL = encodeURIComponent(PASSWORD);

describe.skipIf(!hasRedisServer())('opening a connection', () => {
  let server: TestRedis;
  let locked: TestRedis;

  beforeAll(async () => {
    server = await startRedis();
    locked = await startRedis({ config: ['--requirepass', PASSWORD] });
    const admin = new Redis(locked.url, { password: PASSWORD });
    await admin.call('ACL', 'SETUSER', 'nobody', 'on', `>${PASSWORD}`, '+@connection');
    await admin.call('ACL', 'SETUSER', 'reader', 'on', `>${PASSWORD}`, '+@read', '+@connection', '~*');
    admin.disconnect();
  });
  afterAll(async () => {
    await server.stop();
    await locked.stop();
  });

  async function refusal(url: string): Promise<ScanWriterError> {
    const opened = RedisConnection.open(url, { reconnect: 'forever' });
    return opened.then(
      (connection) => {
        connection.close();
        throw new Error('It is open.');
      },
      (error: unknown) => error as ScanWriterError,
    );
  }

  const at = (redis: TestRedis, user: string, db = '1') => `redis://${user}@127.0.0.1:${redis.port}/${db}`;

  it.concurrent.each<[string, () => string, ErrorTag, RegExp]>([
    ['a wrong password', () => at(locked, `:${IN_URL}x`), 'refused', /user name or password is wrong/],
    ['a wrong user', () => at(locked, `somebody:${IN_URL}`), 'refused', /user name or password is wrong/],
    ['no password', () => `${locked.url}/1`, 'refused', /asks for a password/],
    ['a user without rights', () => at(locked, `nobody:${IN_URL}`), 'refused', /\+@read/],
    ['a db that is not there', () => `${server.url}/99`, 'refused', /no database of that number/],
    ['a port where nobody listens', () => 'redis://127.0.0.1:1/1', 'unreachable', /ECONNREFUSED/],
    [
      'a host that is not there',
      () => 'redis://nowhere.invalid:6380/1',
      'unreachable',
      /ENOTFOUND|EAI_AGAIN/,
    ],
    ['a socket that is not there', () => '/nowhere/redis.sock', 'unreachable', /ENOENT/],
    ['a socket that is none', () => 'unix:///etc/passwd', 'unreachable', /ECONNREFUSED|ENOTSOCK/],
    [
      'TLS where there is none',
      () => `${server.url.replace('redis', 'rediss')}/1`,
      'unreachable',
      /is it running/,
    ],
    ['no address', () => `localhost:${server.port}`, 'usage', /write it like/],
    ['a password with bare signs', () => `redis://user:${PASSWORD}@host`, 'usage', /not a Redis address/],
  ])('%s is said in one sentence without the password', async (_, url, tag, sentence) => {
    const error = await refusal(url());
    expect(error).toMatchObject({ name: 'ScanWriterError', tag });
    expect(error.message).toMatch(sentence);
    expect(error.message).toMatch(/^[^\n]*[.?]$/);
    expect(`${error.message} ${error.subject ?? ''}`).not.toMatch(/s3cr/);
    expect(error.retryable).toBe(tag === 'unreachable');
  });

  describe('to something that is not Redis', () => {
    let stranger: Server | undefined;
    const sockets = new Set<Socket>();

    afterEach(() => {
      for (const socket of sockets) socket.destroy();
      stranger?.close();
    });

    async function listen(answer: (socket: Socket) => void): Promise<string> {
      stranger = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('data', () => {
          answer(socket);
        });
      }).listen(0, '127.0.0.1');
      await once(stranger, 'listening');
      return `redis://127.0.0.1:${(stranger.address() as AddressInfo).port}/1`;
    }

    it.each([
      ['answers HTTP', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /is not Redis/],
      ['closes', (socket: Socket) => socket.end(), /is it running/],
      ['answers nothing', () => undefined, /timed out/],
    ])('that %s is unreachable', async (_, answer, sentence) => {
      const error = await refusal(await listen(answer));
      expect(error).toMatchObject({ tag: 'unreachable', retryable: true });
      expect(error.message).toMatch(sentence);
    });
  });

  it.each([
    ['a unix socket', () => server.socket ?? ''],
    ['a unix socket as URL', () => `unix://${server.socket ?? ''}?db=1`],
    ['a user and a password', () => at(locked, `reader:${IN_URL}`)],
    ['only a password', () => at(locked, `:${IN_URL}`)],
  ])('works with %s', async (_, url) => {
    const connection = await RedisConnection.open(url(), { reconnect: 'forever' });
    expect(await connection.commands.exists('x')).toBe(0);
    const reader = connection.openReader();
    expect(await reader.xread('STREAMS', 'x', '0')).toEqual([]);
    expect(connection.address).not.toContain('s3cr');
    connection.close();
  });

  it.each([
    ['/1', 1],
    ['', 0],
  ])('with "%s" reads that db with both sockets', async (path, db) => {
    const redis = new Redis(`${server.url}/${db}`);
    await redis.xadd('where', '1-0', 'db', String(db));
    const connection = await RedisConnection.open(`${server.url}${path}`, { reconnect: 'forever' });
    const entry = ['1-0', ['db', String(db)]];
    expect(await connection.commands.xread('STREAMS', 'where', '0')).toEqual([['where', [entry]]]);
    const [stream] = await connection.openReader().xread('STREAMS', 'where', '0');
    expect(stream?.entries[0]?.fields.map(String)).toEqual(['db', String(db)]);
    connection.close();
    redis.disconnect();
  });
});
