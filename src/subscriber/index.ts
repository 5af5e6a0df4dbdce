/** From Redis to scan events. Only reads; knows nothing of files. */
export {
  decodeInfo,
  findSessions,
  followScan,
  keys,
  listScans,
  lostBeginnings,
  readInfo,
  scanMark,
  stateOf,
  watchScans,
  type FollowScanOptions,
  type FoundScan,
  type ScanSummary,
  type WatchOptions,
} from './classic/index.js';
export { followSession, type FollowSessionOptions } from './followSession.js';
export {
  checkAddress,
  fieldOf,
  publicAddress,
  RedisConnection,
  repliesOf,
  serverFacts,
  StreamSet,
  type ConnectOptions,
  type ServerFacts,
  type StreamEntries,
  type StreamEntry,
  type StreamReader,
} from './redis/index.js';
