import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { filesBelow, mapTo } from '../support/acceptance.js';
import { scanWriter, type CliResult } from '../support/cli.js';
import { pickle, withRedis } from '../support/publish.js';
import { recordingFolder } from '../support/recordings.js';
import { flush, replayAll } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedisServer, startRedis, type TestRedis } from '../support/testRedis.js';

const SCAN = 'inhse_session:mnt:beamline00:loopscan:1_loopscan';
const ALSO = 'inhse_session:mnt:beamline00:ascan:1_ascan';
const CONTROLLER = `${SCAN}:timer:simulation_diode_sampling_controller`;

/** One line on stderr that says what to do, and nothing of our insides. */
function expectOneSentence({ stderr }: CliResult, pattern: RegExp): void {
  expect(stderr.trim().split('\n'), stderr).toHaveLength(1);
  expect(stderr).toMatch(/^scan-writer: .*[.?]\n$/);
  expect(stderr).toMatch(pattern);
  expect(stderr).not.toMatch(/ at .*\.js:\d+/);
}

describe.skipIf(!hasRedisServer())('bad input', () => {
  let redis: TestRedis;
  let url: string;
  let directory: string;

  beforeAll(async () => {
    redis = await startRedis();
    url = `${redis.url}/1`;
    directory = await scratchDirectory();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    await flush(url);
    await replayAll(url, ['loopscan', 'ascan'], 0);
  });

  let runs = 0;
  /** A fresh place for the files of one test. */
  const place = async (): Promise<string> => {
    const fresh = path.join(directory, String(runs++));
    await mkdir(fresh);
    return fresh;
  };
  const backfill = async (scan: string, ...args: string[]): Promise<CliResult> =>
    scanWriter(['backfill', scan, '--redis', url, ...args]);

  it.each<[string, string[], number, RegExp]>([
    ['an unknown scan', ['backfill', 'x', '--root', '/'], 3, /"x" is not in Redis.*scan-writer list/],
    ['a node that is no scan', ['backfill', 'inhse_session', '--root', '/'], 3, /is a container, not a scan/],
    ['no root', ['backfill', SCAN], 2, /outside the directories.*there are none.*--root DIR or --map/],
    [
      'a filename outside every root',
      ['backfill', SCAN, '--root', '/tmp'],
      2,
      /outside.*\(\/tmp\).*--root DIR/,
    ],
    ['a map that is none', ['backfill', SCAN, '--map', '/mnt'], 2, /"\/mnt" is not FROM=TO/],
    [
      'a root that does not exist',
      ['backfill', SCAN, '--map', '/mnt=/no/such/root'],
      1,
      /no\/such\/root does not exist.*mounted/,
    ],
    ['a duration that is none', ['backfill', SCAN, '--flush', 'soon'], 2, /--flush: write a duration/],
    [
      'a compression that is none',
      ['backfill', SCAN, '--compression', 'zip'],
      2,
      /--compression: takes none, gzip/,
    ],
    ['a level that gzip has not', ['backfill', SCAN, '--compression', 'gzip:10'], 2, /gzip:1 to gzip:9/],
    [
      'a chunk of nothing',
      ['backfill', SCAN, '--chunk-size', '1'],
      2,
      /--chunk-size: write a size from 1KiB/,
    ],
    [
      'a calibration that is none',
      ['backfill', SCAN, '--mca-calibration', 'simu1=0'],
      2,
      /"simu1=0" is not MCA=A,B/,
    ],
    ['a template that is none', ['backfill', SCAN, '--file-template', '{dir}/{x}.h5'], 2, /names "\{x\}"/],
    ['run without roots', ['run', '--all-sessions'], 2, /--root DIR.*--map FROM=TO/],
    ['run without sessions', ['run', '--root', '/tmp'], 2, /--session NAME.*--all-sessions/],
    ['a recording that is not there', ['replay', '/no/recording', '--append'], 1, /no\/recording/],
    ['a replay into a db that has keys', ['replay', recordingFolder('ct')], 2, /--append/],
  ])('says what to do about %s', async (_, args, status, sentence) => {
    const result = await scanWriter([...args, '--redis', url]);
    expect(result).toMatchObject({ status, stdout: '' });
    expectOneSentence(result, sentence);
  });

  it.each<[string, string, number, RegExp]>([
    [
      'a port where nothing listens',
      'redis://127.0.0.1:1/1',
      1,
      /No connection.*127\.0\.0\.1:1.*ECONNREFUSED/,
    ],
    ['a host that does not exist', 'redis://no-such-host.invalid/1', 1, /No connection.*no-such-host/],
    ['an address without a scheme', 'localhost:6380', 2, /redis:\/\/host:6380\/1/],
    ['a database that is no number', 'redis://127.0.0.1:1/one', 2, /"one" is not a number/],
  ])('says what is wrong with %s', async (_, address, status, sentence) => {
    const result = await scanWriter(['list', '--redis', address]);
    expect(result.status).toBe(status);
    expectOneSentence(result, sentence);
  });

  it('keeps passwords out of its messages', async () => {
    const guarded = await startRedis({ config: ['--requirepass', 'right'] });
    try {
      const address = (password: string): string => guarded.url.replace('://', `://:${password}@`);
      const wrong = await scanWriter(['list'], { SCAN_WRITER_REDIS: `${address('secret')}/1` });
      expect(wrong.status).toBe(1);
      expectOneSentence(wrong, /refused: user name or password is wrong/);
      expect(wrong.stderr).not.toContain('secret');
      const none = await scanWriter(['list', '--redis', guarded.url]);
      expect(none.status).toBe(1);
      expectOneSentence(none, /asks for a password/);
      expect((await scanWriter(['list', '--redis', `${address('right')}/1`])).status).toBe(0);
    } finally {
      await guarded.stop();
    }
  });

  it('hints at the wrong database', async () => {
    const list = await scanWriter(['list', '--redis', `${redis.url}/7`, '--json']);
    expect(list).toMatchObject({ status: 0, stdout: '{"scans":[]}\n' });
    expect(list.stderr).toMatch(/no BLISS session.*database 1/);
    const result = await scanWriter(['backfill', SCAN, '--redis', `${redis.url}/7`, '--root', '/tmp']);
    expect(result.status).toBe(3);
    expectOneSentence(result, /not in Redis.*no BLISS session/);
  });

  it('refuses options and commands that are not built', async () => {
    for (const args of [['backfill', SCAN, '--http', 'x'], ['run', '--state', 'x'], ['nonsense'], []]) {
      expect((await scanWriter(args)).status, args.join(' ')).toBe(2);
    }
    expect((await scanWriter(['--help'])).status).toBe(0);
  });

  it('does not follow a link out of the roots', async () => {
    const [inside, outside] = [await place(), await place()];
    await symlink(outside, path.join(inside, 'loopscan'));
    const result = await backfill(SCAN, '--map', mapTo(inside));
    expect(result.status).toBe(2);
    expectOneSentence(result, /outside the directories/);
    expect(await filesBelow(outside, /./)).toEqual([]);
  });

  it('says that a directory cannot be made', async () => {
    const root = await place();
    await writeFile(path.join(root, 'loopscan'), 'a file in the way');
    const result = await backfill(SCAN, '--map', mapTo(root));
    expect(result.status).toBe(1);
    expectOneSentence(result, /loopscan is a file, and a directory is needed there/);
    expect(await readFile(path.join(root, 'loopscan'), 'utf8')).toBe('a file in the way');
  });

  it.each<[string, string, Buffer]>([
    ['an empty filename', 'filename', pickle.text('')],
    ['a relative filename', 'filename', pickle.text('data.h5')],
    ['a filename that climbs out', 'filename', pickle.text('/mnt/beamline00/../../etc/passwd')],
    ['a filename that is no text', 'filename', pickle.float(1)],
    ['a scan that is not to be saved', 'save', pickle.boolean(false)],
    ['a scan for another writer', 'data_writer', pickle.text('hdf5')],
    ['a hostile filename', 'filename', pickle.hostile('touch /tmp/owned')],
  ])('refuses %s with 2 and writes nothing', async (_, field, value) => {
    await withRedis(url, (client) => client.hset(`${SCAN}_info`, field, value));
    const root = await place();
    const result = await backfill(SCAN, '--map', mapTo(root));
    expect(result.status, result.stderr).toBe(2);
    expectOneSentence(result, /--output FILE|--unnamed DIR|outside/);
    expect(await filesBelow(root, /./)).toEqual([]);
    const output = path.join(root, 'out.h5');
    expect(await backfill(SCAN, '--output', output)).toMatchObject({ status: 0, stdout: `${output}\n` });
  });

  it('writes a scan without a filename below --unnamed', async () => {
    await withRedis(url, (client) => client.hset(`${SCAN}_info`, 'filename', pickle.text('')));
    const root = await place();
    const { stdout } = await backfill(SCAN, '--unnamed', root);
    expect(stdout).toBe(`${path.join(root, ...SCAN.split(':'), 'loopscan_scan0001.h5')}\n`);
  });

  it.each<[string, Buffer]>([
    ['truncated', pickle.truncated],
    ['hostile', pickle.hostile('touch OWNED')],
    ['empty', Buffer.alloc(0)],
  ])(
    'writes the rest of a scan with %s pickles in every field of its info',
    async (_, value) => {
      const root = await place();
      await withRedis(url, async (client) => {
        const fields = await client.hkeys(`${SCAN}_info`);
        const needed = ['filename', 'save', 'data_writer', 'acquisition_chain', 'devices'];
        for (const field of fields.filter((name) => !needed.includes(name))) {
          await client.hset(`${SCAN}_info`, field, value);
        }
      });
      const result = await backfill(SCAN, '--map', mapTo(root), '--json');
      expect(result.status, result.stderr).toBe(0);
      const { points } = JSON.parse(result.stdout) as { points: Record<string, { received: number }> };
      expect(Object.values(points).map(({ received }) => received)).toEqual(Array(8).fill(10));
      expect(existsSync('OWNED')).toBe(false);
    },
    30_000,
  );

  it('names the points of events that cannot be decoded', async () => {
    const root = await place();
    await withRedis(url, async (client) => {
      const key = `${CONTROLLER}:diode3_data`;
      for (const data of [pickle.truncated, pickle.hostile('touch OWNED')]) {
        const last = (await client.xrevrange(key, '+', '-', 'COUNT', 1))[0]?.[0] ?? '0-0';
        const next = `${Number(last.split('-')[0]) + 1}-0`;
        await client.xadd(
          key,
          next,
          '__EVENT__',
          'CHANNELDATA',
          '__DESC__',
          data,
          '__NPOINTS__',
          '1',
          '__DATA__',
          data,
        );
      }
    });
    const result = await backfill(SCAN, '--map', mapTo(root), '--json');
    expect(result.status).toBe(4);
    const { status, missing } = JSON.parse(result.stdout) as {
      status: string;
      missing: { channel: string; first: number; count: number }[];
    };
    expect(status).toBe('INCOMPLETE');
    expect(new Set(missing.map(({ channel }) => channel))).toEqual(
      new Set(['simulation_diode_sampling_controller:diode3']),
    );
    expect(missing[0]?.first).toBe(10);
    expect(missing.reduce((sum, { count }) => sum + count, 0)).toBe(2);
    // Everything else is there.
    expect((await backfill(ALSO, '--map', mapTo(root))).status).toBe(0);
    expect(existsSync('OWNED')).toBe(false);
  });

  it('writes a channel whose node is gone, as long as its data are there', async () => {
    const root = await place();
    await withRedis(url, (client) => client.del(`${CONTROLLER}:diode3`, `${CONTROLLER}:diode3_info`));
    const whole = await backfill(SCAN, '--map', mapTo(root), '--json');
    expect(whole.status, whole.stderr).toBe(0);
    await withRedis(url, (client) => client.del(`${CONTROLLER}:diode3_data`));
    const partial = await backfill(SCAN, '--map', mapTo(root), '--force', '--json');
    expect(partial.status, partial.stderr).toBe(4);
    // What the file before had is not lost; whether there was more nobody can tell any more.
    const channel = 'simulation_diode_sampling_controller:diode3';
    const { points } = JSON.parse(whole.stdout) as { points: Record<string, { received: number }> };
    const received = points[channel]?.received;
    expect(received).toBeGreaterThan(0);
    expect(JSON.parse(partial.stdout)).toMatchObject({
      status: 'INCOMPLETE',
      points: { [channel]: { received } },
      missing: [{ channel, first: received, count: -1 }],
    });
  });

  it('refuses a file that another writer is at', async () => {
    const root = await place();
    const folder = path.join(root, 'loopscan/inhse_session');
    await mkdir(folder, { recursive: true });
    const lock = path.join(folder, '.data_scan0001.h5.lock');
    const holder = { host: 'another-host', pid: 1, processStart: '1', scan: SCAN, startTimestamp: 1 };
    await writeFile(lock, JSON.stringify(holder));
    const result = await backfill(SCAN, '--map', mapTo(root));
    expect(result.status).toBe(1);
    expectOneSentence(result, /being written by process 1 on host another-host/);
    expect(await filesBelow(root, /\.h5$/)).toEqual([]);
  });

  it('ends quietly when nobody reads what it prints', async () => {
    const { status } = await scanWriter(['list', '--redis', url]);
    expect(status).toBe(0);
  });
});
