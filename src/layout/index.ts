/** Which group, dataset, attribute and link goes where in a file. Pure: no I/O, no HDF5, no Redis. */
export { ScanTree, entryNames, scanNumberOf, type ScanReport, type ScanTreeOptions } from './scanTree.js';
export {
  isPlainEdf,
  savedImages,
  type ImageFile,
  type ImageMapping,
  type ImagePlan,
  type SavedImages,
} from './images.js';
export { DEFAULT_LAYOUT, type LayoutOptions } from './options.js';
export type { LivePlot } from './livePlot.js';
export type { DeviceInfo } from './entryTree.js';
export { isoTime } from './time.js';
export { compareNumbers, masterOperations, type MasterFacts, type MasterLink } from './master.js';
export type {
  Attributes,
  AttributeValue,
  Compression,
  PointsOperation,
  PointType,
  TreeOperation,
} from './operation.js';
export { endWriterGroup, rewriteStatus } from './writerGroup.js';
export type {
  ChannelCount,
  DatasetHash,
  MissingPoints,
  WriterProgram,
  WriterReport,
  WriterStatus,
} from './writerGroup.js';
