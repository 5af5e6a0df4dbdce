/**
 * The public API: follow a BLISS session as an on-line client, and write one scan to its file.
 * @packageDocumentation
 */
export { backfillScan, type BackfillScanOptions } from './service/index.js';
export type { ScanOutcome } from './writer/index.js';
export type { ChannelCount, MissingPoints, WriterStatus } from './layout/index.js';
export { followSession, type FollowSessionOptions } from './subscriber/index.js';
export { elementCount, elements, ScanWriterError } from './scan/index.js';
export type {
  Channel,
  ChannelKind,
  Chunk,
  DType,
  EndReason,
  ErrorDetails,
  ErrorTag,
  Gap,
  Images,
  InfoDateTime,
  InfoDict,
  InfoOpaque,
  InfoValue,
  NumericArray,
  Records,
  ScanEvent,
  ScanEventOf,
  ScanEventType,
  ScanIdentity,
  ScanState,
} from './scan/index.js';
