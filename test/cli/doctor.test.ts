import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mapTo } from '../support/acceptance.js';
import { scanWriter, type CliResult } from '../support/cli.js';
import { pickle, withRedis } from '../support/publish.js';
import { replayAll, replayPart } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedisServer, startRedis, type TestRedis } from '../support/testRedis.js';

const CT = 'inhse_session:mnt:beamline00:ct:1_ct';

describe.skipIf(!hasRedisServer())('doctor', () => {
  let redis: TestRedis;
  let url: string;
  let reader: string;
  let directory: string;
  let admin: Redis;

  beforeAll(async () => {
    redis = await startRedis({ config: ['--maxmemory', '1gb', '--maxmemory-policy', 'allkeys-lru'] });
    url = `${redis.url}/1`;
    reader = url.replace('://', '://reader:secret@');
    directory = await scratchDirectory();
    admin = new Redis(url, { protocol: 2 });
    await admin.call('ACL', 'SETUSER', 'reader', 'on', '>secret', '~*', '+@read', '+@connection');
    await admin.call('ACL', 'SETUSER', 'half', 'on', '>secret', '~*', '+get', '+exists', '+@connection');
    await replayAll(url, ['ct', 'ascan'], 0);
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });

  const doctor = (...args: string[]): Promise<CliResult> => scanWriter(['doctor', ...args]);
  const contentOf = async (): Promise<string[]> => (await admin.keys('*')).sort();

  it('finds nothing wrong where all is well, changes nothing and leaves nothing', async () => {
    const before = await contentOf();
    const monitor = await admin.duplicate().monitor();
    const commands: string[] = [];
    monitor.on('monitor', (_, [command = '']: string[]) => commands.push(command.toLowerCase()));
    const state = path.join(directory, 'not', 'made');
    const { status, stdout } = await doctor('--redis', reader, '--map', mapTo(directory), '--state', state);
    monitor.disconnect();
    expect(stdout).not.toMatch(/^(WARNING|ERROR)/m);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^ok +Redis, rights: This user may read all that is needed, and change nothing\.$/m,
    );
    expect(stdout).toMatch(/^ok +sessions: Redis has scans of inhse_session\.$/m);
    expect(stdout).toMatch(/^ok +scans: Redis has 2 scans: 2 to be saved, 2 of them by us\.$/m);
    expect(stdout).toMatch(/: It can be written \(\w+\): files, links, renaming, HDF5\.$/m);
    expect(stdout).toMatch(/^ok +versions: HDF5 of h5wasm 0\.10\.3 with the filters of h5wasm-plugins/m);
    expect(stdout).not.toContain('secret');
    expect(await contentOf()).toEqual(before);
    expect(await readdir(directory)).toEqual([]);
    expect(
      commands.filter((command) => /^(x(add|del|trim)|h(set|del)|set|del|expire|config)/.test(command)),
    ).toEqual([]);
  });

  it('warns of a user who may do more than read, and of scans for others', async () => {
    await withRedis(url, (client) => client.hset(`${CT}_info`, 'data_writer', pickle.text('hdf5')));
    const { status, stdout } = await doctor('--redis', url, '--map', mapTo(directory));
    expect(status).toBe(0);
    expect(stdout).toMatch(/^WARNING Redis, rights: .* also change data.* ACL SETUSER/m);
    expect(stdout).toMatch(/^WARNING scans: 1 scan for the data writer "hdf5".* SCAN_SAVING\.writer/m);
    expect(stdout).toMatch(/^ok +Redis, memory: .* of 1\.0 GiB are used, and allkeys-lru/m);
    expect(stdout).toMatch(/^ok +clocks: This machine and Redis have the same time/m);
  });

  it('says what is wrong with directories', async () => {
    const [file, full] = [path.join(directory, 'file'), path.join(directory, 'sub')];
    await writeFile(file, '');
    await mkdir(full);
    const roots = [file, '/no/such/disk', full].flatMap((root) => ['--root', root]);
    const { status, stdout } = await doctor('--redis', reader, '--min-free', '900000G', ...roots, '--json');
    expect(status).toBe(1);
    const { findings } = JSON.parse(stdout) as {
      findings: { about: string; level: string; message: string }[];
    };
    const errors = findings.filter(({ level }) => level === 'error');
    expect(errors.map(({ about, message }) => [about, message])).toEqual([
      [file, 'It is a file.'],
      ['/no/such/disk', 'It does not exist.'],
      [full, 'It is full.'],
    ]);
    expect(stdout).toMatch(/The file of 2 scans would be outside of/);
  });

  it('says that this user may not write', async () => {
    const { status, stdout } = await doctor('--redis', reader, '--root', '/sys');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^ERROR {3}\/sys: The user \d+.* may not write there \(E\w+\)\. Give the user/m);
  });

  it('sees that running scans have lost points already', async () => {
    await replayPart(url, 'loopscan', 0, 0.8);
    const [stream = ''] = await admin.keys('*loopscan:*diode3_data');
    const first = await admin.xrange(stream, '-', '+', 'COUNT', 1);
    await admin.xdel(stream, first[0]?.[0] ?? '');
    const { status, stdout } = await doctor('--redis', reader, '--map', mapTo(directory));
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^WARNING scans: Redis has dropped the first points of 1 channel of .*loopscan already/m,
    );
  });

  it.each<[string, () => string[], RegExp]>([
    [
      'nobody answers',
      () => ['--redis', 'redis://127.0.0.1:1/1'],
      /^ERROR {3}Redis: No connection.*ECONNREFUSED/m,
    ],
    [
      'the password is wrong',
      () => ['--redis', reader.replace('secret', 'guess')],
      /^ERROR {3}Redis: .*password is wrong/m,
    ],
    [
      'the user may not read',
      () => ['--redis', reader.replace('reader', 'half')],
      /^ERROR {3}Redis, rights: This user may not .*XREAD.*Give it \+@read/m,
    ],
    [
      'nothing may be written',
      () => ['--redis', reader],
      /^ERROR {3}directories: Nothing may be written yet.*--root DIR/m,
    ],
    [
      'the state folder is a file',
      () => ['--redis', reader, '--state', '/dev/null/x'],
      /^ERROR {3}state folder: /m,
    ],
  ])('finds an error when %s, and looks at the rest all the same', async (_, args, sentence) => {
    const { status, stdout, stderr } = await doctor(...args());
    expect(status).toBe(1);
    expect(stdout).toMatch(sentence);
    expect(stdout).toMatch(/^ok +versions: scan-writer/m);
    expect(stdout + stderr).not.toContain('secret');
  });

  it('takes no option that run would not take', async () => {
    const { status, stderr } = await doctor('--redis', reader, '--flush', 'soon');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^scan-writer: --flush: write a duration.*\n$/);
  });
});
