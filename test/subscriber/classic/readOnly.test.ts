import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSessions, listScans, RedisConnection, watchScans } from '../../../src/subscriber/index.js';
import { recordingMeta } from '../../support/recordings.js';
import { replayAll } from '../../support/replaying.js';
import { hasRedisServer, startRedis, type TestRedis } from '../../support/testRedis.js';
import { follow, NEVER, receivedOf } from './following.js';
import { expectPublished, publishedBy } from './published.js';

const RECORDING = 'sequence_and_group';
const { scans } = recordingMeta(RECORDING);

describe.skipIf(!hasRedisServer())('a user who may only read', () => {
  let server: TestRedis;
  let admin: Redis;
  let connection: RedisConnection;

  beforeAll(async () => {
    server = await startRedis();
    admin = new Redis(`${server.url}/1`);
    await admin.call('ACL', 'SETUSER', 'reader', 'on', '>pw', '+@read', '+@connection', '~*');
    const url = `${server.url.replace('//', '//reader:pw@')}/1`;
    connection = await RedisConnection.open(url, { reconnect: 'briefly' });
  });
  afterAll(async () => {
    connection.close();
    admin.disconnect();
    await server.stop();
  });

  it('can find, list, watch and follow scans', async () => {
    const followed = followAll();
    await replayAll(`${server.url}/1`, [RECORDING], 5);
    expectPublished(receivedOf(await followed), publishedBy(RECORDING));
    expect(await findSessions(connection.commands)).toEqual(['inhse_session']);
    expect(await listScans(connection, 'inhse_session', NEVER)).toHaveLength(scans.length);
  });

  it('is never refused, and nothing else is asked of Redis than to read', async () => {
    await admin.call('ACL', 'LOG', 'RESET');
    const commands = new Set<string>();
    const monitor = await admin.duplicate().monitor();
    monitor.on('monitor', (_time: string, [name = '']: string[]) => commands.add(name.toLowerCase()));
    const restarted = await RedisConnection.open(urlOfReader(), {
      reconnect: 'briefly',
    });
    await findSessions(restarted.commands);
    await listScans(restarted, 'inhse_session', NEVER);
    for (const { db_name: dbName } of scans) await follow(restarted, dbName, { wait: true });
    await sleep(100);
    monitor.disconnect();
    restarted.close();

    expect(commands).toContain('xread');
    expect(await admin.call('ACL', 'LOG')).toEqual([]);
    const names = [...commands].filter((name) => name !== 'acl');
    const writing = [];
    for (const name of names) {
      const [info] = (await admin.command('INFO', name)) as [string, number, string[]][];
      const flags = info?.[2].map(String) ?? [];
      if (flags.includes('write') || !(flags.includes('readonly') || isHarmless(name))) writing.push(name);
    }
    expect(writing).toEqual([]);
  });

  function isHarmless(name: string): boolean {
    // The commands of `client` and `xinfo` have flags of their own.
    return ['auth', 'select', 'client', 'hello', 'ping', 'xinfo'].includes(name);
  }

  function urlOfReader(): string {
    return `${server.url.replace('//', '//reader:pw@')}/1`;
  }

  async function followAll() {
    const followed = [];
    for await (const { dbName } of watchScans(connection, 'inhse_session', { wait: true, signal: NEVER })) {
      followed.push(follow(connection, dbName, { wait: true }));
      if (followed.length === scans.length) break;
    }
    return (await Promise.all(followed)).flat();
  }
});
