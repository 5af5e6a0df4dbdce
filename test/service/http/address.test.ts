import { chmod, lstat, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { addressText, isLocal, parseHttp } from '../../../src/service/http/address.js';
import { listen } from '../../../src/service/http/listen.js';
import { scanWriter } from '../../support/cli.js';
import { scratchDirectory } from '../../support/scratch.js';
import { hasRedis, startRedis } from '../../support/testRedis.js';
import { scanPath, TestService } from './support.js';

describe('--http', () => {
  it.each([
    ['8350', 'http://127.0.0.1:8350', true],
    ['localhost:8350', 'http://localhost:8350', true],
    ['0.0.0.0:80', 'http://0.0.0.0:80', false],
    ['beamline-1.site:80', 'http://beamline-1.site:80', false],
    ['[::1]:8350', 'http://[::1]:8350', true],
    ['unix:/run/a.sock', 'unix:/run/a.sock', true],
    ['unix:///run/a.sock', 'unix:/run/a.sock', true],
  ])('takes %s', (http, text, local) => {
    const address = parseHttp({ http })?.address;
    expect(address && [addressText(address), isLocal(address)]).toEqual([text, local]);
  });

  it.each([
    '',
    'host',
    ':80',
    'host:70000',
    '::1:80',
    'http://host:80',
    'unix:a.sock',
    `unix:/${'a'.repeat(200)}`,
  ])('does not take "%s"', (http) => {
    expect(() => parseHttp({ http })).toThrow(/^--http: .*\.$/);
  });

  it('is off unless it is asked for', () => {
    expect(parseHttp({})).toBeUndefined();
    expect(() => parseHttp({ tokenFile: '/a' })).toThrow(/--token-file is for --http/);
  });
});

describe('--token-file', () => {
  it.each([
    ['that others may read', 0o644, 'a-token-that-is-long-enough', /chmod o= /],
    ['that is too short', 0o600, 'short', /16 to 512/],
    ['of two lines', 0o600, 'a-token-that-is-long\nand-another-one', /one line/],
    ['that is empty', 0o600, '', /one line/],
  ])('is refused with a file %s, in one sentence and with 2', async (_, mode, text, sentence) => {
    const directory = await scratchDirectory();
    const file = path.join(directory, 'token');
    await writeFile(file, text);
    await chmod(file, mode);
    const args = ['run', '--all-sessions', '--root', directory, '--http', '0', '--token-file', file];
    const { status, stderr } = await scanWriter(args);
    expect(status).toBe(2);
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).not.toContain(text || 'no text');
  });

  it('has to be there', () => {
    expect(() => parseHttp({ http: '0', tokenFile: '/no/such' })).toThrow(/\/no\/such cannot be read/);
  });
});

describe('a Unix socket', () => {
  it('of a dead process is replaced, that of a living one and other files are not', async () => {
    const directory = await scratchDirectory();
    const name = path.join(directory, 'a.sock');
    const dead = `require('http').createServer().listen(${JSON.stringify(name)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', dead]);
    expect((await lstat(name)).isSocket()).toBe(true);
    const address = { kind: 'unix', path: name } as const;
    const first = await listen(createServer(), address);
    expect((await stat(name)).mode & 0o777).toBe(0o600);
    await expect(listen(createServer(), address)).rejects.toThrow(/another process listens there/);
    await first.close();
    await expect(stat(name)).rejects.toThrow();

    const file = path.join(directory, 'file');
    await writeFile(file, 'precious');
    await expect(listen(createServer(), { kind: 'unix', path: file })).rejects.toThrow(/no socket/);
    expect((await stat(file)).size).toBe(8);
  });

  it('is refused with a sentence when its directory is not there', async () => {
    const address = { kind: 'unix', path: '/no/such/a.sock' } as const;
    await expect(listen(createServer(), address)).rejects.toThrow(
      /^--http: unix:\/no\/such\/a\.sock cannot be had: /,
    );
  });

  it.skipIf(!hasRedis())('lets in whoever may open it, without a token', async () => {
    const redis = await startRedis();
    const name = path.join(await scratchDirectory(), 'a.sock');
    const service = await TestService.start({
      redis: `${redis.url}/1`,
      directory: await scratchDirectory(),
      address: { kind: 'unix', path: name },
    });
    expect((await service.ask(`${scanPath('no:such')}/data?channels=a`)).status).toBe(404);
    expect((await service.ask('/api/drain', { method: 'POST' })).status).toBe(202);
    await service.ended;
    await redis.stop();
  });
});
