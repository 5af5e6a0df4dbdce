import { spawnSync } from 'node:child_process';
import { beforeAll, expect, it } from 'vitest';
import { installInto } from './support/installed.js';
import { scratchDirectory } from './support/scratch.js';
import { hasRedis, startRedis } from './support/testRedis.js';

let folder: string;
let files: readonly string[];

beforeAll(async () => {
  folder = await scratchDirectory();
  files = installInto(folder);
});

it('packs what users need: no tests, no sources, no recordings but those of the demo', () => {
  expect(files).toEqual(
    expect.arrayContaining([
      'dist/cli/main.js',
      'dist/index.d.ts',
      'dist/web/index.html',
      'package.json',
      'README.md',
      'docs/operating.md',
      'deploy/systemd/scan-writer.service',
    ]),
  );
  expect(files.filter((name) => /\.(gz|h5)$/.test(name)).sort()).toEqual([
    'dist/demo/recordings/ascan/commands.jsonl.gz',
    'dist/demo/recordings/mca/commands.jsonl.gz',
  ]);
  // The status page comes built: whoever installs the package needs none of what it is made of.
  const assets = files.filter((name) => name.startsWith('dist/web/assets/'));
  expect(assets.filter((name) => name.endsWith('.js'))).toHaveLength(2);
  expect(assets.filter((name) => name.endsWith('.css'))).toHaveLength(2);
  expect(files.filter((name) => /^(src|web|test|\.ci|scripts)\/|\.test\./.test(name))).toEqual([]);
});

it.skipIf(!hasRedis())('runs from an empty folder, without any package for developers', async () => {
  const redis = await startRedis();
  const npx = (...args: string[]) => {
    const env = { ...process.env, XDG_STATE_HOME: folder };
    return spawnSync('npx', ['--offline', 'scan-writer', ...args], { cwd: folder, env, encoding: 'utf8' });
  };
  const help = npx('--help');
  expect(help.status, help.stderr).toBe(0);
  expect(help.stdout).toContain('Usage: scan-writer');
  const doctor = npx('doctor', '--redis', `${redis.url}/1`, '--root', folder);
  expect(doctor.status, doctor.stdout + doctor.stderr).toBe(0);
  expect(doctor.stdout).toMatch(/It can be written .*HDF5/);
  const status = npx('status');
  expect(status.status).toBe(1);
  expect(status.stderr).toContain('No running writer says in');
  await redis.stop();
});
