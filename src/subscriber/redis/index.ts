/** Connections and streams of Redis, reading only. Nothing here knows BLISS. */
export { checkAddress, publicAddress } from './address.js';
export { connectError, RedisConnection, type ConnectOptions } from './connection.js';
export { fieldOf, StreamSet, type StreamEntries, type StreamEntry } from './streams.js';
