/** What differs between two files or trees of scans, whoever wrote them, in their users' words. */
export { ALLOWED_KINDS } from './allowed/index.js';
export { compareTrees } from './compareTrees.js';
export { PARTS, type AllowedDifference, type Difference, type NotCompared, type Part } from './difference.js';
export type { Comparison } from './report.js';
export { CompareThread } from './thread/compareThread.js';
