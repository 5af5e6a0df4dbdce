import { createHash } from 'node:crypto';
import { streamFacts, StreamSet, type RedisConnection } from '../redis/index.js';
import { Announcements, hasChildren } from './announcements.js';
import { isChannel } from './channels.js';
import { childrenKey, dataKey, endKey, preparedKey } from './keys.js';
import { readInfo } from './nodes.js';

/**
 * A short text that changes whenever something is published of a scan: to see whether more has come since it was written.
 * @returns undefined when nothing of the scan is in Redis
 */
export async function scanMark({ commands }: RedisConnection, dbName: string): Promise<string | undefined> {
  const announcements = new Announcements(dbName);
  const info = await readInfo(commands, dbName);
  const streams = new StreamSet();
  streams.add(childrenKey(dbName));
  const keys = [childrenKey(dbName), preparedKey(dbName), endKey(dbName)];
  for (;;) {
    const reply = await streams.read(commands, false);
    if (reply.length === 0) break;
    for (const { node } of await announcements.read(reply, commands, info)) {
      if (hasChildren(node)) streams.add(childrenKey(node.id));
      keys.push(isChannel(node) ? dataKey(node.id) : childrenKey(node.id));
    }
  }
  const lastIds = (await streamFacts(commands, keys)).map((facts) => facts?.lastId ?? '');
  if (info.size === 0 && lastIds.every((id) => id === '')) return undefined;
  const text = keys.map((key, index) => `${key} ${lastIds[index] ?? ''}`).sort();
  return createHash('sha256').update(text.join('\n')).digest('base64url').slice(0, 22);
}
