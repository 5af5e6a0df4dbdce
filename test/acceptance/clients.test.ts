import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesBelow, mapTo } from '../support/acceptance.js';
import { startExample, startScanWriter, type CliResult } from '../support/cli.js';
import { replayAll } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedisServer, startRedis, type TestRedis } from '../support/testRedis.js';

const SESSION = 'inhse_session';
const SCAN = `${SESSION}:mnt:beamline00:ascan:1_ascan`;
const DIODE = 'simulation_diode_sampling_controller:diode3';
/** Points and scalar channels of the recorded ascan. */
const [POINTS, CHANNELS] = [11, 6];

const READING = new Set(
  'exists hmget hgetall hget xread xlen xinfo scan type lrange ping select client hello auth'.split(' '),
);

interface Line {
  readonly event: string;
  readonly channel?: string;
  readonly first?: number;
  readonly count?: number;
  readonly values?: number[];
  readonly total?: number;
}

describe.skipIf(!hasRedisServer())('three clients and the writer at once, with a read-only user', () => {
  let redis: TestRedis;
  let directory: string;
  let followed: CliResult;
  let session: CliResult;
  let peak: CliResult;
  let written: CliResult;
  const monitored: { address: string; command: string }[] = [];
  const users = new Map<string, string>();
  let refusals: unknown;

  beforeAll(async () => {
    redis = await startRedis();
    directory = await scratchDirectory();
    const admin = new Redis(`${redis.url}/1`, { protocol: 2 });
    await admin.call('ACL', 'SETUSER', 'reader', 'on', '>secret', '~*', '+@read', '+@connection');
    const monitor = await admin.monitor();
    monitor.on('monitor', (_, [command = '']: string[], address: string) => {
      monitored.push({ address, command: command.toLowerCase() });
    });
    const watching = new AbortController();
    const watch = recordUsers(admin, users, watching.signal);

    const url = redis.url.replace('://', '://reader:secret@') + '/1';
    const follow = startScanWriter(['follow', SESSION, '--redis', url, '--json']);
    const sessionExample = startExample('follow-session', [url, SESSION]);
    const peakExample = startExample('peak-watch', [url, SESSION, 'diode3']);
    const run = startScanWriter(['run', '--session', SESSION, '--redis', url, '--map', mapTo(directory)]);
    await run.waitFor('following');
    await sleep(1_000);
    await replayAll(`${redis.url}/1`, ['ascan'], 2);
    await Promise.all([
      follow.waitFor('"scanEnded"'),
      sessionExample.waitFor('ended: SUCCESS'),
      peakExample.waitFor(`diode3[${POINTS - 1}]`),
      run.waitFor('SUCCEEDED'),
    ]);
    [followed, session, peak, written] = await Promise.all([
      follow.end('SIGTERM'),
      sessionExample.end('SIGINT'),
      peakExample.end('SIGINT'),
      run.end('SIGTERM'),
    ]);
    watching.abort();
    await watch;
    refusals = await admin.call('ACL', 'LOG');
    monitor.disconnect();
    admin.disconnect();
  }, 90_000);
  afterAll(() => redis.stop());

  it('ends each with 0', () => {
    for (const result of [followed, session, peak, written]) expect(result.status, result.stderr).toBe(0);
  });

  it('shows every point of every channel to follow --json', () => {
    const lines = followed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    expect(lines[0]).toMatchObject({ event: 'scanStarted', scan: SCAN, session: SESSION });
    expect(lines.at(-1)).toMatchObject({ event: 'scanEnded', state: 'DONE', end_reason: 'SUCCESS' });
    const next = new Map<string, number>();
    for (const { event, channel = '', first, count = 0, values } of lines) {
      if (event !== 'chunk') continue;
      expect(first).toBe(next.get(channel) ?? 0);
      expect(values).toHaveLength(count);
      next.set(channel, (next.get(channel) ?? 0) + count);
    }
    expect([...next.values()]).toEqual(Array(CHANNELS).fill(POINTS));
    const totals = lines.filter(({ event }) => event === 'channelEnded').map(({ total }) => total);
    expect(totals).toEqual(Array(CHANNELS).fill(POINTS));
  });

  it('shows both examples every point', () => {
    expect(session.stdout).toBe(
      `${SCAN} started: ascan robx 0 1 10 0.05\n${SCAN} ended: SUCCESS, ${POINTS * CHANNELS} points\n`,
    );
    const values = followed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
      .filter(({ event, channel }) => event === 'chunk' && channel === DIODE)
      .flatMap((line) => line.values ?? []);
    const printed = peak.stdout.split('\n').filter((line) => line.includes('diode3['));
    expect(printed).toEqual(values.map((value, index) => `${SCAN} diode3[${index}] = ${value}`));
  });

  it('writes the file beside them', async () => {
    expect(await filesBelow(directory, /\.h5$/)).toHaveLength(2);
  });

  it('writes nothing to Redis', () => {
    const ours = monitored.filter(({ address }) => users.get(address) === 'reader');
    expect(ours.length).toBeGreaterThan(100);
    expect(new Set(ours.map(({ command }) => command).filter((command) => !READING.has(command)))).toEqual(
      new Set(),
    );
    expect(refusals).toEqual([]);
  });
});

/** Address -> user of all connections, as long as nobody says stop. */
async function recordUsers(admin: Redis, users: Map<string, string>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const line of String(await admin.call('CLIENT', 'LIST')).split('\n')) {
      const address = / addr=(\S+)/.exec(line)?.[1];
      const user = / user=(\S+)/.exec(line)?.[1];
      if (address !== undefined && user !== undefined) users.set(address, user);
    }
    await sleep(50);
  }
}
