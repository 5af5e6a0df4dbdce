/** From scan events to files. Knows nothing of Redis. */
export { compareScan, type Difference, type ScanComparison } from './compareScan.js';
export { BufferPool } from './bufferPool.js';
export { ByteBudget } from './byteBudget.js';
export {
  loadHdf5,
  type AttributeContent,
  type GroveAnswer,
  type GroveRequest,
  type Hdf5Browser,
  type Hdf5File,
  type Hdf5Library,
  type Link,
  type Sight,
  type Stored,
  type ValueKind,
} from './hdf5/index.js';
export type { Compression, LayoutOptions, LivePlot } from '../layout/index.js';
export { Masters } from './masters.js';
export type { DirectoryFacts, PointColumns, PointRequest, WriteTimes, WrittenWords } from './files/index.js';
export {
  pointsOf,
  type ChannelProgress,
  type OpenScan,
  type ScanOutcome,
  type ScanProgress,
} from './outcome.js';
export { readWrittenPoints, readWrittenWords } from './readWritten.js';
export { rebuildMaster, type MasterRebuild, type RebuildOptions } from './rebuildMaster.js';
export { writeScan } from './scanWriter.js';
export type { ScanEventSource, WriteScanOptions } from './writeScanOptions.js';
export {
  checkTemplate,
  DEFAULT_TEMPLATE,
  isBelowOrSame,
  namedRoots,
  parseMapRule,
  PathMap,
  scanTarget,
  type ScanTarget,
  type TargetPolicy,
} from './target/index.js';
export { FileSystemThreads, type FileSystemThread, type OnSilence } from './thread/index.js';
