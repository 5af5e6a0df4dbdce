import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { findServer, startRedisServer, type RedisServer } from '../../test/support/redisServer.js';
import { Child, command, jsonOf } from './children.js';

const MAIN = path.resolve(import.meta.dirname, '../../dist/cli/main.js');

/** The arguments of a scan, see bench/publish/scans.py and test/support/made_scans.py. */
export interface MadeScan {
  readonly number: number;
  readonly points: number;
  /** Points a second; without it as fast as Redis takes them. */
  readonly rate?: number;
  /** Scalars besides `elapsed_time`. */
  readonly channels?: number;
  readonly spectra?: number;
  readonly frames?: number;
  /** Points an event, at most. */
  readonly block?: number;
  /** Whether a channel tells when each point was published. */
  readonly epoch?: boolean;
  readonly folder?: string;
}

/** What publish.py says of a scan that it has published. */
export interface PublishedScan {
  readonly scan: string;
  readonly folder: string;
  readonly points: number;
  /** Of all its values. */
  readonly bytes: number;
  readonly channels: readonly { readonly key: string; readonly name: string }[];
  readonly seconds: number;
  /** Seconds that the publisher was late at most. */
  readonly late: number;
}

/** A Redis of its own with room for files, for one case; `clear` ends and removes it all. */
export class Beamline {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'scan-writer-bench-'));
  readonly #redis: RedisServer;
  readonly #children: Child[] = [];
  #specs = 0;

  readonly #remove = (): void => {
    // A writer whose Redis is gone would wait for it forever.
    for (const child of this.#children) child.process.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  };

  private constructor(redis: RedisServer) {
    this.#redis = redis;
    process.once('exit', this.#remove);
  }

  static async start(): Promise<Beamline> {
    const server = findServer();
    if (server === undefined) throw new Error('there is no redis-server: scripts/install-test-tools.sh');
    // Who asks for a dump does not wait for others who might.
    return new Beamline(await startRedisServer(server, { config: ['--repl-diskless-sync-delay', '0'] }));
  }

  /** Database 1, as at a beamline. */
  get url(): string {
    return `${this.#redis.url}/1`;
  }

  get port(): number {
    return this.#redis.port;
  }

  path(name: string): string {
    return path.join(this.directory, name);
  }

  /** Publishes scans; resolves when all have ended. */
  async publish(scans: readonly MadeScan[]): Promise<PublishedScan[]> {
    const spec = this.path(`spec${this.#specs++}.json`);
    writeFileSync(spec, JSON.stringify({ scans }));
    const { scans: published } = (await jsonOf('publish/publish.py', [this.url, spec])) as {
      scans: PublishedScan[];
    };
    return published;
  }

  async publishOne(scan: MadeScan): Promise<PublishedScan> {
    const [published] = await this.publish([scan]);
    if (published === undefined) throw new Error('nothing was published');
    return published;
  }

  /** Removes what Redis has of a scan, as it would be a day later. */
  async forget({ scan }: PublishedScan): Promise<void> {
    await this.#withRedis(async (redis) => {
      const keys = await scanned(redis, `${scan}*`);
      if (keys.length > 0) await redis.unlink(keys);
    });
  }

  /** All data streams. */
  async dataKeys(): Promise<string[]> {
    return this.#withRedis((redis) => scanned(redis, '*_data'));
  }

  async #withRedis<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.url, { protocol: 2 });
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** `scan-writer run`, all sessions, with its files below {@link files}. */
  run(options: readonly string[] = []): Child {
    return this.#start(process.execPath, [
      MAIN,
      'run',
      '--all-sessions',
      ...['--redis', this.url, '--map', `/mnt/beamline00=${this.files}`],
      ...['--state', mkdtempSync(this.path('state-'))],
      ...options,
    ]);
  }

  /** A script of `bench` that goes on until it is told to end. */
  start(script: string, args: readonly string[]): Child {
    return this.#start(...command(script, args));
  }

  get files(): string {
    const files = this.path('data');
    mkdirSync(files, { recursive: true });
    return files;
  }

  #start(program: string, args: readonly string[]): Child {
    const child = new Child(program, args);
    this.#children.push(child);
    return child;
  }

  async clear(): Promise<void> {
    for (const child of this.#children) await child.end();
    await this.#redis.stop();
    this.#remove();
    process.off('exit', this.#remove);
  }
}

/** Does something with a beamline that is gone afterwards. */
export async function withBeamline<T>(work: (beamline: Beamline) => Promise<T>): Promise<T> {
  const beamline = await Beamline.start();
  try {
    return await work(beamline);
  } finally {
    await beamline.clear();
  }
}

async function scanned(redis: Redis, pattern: string): Promise<string[]> {
  const keys: string[] = [];
  let cursor = '0';
  do {
    const [next, found] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', 1000);
    keys.push(...found);
    cursor = next;
  } while (cursor !== '0');
  return keys;
}
