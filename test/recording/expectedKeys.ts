import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

type Argument = string | { b64: string };

/** What the commands of a recording leave in an empty Redis, worked out without one. */
export interface ExpectedKeys {
  /** Field to value, as base64. */
  readonly hashes: Map<string, Map<string, string>>;
  /** Entries added, and the last id where the publisher gave it. */
  readonly streams: Map<string, { added: number; lastId: string | undefined }>;
  readonly lists: Map<string, string[]>;
  readonly counters: Map<string, number>;
}

export function expectedKeys(folder: string): ExpectedKeys {
  const expected: ExpectedKeys = {
    hashes: new Map(),
    streams: new Map(),
    lists: new Map(),
    counters: new Map(),
  };
  const text = gunzipSync(readFileSync(path.join(folder, 'commands.jsonl.gz'))).toString();
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const { cmd, if_absent } = JSON.parse(line) as { cmd: Argument[]; if_absent?: true };
    apply(expected, cmd.map(bytesOf), if_absent === true);
  }
  return expected;
}

function apply(expected: ExpectedKeys, bytes: Buffer[], ifAbsent: boolean): void {
  const [name, key = '', ...args] = bytes.map((argument) => argument.toString());
  const encoded = bytes.slice(2).map((argument) => argument.toString('base64'));
  const { hashes, streams, lists, counters } = expected;
  switch (name) {
    case 'HSET':
    case 'HSETNX': {
      const hash = hashes.get(key) ?? new Map<string, string>();
      hashes.set(key, hash);
      for (let i = 0; i + 1 < args.length; i += 2) {
        if (name === 'HSET' || !hash.has(args[i] ?? '')) hash.set(args[i] ?? '', encoded[i + 1] ?? '');
      }
      return;
    }
    case 'HDEL':
      for (const field of args) hashes.get(key)?.delete(field);
      return;
    case 'HINCRBY': {
      const hash = hashes.get(key);
      const before = Number(Buffer.from(hash?.get(args[0] ?? '') ?? '', 'base64').toString());
      hash?.set(args[0] ?? '', Buffer.from(String(before + Number(args[1]))).toString('base64'));
      return;
    }
    case 'XADD': {
      const stream = streams.get(key) ?? { added: 0, lastId: '0-1' };
      streams.set(key, stream);
      if (ifAbsent) return;
      const id = args[0] === 'MAXLEN' ? args[3] : args[0];
      stream.added += 1;
      stream.lastId = id === '*' ? undefined : id?.includes('-') ? id : `${id}-0`;
      return;
    }
    case 'LPUSH':
      lists.set(key, [encoded[0] ?? '', ...(lists.get(key) ?? [])]);
      return;
    case 'INCRBY':
      counters.set(key, (counters.get(key) ?? 0) + Number(args[0]));
      return;
    case 'XDEL':
    case 'EXPIRE':
    case 'MULTI':
    case 'EXEC':
      return;
    default:
      throw new Error(`no rule for ${name}`);
  }
}

function bytesOf(argument: Argument): Buffer {
  return typeof argument === 'string' ? Buffer.from(argument) : Buffer.from(argument.b64, 'base64');
}
