/**
 * Floors: reads data streams as a writer with nothing but ioredis would (XREAD, about 1 MiB a reply) and throws the replies
 * away, or unpickles their points first. argv: JSON {redis, keys, decode}.
 */
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { decodePoints, isCreation } from '../../dist/subscriber/classic/points.js';
import { measured } from './measured.js';

const REPLY_BYTES = 1024 * 1024;
const MAX_ENTRIES = 2048;

const { redis: url, keysFile, decode } = JSON.parse(process.argv[2]);
const keys = JSON.parse(readFileSync(keysFile, 'utf8'));
const redis = new Redis(url, { protocol: 2 });
await redis.ping();

/** Points of an event, as the event itself says. */
function claimed(fields) {
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i].latin1Slice() === '__NPOINTS__') return Number(fields[i + 1].latin1Slice());
  }
  return 0;
}

function pointsOf(id, fields) {
  if (!decode) return claimed(fields);
  const entry = { id: id.latin1Slice(), fields };
  if (isCreation(entry.id)) return 0;
  const points = decodePoints(entry);
  return points.kind === 'unusable' ? 0 : points.count;
}

async function readAll() {
  const lastIds = new Map(keys.map((key) => [key, '0']));
  let points = 0;
  let entryBytes = REPLY_BYTES / 128;
  while (lastIds.size > 0) {
    const fitting = Math.floor(REPLY_BYTES / entryBytes / lastIds.size);
    const count = Math.max(1, Math.min(MAX_ENTRIES, fitting));
    const reply = await redis.xreadBuffer('COUNT', count, 'STREAMS', ...lastIds.keys(), ...lastIds.values());
    if (reply === null) return points;
    let [bytes, entries] = [0, 0];
    for (const [key, events] of reply) {
      for (const [id, fields] of events) {
        for (const field of fields) bytes += field.byteLength;
        points += pointsOf(id, fields);
      }
      entries += events.length;
      lastIds.set(key.toString(), events.at(-1)[0].toString());
    }
    entryBytes = Math.max(64, bytes / entries);
  }
  return points;
}

console.log(JSON.stringify(await measured(readAll)));
redis.disconnect();
