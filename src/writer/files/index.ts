/** Files on one file system: all of this runs in the thread that serves it, never on the main thread. */
export { lookAtImages } from './imageFiles.js';
export { askClosed } from './askClosed.js';
export { claimFile, findScanFile, type Claim, type ClaimRequest } from './claim.js';
export type { HashRequest } from './datasetHashes.js';
export { checkDirectory, deepestExisting, prepareDirectory, type DirectoryOptions } from './directories.js';
export type { FileOptions } from './drafts.js';
export type { StoredPoints } from './earlier.js';
export type { EarlierBlock, EarlierChannel, PointRange } from './earlierPoints.js';
export type { Checkpoint, DatasetProgress, JournalState } from './journal.js';
export { BEAT_MILLISECONDS } from './lock.js';
export type { PointBlock } from './pointBlock.js';
export { buffersOf, type PointColumns, type PointPlace, type PointRequest } from './pointColumns.js';
export { probeDirectory, type DirectoryFacts } from './probe.js';
export { roomAt, type DiskOptions } from './targetDisk.js';
export { finishLost } from './lostScan.js';
export { KnownMasters, type WantedLink } from './masterContent.js';
export { findLinks, updateMaster, type MasterRequest } from './masterFile.js';
export { planMaster, type MasterPlan, type PlanRequest } from './masterPlan.js';
export { lookAtScan, type SeenFile } from './ownScans.js';
export { rebuildMaster, type RebuildRequest, type RebuiltMaster } from './rebuiltMaster.js';
export { WrittenScan, type WrittenChannel, type WrittenWords } from './writtenScan.js';
export type { VirtualImages } from './virtualImages.js';
export {
  ScanFile,
  type Ending,
  type Finished,
  type RefusedBlock,
  type ScanFileOptions,
  type WriteTimes,
} from './scanFile.js';
