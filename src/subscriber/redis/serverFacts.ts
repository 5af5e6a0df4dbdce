import type { Redis } from 'ioredis';

/** What a server says of itself. Undefined is what it does not tell this user. */
export interface ServerFacts {
  readonly version: string | undefined;
  readonly usedBytes: number | undefined;
  /** 0 for no limit. */
  readonly maxBytes: number | undefined;
  /** What it does when it is full: `allkeys-lru`, `noeviction` ... */
  readonly policy: string | undefined;
  /** How far its clock is ahead of ours, seconds; that of this machine can be wrong as well. */
  readonly aheadSeconds: number | undefined;
  /** Commands that we need and that are refused. */
  readonly refused: readonly string[];
  /** Whether this user may use commands that change something. */
  readonly mayWrite: boolean;
}

/** What following a scan takes, each asked of a key that is not there. */
const NEEDED: readonly (readonly [string, ...string[]])[] = [
  ['SCAN', '0', 'COUNT', '1'],
  ['EXISTS', ''],
  ['TYPE', ''],
  ['HGETALL', ''],
  ['HMGET', '', 'version'],
  ['XINFO', 'STREAM', ''],
  ['XRANGE', '', '-', '+', 'COUNT', '1'],
  ['XREAD', 'COUNT', '1', 'STREAMS', '', '0'],
];

/** Counts as a command that writes, for the sake of its STORE, without which it only reads. */
const HARMLESS_WRITER = ['GEORADIUS', '', '0', '0', '1', 'm'] as const;

const NO_PERMISSION = /^NOPERM/;
const MICROSECONDS = 1e6;

/** Changes nothing, and asks only what a user with `+@read +@connection` may be refused. */
export async function serverFacts(redis: Redis): Promise<ServerFacts> {
  const info = await infoOf(redis);
  const config = await configOf(redis);
  const refused: string[] = [];
  for (const [command, ...args] of NEEDED) {
    if (await isRefused(redis, command, args)) refused.push(command);
  }
  const [writer, ...args] = HARMLESS_WRITER;
  return {
    version: info.get('valkey_version') ?? info.get('redis_version'),
    usedBytes: numberIn(info, 'used_memory'),
    maxBytes: numberIn(config, 'maxmemory') ?? numberIn(info, 'maxmemory'),
    policy: config.get('maxmemory-policy') ?? info.get('maxmemory_policy'),
    aheadSeconds: await secondsAhead(redis),
    refused,
    mayWrite: !(await isRefused(redis, writer, args)),
  };
}

async function infoOf(redis: Redis): Promise<Map<string, string>> {
  const text = await unlessReply(redis.info());
  const pairs = [...(text ?? '').matchAll(/^(\w+):(.*?)\r?$/gm)];
  return new Map(pairs.map(([, name = '', value = '']) => [name, value]));
}

async function configOf(redis: Redis): Promise<Map<string, string>> {
  const reply = await unlessReply(redis.config('GET', 'maxmemory*'));
  const items = Array.isArray(reply) ? reply.map(String) : [];
  return new Map(items.flatMap((item, index) => (index % 2 === 0 ? [[item, items[index + 1] ?? '']] : [])));
}

/** By the middle of asking, so that a slow network is not taken for a wrong clock. */
async function secondsAhead(redis: Redis): Promise<number | undefined> {
  const before = Date.now();
  const reply = await unlessReply(redis.time());
  if (reply === undefined) return undefined;
  const [seconds = NaN, microseconds = NaN] = reply.map(Number);
  return seconds + microseconds / MICROSECONDS - (before + Date.now()) / 2_000;
}

async function isRefused(redis: Redis, command: string, args: readonly string[]): Promise<boolean> {
  try {
    await redis.call(command, ...args);
    return false;
  } catch (error) {
    if (isReply(error)) return NO_PERMISSION.test(error.message);
    throw error;
  }
}

/** Undefined when Redis says no. */
async function unlessReply<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isReply(error)) return undefined;
    throw error;
  }
}

function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

function numberIn(values: ReadonlyMap<string, string>, name: string): number | undefined {
  const number = Number(values.get(name) ?? NaN);
  return Number.isFinite(number) ? number : undefined;
}
