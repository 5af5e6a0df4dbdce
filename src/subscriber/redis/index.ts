/** Connections and streams of Redis, reading only. Nothing here knows BLISS. */
export { checkAddress, publicAddress } from './address.js';
export { RedisConnection, type ConnectOptions } from './connection.js';
export { repliesOf } from './pipeline.js';
export { serverFacts, type ServerFacts } from './serverFacts.js';
export { streamFacts, type StreamFacts } from './streamFacts.js';
export { fieldOf, streamEntriesOf, type StreamEntries, type StreamEntry } from './entries.js';
export { RepliedEntry } from './reply/index.js';
export { StreamReader } from './streamReader.js';
export { StreamSet, type StreamSource } from './streams.js';
