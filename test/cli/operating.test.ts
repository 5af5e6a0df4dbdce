import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mapTo } from '../support/acceptance.js';
import { scanWriter, startScanWriter, type CliResult, type RunningCli } from '../support/cli.js';
import { flush, replayPart } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedisServer, startRedis, type TestRedis } from '../support/testRedis.js';

const SCAN = 'inhse_session:mnt:beamline00:ascan:1_ascan';

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly scan?: string;
  readonly session?: string;
  readonly file?: string;
}

const linesOf = ({ stderr }: CliResult): LogLine[] =>
  stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine);

describe.skipIf(!hasRedisServer())('a writer in operation', () => {
  let redis: TestRedis;
  let directory: string;
  let state: string;
  let config: string;
  let writer: RunningCli;
  let ended: CliResult | undefined;

  const url = (): string => redis.url.replace('://', '://:secret@') + '/1';
  // What is replayed here never ends: on a slow machine it would be ABANDONED before the tests are done with it.
  const configure = (text: string): Promise<void> =>
    writeFile(config, `map = "${mapTo(directory)}"\nhttp = "127.0.0.1:0"\nquiet = "1h"\n${text}\n`);
  const status = (...args: string[]): Promise<CliResult> => scanWriter(['status', '--state', state, ...args]);

  beforeAll(async () => {
    redis = await startRedis({ config: ['--requirepass', 'secret'] });
    directory = await scratchDirectory();
    state = await scratchDirectory();
    config = path.join(directory, 'scan-writer.toml');
    await configure('session = ["other"]');
    writer = startScanWriter(['run', '--config', config, '--state', state], { SCAN_WRITER_REDIS: url() });
    await writer.waitFor('"following"');
  });
  afterAll(async () => {
    if (ended === undefined) await writer.end('SIGTERM');
    await redis.stop();
  });

  it('says what it does before there is any scan, without being told where it is', async () => {
    const { status: code, stdout } = await status();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^The writer at http:\/\/127\.0\.0\.1:\d+ is ready\.\n/);
    expect(stdout).toMatch(/^other +yes +0 +0 +0 +0$/m);
    expect(stdout).toContain('No problems.');
  });

  it('logs details from SIGUSR2 on, until the next one', async () => {
    writer.process.kill('SIGUSR2');
    await writer.waitFor('logging from level debug on');
    writer.process.kill('SIGUSR2');
    await writer.waitFor('logging from level info on');
    writer.process.kill('SIGUSR2');
  });

  it('follows another session that came into its configuration', async () => {
    await configure('session = ["other", "inhse_session"]');
    writer.process.kill('SIGHUP');
    await writer.waitFor('following session inhse_session');
    await replayPart(url(), 'ascan', 0, 0.7);
    await writer.waitFor(`${SCAN} is written to`);
  });

  it('shows a scan that runs', async () => {
    const live = async (): Promise<string> => (await status()).stdout;
    let shown = await live();
    while (!/^inhse_session 1_ascan +running +[1-9]/m.test(shown)) shown = await live();
    expect(shown).toMatch(/^inhse_session 1_ascan +running +\d+\/11 \(\d+ %\) .*ascan.*_scan0001\.h5$/m);
    const { stdout } = await status('--json');
    expect(JSON.parse(stdout)).toMatchObject({ is_ready: true, live: [{ scan: SCAN, expected: 11 }] });
  });

  it('changes nothing for a configuration that is broken', async () => {
    await writeFile(config, 'session = [');
    writer.process.kill('SIGHUP');
    await writer.waitFor('configuration not taken, nothing changes');
    expect(JSON.parse((await status('--json')).stdout)).toMatchObject({
      sessions: [
        { name: 'other', is_followed: true },
        { name: 'inhse_session', is_followed: true },
      ],
    });
  });

  it('takes up no scan twice whose session has left and come back', async () => {
    await configure('session = "other"');
    writer.process.kill('SIGHUP');
    await writer.waitFor('session inhse_session is not followed any more');
    await configure('session = ["inhse_session", "other"]');
    writer.process.kill('SIGHUP');
    await writer.waitFor('configuration read again: following inhse_session, other');
    // Without its end: on a slow machine following begins after all of it is there, and what is over would be left alone.
    await replayPart(url(), 'ct_unsaved', 0, 0.7);
    // What was there before is looked at before what is new.
    await writer.waitFor('_1_ct found');
  });

  it('names what only a restart would change, and writes the scan of a session that left', async () => {
    await configure('session = "other"\nflush = "100ms"\nsync = "always"');
    writer.process.kill('SIGHUP');
    await writer.waitFor('changed, but only a restart takes it: flush, sync');
    expect(JSON.parse((await status('--json')).stdout)).toMatchObject({
      sessions: [{ is_followed: true }, { name: 'inhse_session', is_followed: false }],
      live: [{ scan: SCAN }],
    });
    await replayPart(url(), 'ascan', 0.7, 1);
    await writer.waitFor(`${SCAN} SUCCEEDED: 66 points`);
    expect((await status()).stdout).toMatch(/SUCCEEDED +66 +inhse_session 1_ascan/);
  });

  it('leaves a scan alone that it has written when its session is followed again', async () => {
    await configure('all-sessions = true');
    writer.process.kill('SIGHUP');
    await writer.waitFor('all sessions are followed');
    await writer.waitFor(`${SCAN} was written before`);
  });

  it('shows that Redis is gone, while somebody watches, and until it is ended itself', async () => {
    const watching = startScanWriter(['status', '--state', state, '--watch', '--json']);
    await watching.waitFor('"is_ready":true');
    await redis.stop();
    await watching.waitFor('The connection to Redis is lost');
    expect((await status()).stdout).toMatch(/is NOT READY[\s\S]*PROBLEMS\n! The connection to Redis is lost/);
    ended = await writer.end('SIGTERM');
    expect(ended.status).toBe(0);
    await watching.waitFor('"tag":"unreachable"');
    expect((await watching.end('SIGINT')).status).toBe(0);
    expect(existsSync(path.join(state, 'http'))).toBe(false);
  });

  it('has said one line for each step, with scan, session and file, and no password', () => {
    const lines = linesOf(ended ?? { status: 0, stdout: '', stderr: '' });
    const steps = lines.filter(({ scan }) => scan === SCAN);
    const sentences = steps.map(({ msg }) => msg.replace(SCAN, 'It').replace(/(to|in) \/.*$/, '$1 FILE'));
    expect(sentences).toEqual([
      'It found',
      'It is written to FILE',
      'It SUCCEEDED: 66 points in FILE',
      'It was written before',
    ]);
    expect(new Set(steps.map(({ session }) => session))).toEqual(new Set(['inhse_session']));
    expect(steps.slice(1, 3).every(({ file }) => file?.endsWith('_scan0001.h5') === true)).toBe(true);
    expect(lines.filter(({ level, msg }) => !(level > 0 && msg !== ''))).toEqual([]);
    expect(ended?.stderr).not.toContain('secret');
  });

  it.each<[string, string[], number, RegExp]>([
    ['nothing is known of a writer', ['--state', '/no/such/folder'], 1, /No running writer.*--http 8350/],
    ['nobody listens', ['--http', '127.0.0.1:1'], 1, /No answer.*ECONNREFUSED.*scan-writer run --http/],
    ['there is no socket', ['--http', 'unix:/no/such.sock'], 1, /No answer.*there is no such socket/],
    ['the address is none', ['--http', 'somewhere'], 2, /--http: "somewhere" is no address/],
  ])('says what to do when %s', async (_, args, code, sentence) => {
    const result = await scanWriter(['status', ...args]);
    expect(result).toMatchObject({ status: code, stdout: '' });
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
    expect(result.stderr).toMatch(sentence);
  });

  it('knows another server from a writer', async () => {
    const other = await startRedis();
    const { status: code, stderr } = await scanWriter(['status', '--http', `http://127.0.0.1:${other.port}`]);
    await other.stop();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^scan-writer: No answer from a service at .*\n$/);
  });
});

it('ends with its terminal when there is no file to read again', async () => {
  const redis = await startRedis();
  const root = await scratchDirectory();
  await flush(redis.url);
  const args = ['run', '--all-sessions', '--root', root, '--redis', `${redis.url}/1`, '--log-level', 'warn'];
  const writer = startScanWriter([...args, '--http', `unix:${root}/w.sock`]);
  while (!existsSync(`${root}/w.sock`)) await new Promise((resolve) => setTimeout(resolve, 20));
  const { stdout } = await scanWriter(['status', '--http', `unix:${root}/w.sock`]);
  expect(stdout).toContain(`The writer at unix:${root}/w.sock is`);
  expect(await writer.end('SIGHUP')).toMatchObject({ status: 0, stderr: '' });
  await redis.stop();
});
