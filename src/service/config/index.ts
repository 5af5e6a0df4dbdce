/** Where the options of `run` come from: file, environment and command line, in that order. */
export {
  changedKeys,
  effectiveConfig,
  valuesOf,
  type Config,
  type ConfigSources,
  type Sourced,
} from './config.js';
export { attributeOf, RUN_KEYS, variableOf } from './keys.js';
export { configText } from './text.js';
