import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesBelow, mapTo } from '../support/acceptance.js';
import { scanWriter, type CliResult } from '../support/cli.js';
import { hasReaders, runPython } from '../support/python.js';
import { replayAll } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../support/testRedis.js';

const SCAN = 'inhse_session:mnt:beamline00:ct:1_ct';

describe.skipIf(!hasRedis())('a configuration file', () => {
  let redis: TestRedis;
  let directory: string;
  let runs = 0;

  beforeAll(async () => {
    redis = await startRedis();
    directory = await scratchDirectory();
    await replayAll(`${redis.url}/1`, ['ct'], 0);
  });
  afterAll(() => redis.stop());

  async function backfill(config: string, ...args: string[]): Promise<CliResult> {
    const file = path.join(directory, `config${runs++}.toml`);
    await writeFile(file, config);
    return scanWriter(['backfill', SCAN, '--config', file, ...args]);
  }

  it('gives options, those of the command line win', async () => {
    const config = `redis = "${redis.url}/1"\nmap = "${mapTo(directory)}"\nfile-template = "{dir}/from_file_{scan_nb}.h5"\nimages = "copy"\n`;
    expect((await backfill(config)).status).toBe(0);
    expect((await backfill(config, '--file-template', '{dir}/from_line_{scan_nb}.h5')).status).toBe(0);
    const files = await filesBelow(directory, /^from_/);
    expect(files.map((file) => path.basename(file))).toEqual(['from_file_1.h5', 'from_line_1.h5']);
  });

  it.skipIf(!hasReaders())('gives the shape of the file', async () => {
    const layout =
      'keep-shape = true\nscalar-ct = true\ncompression = "gzip:1"\nmca-calibration = ["simu1=0,0.01"]';
    const config = `redis = "${redis.url}/1"\nmap = "${mapTo(directory)}"\nfile-template = "{dir}/shape_{scan_nb}.h5"\n${layout}\n`;
    expect((await backfill(config)).status).toBe(0);
    const [file = ''] = await filesBelow(directory, /^shape_/);
    const script = `import h5py, sys
print([d.shape for d in h5py.File(sys.argv[1], 'r')['1.1/measurement'].values() if d.ndim < 2][:1])`;
    expect((await runPython(['-c', script, file])).stdout.trim()).toBe('[()]');
  });

  it.each([
    ['an unknown key', 'rot = ["/data"]', /unknown key "rot": it can hold .*root/],
    ['a value of the wrong type', 'root = 3', /"root" .* takes a text or a list of texts/],
    ['a shape that is no switch', 'keep-shape = "yes"', /"keep-shape" .* takes true or false/],
    ['a calibration that is none', 'mca-calibration = ["simu1"]', /"simu1" is not MCA=A,B/],
    ['a switch that is none', 'force = "yes"', /"force" .* takes true or false/],
    ['a value that an option does not take', 'flush = "soon"', /--flush: write a duration/],
    ['images that are to be what they cannot', 'images = "move"', /--images: takes link, copy or none/],
    ['what is no TOML', 'root = [', /config\d+\.toml line 1 cannot be read/],
  ])('names %s', async (_, config, sentence) => {
    const { status, stderr } = await backfill(config);
    expect(status).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(sentence);
  });

  it('says that it is not there', async () => {
    const { status, stderr } = await scanWriter(['run', '--config', '/no/such/file.toml']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/no\/such\/file\.toml cannot be read/);
  });

  it('is under the environment, and that under the command line', async () => {
    const config = `redis = "redis://file:1/1"\nroot = ["/file"]\nflush = "1s"\nsession = "file"\nsync = "always"\n`;
    const file = path.join(directory, 'order.toml');
    await writeFile(file, config);
    const env = {
      SCAN_WRITER_CONFIG: file,
      SCAN_WRITER_REDIS: 'redis://user:secret@env:1/1',
      SCAN_WRITER_ROOT: '/env/a; /env/b',
      SCAN_WRITER_FLUSH: '2s',
      SCAN_WRITER_GENERIC: 'true',
      SCAN_WRITER_KEEP_SHAPE: 'false',
      SCAN_WRITER_QUIET: '',
    };
    const { status, stdout } = await scanWriter(
      ['config', '--print', '--all-sessions', '--flush', '3s'],
      env,
    );
    expect(status).toBe(0);
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        'redis = "redis://env:1/1"  # $SCAN_WRITER_REDIS',
        'root = [ "/env/a", "/env/b" ]  # $SCAN_WRITER_ROOT',
        'flush = "3s"  # --flush',
        'generic = true  # $SCAN_WRITER_GENERIC',
        'keep-shape = false  # $SCAN_WRITER_KEEP_SHAPE',
        `sync = "always"  # ${file}`,
        'quiet = "1m"  # default',
        'file-mode = "0444"  # default',
        'all-sessions = true  # --all-sessions',
        '# session is not set',
        '# unnamed is not set',
      ]),
    );
    expect(stdout).not.toContain('secret');
  });

  it('can be written again from what is printed', async () => {
    const printed = await scanWriter(['config', '--print', '--session', 'eh1', '--root', '/a "quoted" name']);
    const file = path.join(directory, 'again.toml');
    await writeFile(file, printed.stdout);
    const again = await scanWriter(['config', '--print', '--config', file]);
    const values = (text: string): string[] => text.split('\n').map((line) => line.replace(/ {2}#.*/, ''));
    expect(again.status).toBe(0);
    expect(values(again.stdout)).toEqual(values(printed.stdout));
  });

  it.each<[string, string[], NodeJS.ProcessEnv, RegExp]>([
    ['no session', [], {}, /Which sessions\?/],
    [
      'a switch that is none',
      ['--session', 'a'],
      { SCAN_WRITER_GENERIC: 'maybe' },
      /\$SCAN_WRITER_GENERIC takes true or false/,
    ],
    [
      'a level that there is not',
      ['--session', 'a', '--log-level', 'loud'],
      {},
      /--log-level: takes error, warn, info, debug/,
    ],
    ['an address that is none', ['--session', 'a', '--redis', 'beamline'], {}, /not a Redis address/],
    [
      'a file that is not there',
      ['--session', 'a'],
      { SCAN_WRITER_CONFIG: '/no/file' },
      /\/no\/file cannot be read/,
    ],
  ])('is refused with %s', async (_, args, env, sentence) => {
    const { status, stderr } = await scanWriter(['config', ...args], env);
    expect(status).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(sentence);
  });
});

describe('docs/operating.md', () => {
  const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/operating.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `--([\w-]+)` +\| `(\w+)` +\| (.*?) +\| .*\|$/gm)];
  /** A default is in the page as it is in the configuration. */
  const documented = rows.map(([, key = '', variable = '', text = '']) => [
    key,
    variable,
    text.replace(/^`(.*)`$/, '$1'),
  ]);

  it('has every option of run with its variable and its default, and no other', async () => {
    const { stdout } = await scanWriter(['config', '--print']);
    const printed = [...stdout.matchAll(/^(?:# ([\w-]+) is not set|([\w-]+) = (.*?) {2}# default)$/gm)];
    const known = printed.map(([, unset, key = '', value = '']) => [
      unset ?? key,
      `SCAN_WRITER_${(unset ?? key).replaceAll('-', '_').toUpperCase()}`,
      (unset ?? key) === 'state'
        ? '(see below)'
        : value.replace(/^"(.*)"$/, '$1').replace(/^\[ ?(.*?) ?\]$/, '[$1]'),
    ]);
    expect(documented.sort()).toEqual(known.sort());
    const { stdout: help } = await scanWriter(['run', '--help']);
    const options = [...help.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)].map(([, name]) => name);
    const others = ['config', 'help'];
    expect(options.filter((name) => !others.includes(name ?? '')).sort()).toEqual(
      documented.map(([key]) => key).sort(),
    );
  });

  it('shows a configuration that works', async () => {
    const folder = await scratchDirectory();
    const token = path.join(folder, 'token');
    await writeFile(token, 'a-token-for-this-test', { mode: 0o600 });
    const [, example = ''] = /^```toml\n(.*?)^```/ms.exec(page) ?? [];
    const file = path.join(folder, 'example.toml');
    await writeFile(file, example.replace('/etc/scan-writer/token', token));
    expect(await scanWriter(['config', '--config', file])).toMatchObject({ status: 0, stderr: '' });
  });
});
