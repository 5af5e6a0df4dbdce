/**
 * Virtual datasets over the files of a detector, which h5wasm cannot make (VIRTUAL_DATASETS.md): a placeholder in the
 * open file, a few bytes changed in the closed one, and a look at what came of it. Section numbers in this folder are
 * those of the HDF5 File Format Specification, version 3 and later. Runs in the HDF5 threads.
 */
export type { VirtualLayout, VirtualMapping } from './mapping.js';
export { createPlaceholder, type Placeholder, type PlaceholderRequest } from './placeholder.js';
export { inspectSource, type SourceContent } from './source.js';
export { verifyVirtualDataset, type ExpectedVirtualDataset } from './verify.js';
export { repairedSuperblock } from './superblock.js';
export { writeVirtualLayout } from './write.js';
