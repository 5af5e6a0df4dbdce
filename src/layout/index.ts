/** Which group, dataset, attribute and link goes where in a file. Pure: no I/O, no HDF5, no Redis. */
export { ScanTree, scanNumberOf, type ScanReport, type ScanTreeOptions } from './scanTree.js';
export { masterOperations, type MasterFacts, type MasterLink } from './master.js';
export type { Attributes, AttributeValue, PointsOperation, PointType, TreeOperation } from './operation.js';
export type {
  ChannelCount,
  DatasetHash,
  MissingPoints,
  WriterProgram,
  WriterReport,
  WriterStatus,
} from './writerGroup.js';
