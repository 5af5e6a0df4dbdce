/** Sessions, scans and files together: the long-running service and the one-scan backfill. */
export { backfill, noBlissHint, type BackfillRequest } from './backfill.js';
export { list } from './list.js';
export { parseSettings, type Settings } from './settings.js';
export { runService, type ServiceReports, type ServiceRequest } from './writerService.js';
export type { ScanOutcome, ScanProgress } from '../writer/index.js';
export { RedisConnection, type ScanSummary } from '../subscriber/index.js';
