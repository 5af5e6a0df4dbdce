import { readdirSync, readFileSync } from 'node:fs';
import { kill } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mapTo } from '../support/acceptance.js';
import { replayAll } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasTango } from '../support/tango.js';
import { hasRedis, startRedis, type TestRedis } from '../support/testRedis.js';
import { complaintOf, scanWriterProgram, SESSION, TangoClient, TangoServer } from './support.js';

/** Processes that a process has started, and that run. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [, state, ppid] = /\) (\w) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
        return Number(ppid) === parent && state !== 'Z';
      } catch {
        return false; // it has just ended
      }
    })
    .map(Number);
}

async function ended(pid: number): Promise<void> {
  for (;;) {
    try {
      kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe.skipIf(!hasTango() || !hasRedis())('NexusWriterService --run', () => {
  let redis: TestRedis;
  let client: TangoClient;
  let start: () => Promise<TangoServer>;

  beforeAll(async () => {
    redis = await startRedis();
    client = new TangoClient();
    const directory = await scratchDirectory();
    const program = await scanWriterProgram();
    const state = await scratchDirectory();
    start = () => {
      const run = ['--redis', `${redis.url}/1`, '--map', mapTo(directory), '--state', state];
      return TangoServer.start({ args: ['--run', '--scan-writer', program], run });
    };
  });
  afterAll(async () => {
    await client.end();
    await redis.stop();
  });

  it('starts the service, again when it dies, and ends it', async () => {
    const server = await start();
    const device = server.device(SESSION);
    await client.stateUntil(device, 'ON');
    await replayAll(`${redis.url}/1`, ['ct'], 0);
    await client.until(
      () => client.command(device, 'scan_state', '1_ct'),
      (state) => state === 'OFF',
    );
    const [service = 0] = childrenOf(server.pid);
    kill(service, 'SIGKILL');
    await client.stateUntil(device, 'FAULT');
    await client.stateUntil(device, 'ON');
    // What was written is known from the state folder.
    expect((await client.command(device, 'scan_exists', '1_ct')).value).toBe(true);
    const [next = 0] = childrenOf(server.pid);
    expect(await server.end('SIGTERM')).toBe(0);
    expect(next).toBeGreaterThan(0);
    await ended(next);
  });

  it('leaves no service behind when it is killed itself', async () => {
    const server = await start();
    await client.stateUntil(server.device(SESSION), 'ON');
    const [service = 0] = childrenOf(server.pid);
    expect(service).toBeGreaterThan(0);
    await server.end('SIGKILL');
    await ended(service);
  });

  it('says why the service cannot be started', async () => {
    const server = await TangoServer.start({ args: ['--run', '--scan-writer', '/nowhere/scan-writer'] });
    try {
      const device = server.device(SESSION);
      await client.stateUntil(device, 'FAULT');
      const status = await client.command(device, 'Status');
      expect(status.value).toMatch(/\/nowhere\/scan-writer cannot be started \(No such file or directory\)/);
    } finally {
      await server.end();
    }
  });
});

describe.skipIf(!hasTango())('NexusWriterService', () => {
  it.each([
    ['--http takes', ['test', '--http', 'nowhere'], /nowhere is no address of the writer service/],
    ['--http of a port', ['test', '--http', '127.0.0.1:99999'], /no address/],
    [
      'a session without a device',
      ['test', '--session', 'exp1'],
      /--session takes NAME=DOMAIN\/FAMILY\/MEMBER/,
    ],
    ['a session twice', ['test', '--session', 'a=a/b/c', '--session', 'a=a/b/d'], /one device/],
    ['options for nobody', ['test', '--', '--root', '/data'], /give --run/],
    ['its own option of the service', ['test', '--run', '--', '--http', '8350'], /before --/],
    ['no token', ['test', '--token-file', '/nowhere'], /token cannot be read from \/nowhere/],
    ['no instance', ['--run'], /INSTANCE/],
    ['a level', ['test', '--log', 'loud'], /--log takes/],
  ])('says in a sentence what is wrong with %s', async (_, args, sentence) => {
    const [status, complaint] = await complaintOf('bliss_scan_writer_tango', args);
    expect(complaint).toMatch(sentence);
    expect(complaint).not.toMatch(/Traceback/);
    expect(status).toBe(2);
  });
});
