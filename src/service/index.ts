/** Sessions, scans and files together: the long-running service and the one-scan backfill. */
export {
  backfill,
  backfillScan,
  noBlissHint,
  type BackfillRequest,
  type BackfillScanOptions,
} from './backfill.js';
export {
  changedKeys,
  configText,
  effectiveConfig,
  valuesOf,
  variableOf,
  type Config,
} from './config/index.js';
export { examine, type DoctorRequest, type Finding } from './doctor/index.js';
export { list } from './list.js';
export { rebuildMasters, type RebuildRequest } from './rebuildMasters.js';
export { ScanMemory } from './scanMemory.js';
export { parseSettings, type Settings } from './settings.js';
export { verify, type VerifyRequest } from './verify.js';
export { forgetAddress, noteAddress, notedAddress } from './addressFile.js';
export {
  clientOf,
  readServiceState,
  type HttpClient,
  type LiveScanState,
  type ScanState,
  type ServiceState,
} from './client/index.js';
export { reportTo, type ServiceReports } from './reports.js';
export { isLogLevel, LOG_LEVELS, type LogLevel } from './logLevel.js';
export { parseRunOptions, runDefaults, type RunOptions } from './runOptions.js';
export { runService, type ServiceRequest } from './runService.js';
export type { ServiceControl } from './serviceControl.js';
export {
  pointsOf,
  type Difference,
  type MasterRebuild,
  type ScanComparison,
  type ScanOutcome,
  type ScanProgress,
} from '../writer/index.js';
export { followSession, RedisConnection, type ScanSummary } from '../subscriber/index.js';
