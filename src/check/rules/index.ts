import { attributeCount, textAttributes } from './attributes.js';
import { classes } from './classes.js';
import { defaults } from './defaults.js';
import { entries } from './entries.js';
import { absoluteFiles, links, masterNames } from './links.js';
import { measurement } from './measurement.js';
import { plots } from './plots.js';
import { positioners } from './positioners.js';
import type { Rule } from './rule.js';
import { spectra } from './spectra.js';
import { virtualDatasets } from './virtualDatasets.js';
import { writerWords } from './writerWords.js';

export type { Rule } from './rule.js';

/** All rules; what they say and about whom is in docs/checking.md. */
export const RULES: readonly Rule[] = [
  classes,
  textAttributes,
  attributeCount,
  defaults,
  links,
  virtualDatasets,
  plots,
  entries,
  positioners,
  measurement,
  spectra,
  writerWords,
  masterNames,
  absoluteFiles,
];
