import { once } from 'node:events';
import http, { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventClients } from '../../../src/service/http/eventClients.js';
import { EventLog } from '../../../src/service/http/eventLog.js';
import type { StatusEvent } from '../../../src/service/status/index.js';
import { replayAll } from '../../support/replaying.js';
import { scratchDirectory } from '../../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../../support/testRedis.js';
import { TestService } from './support.js';

interface Told {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

const warning = (message = 'careful'): StatusEvent => {
  return { type: 'warning', time: 0, dbName: undefined, detail: { message } };
};

/** Follows events until one of a type, and says which came. */
async function follow(port: number, last: string, headers: Record<string, string> = {}): Promise<Told[]> {
  const request = http.get({ host: '127.0.0.1', port, path: '/api/events', headers, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect(response.headers['content-type']).toBe('text/event-stream');
  const told: Told[] = [];
  let text = '';
  for await (const part of response as AsyncIterable<Buffer>) {
    text += part.toString();
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    told.push(...blocks.flatMap(parse));
    if (told.some(({ event }) => event === last)) break;
  }
  request.destroy();
  return told;
}

function parse(block: string): Told[] {
  const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
  const event = fields.get('event');
  if (event === undefined) return [];
  return [{ id: fields.get('id'), event, data: JSON.parse(fields.get('data') ?? '{}') as Told['data'] }];
}

describe.skipIf(!hasRedis())('/api/events', () => {
  let redis: TestRedis;
  let service: TestService;

  beforeAll(async () => {
    redis = await startRedis();
    service = await TestService.start({ redis: `${redis.url}/1`, directory: await scratchDirectory() });
  });
  afterAll(async () => {
    await service.end();
    await redis.stop();
  });

  it('tells the life of a scan, and goes on after the event that a client has seen last', async () => {
    const following = follow(service.port, 'scanEnded');
    // The answer to this comes after the one before was begun.
    await follow(service.port, 'hello');
    await replayAll(`${redis.url}/1`, ['ct'], 0);
    const told = await following;
    const types = told.map(({ event }) => event).filter((event) => event !== 'scanProgress');
    expect(types).toEqual(['hello', 'sessionFollowed', 'scanFound', 'scanStarted', 'scanEnded']);
    const ended = told.at(-1);
    expect(ended?.data).toMatchObject({ state: 'finished', status: 'SUCCEEDED' });

    const found = told.find(({ event }) => event === 'scanFound');
    const again = await follow(service.port, 'scanEnded', { 'Last-Event-ID': found?.id ?? '' });
    expect(again.map(({ event }) => event)).toEqual(['scanStarted', 'scanEnded']);
    expect(again.at(-1)).toEqual(ended);
  });

  it('says that something was missed when it cannot know what a client has seen', async () => {
    const told = await follow(service.port, 'scanEnded', { 'Last-Event-ID': 'another-7' });
    expect(told[0]?.event).toBe('missed');
    expect((await follow(service.port, 'missed', { 'Last-Event-ID': '\u00ff; drop' }))[0]?.event).toBe(
      'missed',
    );
  });

  it('tells when Redis is lost and back, and is not ready meanwhile', async () => {
    const lost = follow(service.port, 'connectionLost');
    await follow(service.port, 'hello');
    const other = redis;
    await other.stop();
    expect((await lost).at(-1)?.event).toBe('connectionLost');
    const { status, json } = await service.ask('/readyz');
    expect(status).toBe(503);
    expect(json).toMatchObject({
      is_ready: false,
      reasons: [expect.stringMatching(/Redis is lost/) as string],
    });
    const back = follow(service.port, 'connectionBack');
    redis = await startRedis({ port: other.port });
    expect((await back).at(-1)?.event).toBe('connectionBack');
    expect((await service.ask('/metrics')).body.toString()).toContain(
      'scan_writer_redis_reconnects_total 1\n',
    );
  });
});

describe('the log of events', () => {
  it('keeps a bounded number, and says when more was missed', () => {
    const log = new EventLog(0);
    const first = log.lastId;
    for (let n = 0; n < 1_000; n++) log.add(warning());
    expect(log.since(first)).toMatchObject({ isMore: false, events: { length: 1_000 } });
    log.add(warning());
    expect(log.since(first)).toMatchObject({ isMore: true, events: { length: 1_000 } });
    expect(log.since(log.lastId)).toEqual({ isMore: false, events: [] });
  });

  it('does not keep progress', () => {
    const log = new EventLog(0);
    const { text } = log.add({ ...warning(), type: 'scanProgress' });
    expect(text).not.toContain('id:');
    expect(log.since(log.lastId).events).toEqual([]);
  });
});

describe('a client that takes nothing', () => {
  it('is dropped, and the others are not', async () => {
    const clients = new EventClients(0);
    const responses: ServerResponse[] = [];
    const server = createServer((_, response) => {
      responses.push(response);
      clients.join(response, undefined);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const get = async (): Promise<IncomingMessage> => {
      const request = http.get({ host: '127.0.0.1', port, agent: false });
      request.on('error', () => undefined);
      return ((await once(request, 'response')) as [IncomingMessage])[0];
    };
    const slow = await get();
    slow.on('error', () => undefined);
    const quick = await get();
    quick.resume();
    const [slowSide, quickSide] = responses;
    while (slowSide?.destroyed === false) {
      clients.add(warning('x'.repeat(10_000)));
      expect(slowSide.writableLength).toBeLessThan(300 * 1024);
      await new Promise((resolve) => setImmediate(resolve));
      while ((quickSide?.writableLength ?? 0) > 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(quickSide?.destroyed).toBe(false);
    clients.close();
    server.closeAllConnections();
    server.close();
  });
});
