import { Redis } from 'ioredis';

/** Small pickles (protocol 2) for hand-made scans; CPython's own are in the recordings. */
export const pickle = {
  text: (value: string): Buffer => {
    const utf8 = Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(utf8.length);
    return Buffer.concat([Buffer.from('\x80\x02X', 'latin1'), length, utf8, Buffer.from('.')]);
  },
  float: (value: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return Buffer.concat([Buffer.from('\x80\x02G', 'latin1'), bytes, Buffer.from('.')]);
  },
  boolean: (value: boolean): Buffer => Buffer.from(`\x80\x02${value ? '\x88' : '\x89'}.`, 'latin1'),
  /** What an attacker would publish: `os.system(command)` when Python loads it. */
  hostile: (command: string): Buffer => Buffer.from(`cos\nsystem\n(S'${command}'\ntR.`, 'latin1'),
  truncated: Buffer.from('\x80\x03cnumpy.core.multiarray\nscalar\nq', 'latin1'),
};

/** A client for a test's own server, gone with `end`. */
export async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { protocol: 2 });
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}
