/** Scans that BLISS 1.7 to 1.x publishes in Redis: sessions, scans and the events of one scan. */
export { followScan, type FollowScanOptions, type Quiet } from './followScan.js';
export { listScans, type ScanSummary } from './listScans.js';
export { lostBeginnings } from './lostBeginnings.js';
export { scanMark } from './scanMark.js';
export * as keys from './keys.js';
export { decodeInfo, readInfo } from './nodes.js';
export { findSessions } from './sessions.js';
export { stateOf } from './state.js';
export { watchScans, type FoundScan, type WatchOptions } from './watchScans.js';
