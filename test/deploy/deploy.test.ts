import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { filesBelow } from '../support/acceptance.js';
import { scanWriter, startScanWriter, type RunningCli } from '../support/cli.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedisServer, startRedis, type TestRedis } from '../support/testRedis.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const textOf = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

interface Service {
  readonly image: string;
  readonly command: string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly ports?: readonly string[];
}

const { services } = parse(textOf('docker-compose.yml')) as { services: Readonly<Record<string, Service>> };
const serviceOf = (name: string): Service => {
  const service = services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
};

/** Instructions of the Dockerfile, continued lines joined. */
const instructions = textOf('Dockerfile')
  .replace(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line));

/** What is tested here instead of by an engine: the programs, arguments and variables of all of it, in real processes. */
describe.skipIf(!hasRedisServer())('docker-compose.yml without an engine', () => {
  let redis: TestRedis;
  let directory: string;
  let writer: RunningCli;
  let address: string;

  beforeAll(async () => {
    const [program, ...args] = serviceOf('redis').command;
    expect(program).toBe('redis-server');
    const port = args.indexOf('--port');
    redis = await startRedis({ config: args.filter((_, index) => index !== port && index !== port + 1) });
    directory = await scratchDirectory();
    const { environment = {}, command } = serviceOf('writer');
    const env = Object.entries(environment).map(([name, value]): [string, string] => [name, here(value)]);
    writer = startScanWriter(command, {
      ...Object.fromEntries(env),
      TZ: 'UTC',
      SCAN_WRITER_HTTP: '127.0.0.1:0',
    });
    await writer.waitFor('"following"');
    [, address = ''] =
      /at (http:[\d.:/]+)/.exec(
        (await scanWriter(['status', '--state', `${directory}/.scan-writer`])).stdout,
      ) ?? [];
  });
  afterAll(async () => {
    await writer.end('SIGTERM');
    await redis.stop();
  });

  /** What is in a container stands elsewhere here. */
  const here = (text: string): string =>
    text
      .replace('redis://redis:6380', redis.url)
      .replace(/(^|=)\/data/, `$1${directory}`)
      .replace(/^\/app/, ROOT);

  it('shows the demo: the recorded scans are in files', async () => {
    const replayed = await scanWriter([...serviceOf('replay').command.map(here), '--speed', '0']);
    expect(replayed.status, replayed.stderr).toBe(0);
    await writer.waitFor('SUCCEEDED');
    expect(await filesBelow(directory, /_scan\d+\.h5$/)).not.toEqual([]);
  });

  it('has the same Redis for all, and each after what it needs', () => {
    for (const [name, { depends_on: needed = {} }] of Object.entries(services)) {
      for (const other of Object.keys(needed)) expect(Object.keys(services), name).toContain(other);
    }
    const urls = textOf('docker-compose.yml').match(/redis:\/\/\S+?(?=['\s])/g) ?? [];
    expect(new Set(urls)).toEqual(new Set(['redis://redis:6380/1']));
    expect(serviceOf('redis').command).toContain('6380');
    expect(serviceOf('writer').ports).toEqual(['127.0.0.1:8350:8350']);
  });

  it('has a health check that knows a writer that lives from one that does not', async () => {
    const [, json = ''] =
      /CMD (\[.*\])$/.exec(instructions.find((line) => line.startsWith('HEALTHCHECK')) ?? '') ?? [];
    const [, ...args] = JSON.parse(json) as string[];
    const check = async (place: string): Promise<number | null> => {
      const child = spawn(
        process.execPath,
        args.map((arg) => arg.replace('http://127.0.0.1:8350', place)),
      );
      return new Promise((resolve) => child.on('exit', resolve));
    };
    expect(await check(address)).toBe(0);
    expect(await check('http://127.0.0.1:1')).toBe(1);
  });

  it('has alerts and a dashboard of metrics that there are', async () => {
    const answer = await (await fetch(`${address}/metrics`)).text();
    const known = new Set(
      [...answer.matchAll(/^# TYPE (\S+) (\w+)$/gm)].flatMap(([, name = '', type]) => {
        return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
      }),
    );
    for (const file of ['deploy/prometheus/alerts.yml', 'deploy/grafana/dashboard.json']) {
      const used = new Set(textOf(file).match(/scan_writer_\w+/g) ?? []);
      expect(used.size, file).toBeGreaterThan(8);
      expect(
        [...used].filter((name) => !known.has(name)),
        file,
      ).toEqual([]);
    }
  });
});

describe('Dockerfile', () => {
  const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')));

  it('runs the writer as a user without rights, and only with what it needs', () => {
    expect(last.filter((line) => line.startsWith('USER '))).toEqual(['USER node']);
    expect(instructions.some((line) => line.includes('npm prune --omit=dev'))).toBe(true);
    const copied = last.filter((line) => line.startsWith('COPY ')).map((line) => line.split(' ')[2]);
    expect(copied).toEqual(['/build/package.json', '/build/node_modules', '/build/dist']);
    expect(last).toContain('ENTRYPOINT ["node", "/app/dist/cli/main.js"]');
    expect(serviceOf('writer').read_only).toBe(true);
  });

  it('copies what there is, and leaves out nothing that the build needs', () => {
    const ignored = textOf('.dockerignore').split('\n');
    for (const name of ['src', 'scripts', 'tsconfig.build.json', 'package-lock.json']) {
      expect(existsSync(path.join(ROOT, name))).toBe(true);
      expect(ignored).not.toContain(name);
    }
    expect(ignored).toEqual(expect.arrayContaining(['test/*', '!test/fixtures', 'node_modules', '.git']));
  });

  it('sets only variables that the writer knows', async () => {
    const [variables = ''] = last.filter((line) => line.startsWith('ENV '));
    const env = Object.fromEntries(
      [...variables.matchAll(/(SCAN_WRITER_\w+)=(\S+)/g)].map(([, a = '', b]) => [a, b]),
    );
    const { stdout } = await scanWriter(['config', '--print', '--all-sessions'], env);
    expect(Object.keys(env).length).toBeGreaterThan(1);
    for (const name of Object.keys(env)) expect(stdout).toContain(`# $${name}`);
  });
});

describe('alerts and dashboard', () => {
  it('are built as Prometheus and Grafana want them', () => {
    const { groups } = parse(textOf('deploy/prometheus/alerts.yml')) as {
      groups: {
        rules: { alert: string; expr: string; annotations: { summary: string; action: string } }[];
      }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { expr, annotations } of rules)
      expect([expr, annotations.summary, annotations.action]).not.toContain('');
    const { panels } = JSON.parse(textOf('deploy/grafana/dashboard.json')) as {
      panels: { id: number; title: string; targets: unknown[] }[];
    };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(panels.filter(({ targets }) => targets.length === 0)).toEqual([]);
  });
});

const units = readdirSync(path.join(ROOT, 'deploy/systemd'));
const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('systemd', () => {
  it.skipIf(!hasAnalyze).each(units)('finds nothing wrong with %s', (name) => {
    const place = path.join(ROOT, 'deploy/systemd', name.replace('@.', '@id00.'));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', place], { encoding: 'utf8' });
    expect(stderr.split('\n').filter((line) => line.includes('scan-writer'))).toEqual([]);
    expect(status).toBe(0);
  });

  it.each(units)('starts the writer with options that it knows: %s', async (name) => {
    const [, args = ''] = /^ExecStart=\S+ scan-writer (.*)$/m.exec(textOf(`deploy/systemd/${name}`)) ?? [];
    const [command = '', ...options] = args.split(' ');
    const { stdout } = await scanWriter([command, '--help']);
    for (const option of options.filter((word) => word.startsWith('--')))
      expect(stdout).toContain(`${option} `);
  });

  it('is told when the writer is ready, that it lives, and when it ends', async () => {
    const folder = await scratchDirectory();
    const socket = path.join(folder, 'notify');
    const redis = await startRedis();
    // Node cannot listen to datagrams of a Unix socket.
    const listener = spawn('/usr/bin/python3', ['-u', '-c', LISTENER, socket]);
    let told = '';
    listener.stdout.on('data', (data: Buffer) => (told += data.toString()));
    const until = async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(told)) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await until(/listening/);
    const args = ['run', '--all-sessions', '--root', folder, '--redis', `${redis.url}/1`];
    const writer = startScanWriter(args, { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '300000' });
    await until(/READY=1[\s\S]*WATCHDOG=1[\s\S]*WATCHDOG=1/);
    expect((await writer.end('SIGTERM')).status).toBe(0);
    await until(/STOPPING=1/);
    listener.kill();
    await redis.stop();
  });
});

const LISTENER = `import socket, sys, array
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('listening')
while True:
    data, ancillary, _, _ = s.recvmsg(4096, socket.CMSG_SPACE(64))
    print(data.decode())
    for _, _, fds in ancillary:
        for fd in array.array('i', fds[:len(fds) - len(fds) % 4]): __import__('os').close(fd)
`;
