import type { Redis } from 'ioredis';
import { messageOf } from '../../scan/index.js';

/** BLISS names its connections `hostname:pid` (PROTOCOL 1). */
const NAME_OF_PUBLISHER = / name=[^\s:]+:\d+ /;

/** Whether no process is connected to Redis that may publish; false also when this user may not see that. */
export async function isPublisherGone(redis: Redis): Promise<boolean> {
  try {
    const clients = String(await redis.client('LIST')).split('\n');
    return !clients.some((client) => NAME_OF_PUBLISHER.test(client));
  } catch (error) {
    // It is no reading command.
    if (/^(NOPERM|ERR unknown)/.test(messageOf(error))) return false;
    throw error;
  }
}
