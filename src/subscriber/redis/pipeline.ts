import type { ChainableCommander } from 'ioredis';

/** What Redis says of a key that is not there or not of the type that was asked for. */
const NO_SUCH_VALUE = /^(WRONGTYPE|ERR no such key)/;

/**
 * The replies of a pipeline, in its order; undefined where the key is not there or of another type.
 * @throws any other error of Redis or of the connection: what is not answered must not look like nothing
 */
export async function repliesOf(pipeline: ChainableCommander): Promise<unknown[]> {
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, reply]) => {
    if (error === null) return reply;
    if (NO_SUCH_VALUE.test(error.message)) return undefined;
    throw error;
  });
}
