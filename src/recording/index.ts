/**
 * Replays a recording of what a publisher sent to Redis, the only part that writes to a Redis, and makes recordings,
 * which only reads. From outside use `replay` and `record`; everything else here is their making.
 */
export {
  record,
  type LostIds,
  type RecordOptions,
  type RecordProgress,
  type RecordResult,
  type ScanSeen,
} from './record/record.js';
export { replay, type ReplayOptions, type ReplayProgress, type ReplayResult } from './replay.js';
