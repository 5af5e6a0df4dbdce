/** What a service is doing, in memory: for HTTP, and whoever else shows it. */
export { blissStateOf, type BlissState } from './blissState.js';
export { entryProgressOf, type EntryProgress } from './entryProgress.js';
export { isLive, SCAN_STAGES, type Reason, type ScanStage, type ScanStatus } from './scanStatus.js';
export type { Problem } from './problems.js';
export { ServiceStatus, type DiskStatus } from './serviceStatus.js';
export type { SessionTotals } from './sessionTotals.js';
export type { StatusEvent, StatusEventType } from './statusEvent.js';
