/** Sessions, scans and files together: the long-running service and the one-scan backfill. */
export {
  backfill,
  backfillScan,
  noBlissHint,
  type BackfillRequest,
  type BackfillScanOptions,
} from './backfill.js';
export { readConfig } from './config.js';
export { list } from './list.js';
export { rebuildMasters, type RebuildRequest } from './rebuildMasters.js';
export { ScanMemory } from './scanMemory.js';
export { parseSettings, type Settings } from './settings.js';
export { verify, type VerifyRequest } from './verify.js';
export type { ServiceReports } from './reports.js';
export { runService, type ServiceRequest } from './runService.js';
export { parseHttp, type HttpSettings } from './http/index.js';
export type {
  Difference,
  MasterRebuild,
  ScanComparison,
  ScanOutcome,
  ScanProgress,
} from '../writer/index.js';
export { followSession, RedisConnection, type ScanSummary } from '../subscriber/index.js';
