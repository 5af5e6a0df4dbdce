/** The vocabulary that all parts share: scans, channels, chunks, info and errors. Types and pure functions only. */
export * from './describe.js';
export * from './dtype.js';
export * from './errors.js';
export * from './event.js';
export * from './info.js';
export * from './lists.js';
export * from './scan.js';
export type { TrimMargin } from './trim.js';
