/** Where a scan is written, from names alone. */
export { isBelowOrSame, parseMapRule, PathMap } from './pathMap.js';
export {
  namedRoots,
  scanTarget,
  type HigherMaster,
  type ScanTarget,
  type TargetPolicy,
} from './scanTarget.js';
export { checkTemplate, DEFAULT_TEMPLATE, filesOfTemplate } from './template.js';
