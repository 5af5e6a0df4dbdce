/** From Redis to scan events. Only reads; knows nothing of files. */
export {
  findSessions,
  followScan,
  listScans,
  scanMark,
  watchScans,
  type FollowScanOptions,
  type FoundScan,
  type ScanSummary,
  type WatchOptions,
} from './classic/index.js';
export { followSession, type FollowSessionOptions } from './followSession.js';
export { checkAddress, publicAddress, RedisConnection, type ConnectOptions } from './redis/index.js';
