/** One thread for each file system, and what it can be asked to do. */
export type { FileSystemThread } from './fileSystemThread.js';
export { FileSystemThreads, type OnSilence } from './fileSystemThreads.js';
export type { FileHandle } from './methods.js';
