/** Connections and streams of Redis, reading only. Nothing here knows BLISS. */
export { checkAddress, publicAddress } from './address.js';
export { RedisConnection, type ConnectOptions } from './connection.js';
export { repliesOf } from './pipeline.js';
export { serverFacts, type ServerFacts } from './serverFacts.js';
export { streamFacts, type StreamFacts } from './streamFacts.js';
export { fieldOf, streamEntriesOf, StreamSet, type StreamEntries, type StreamEntry } from './streams.js';
