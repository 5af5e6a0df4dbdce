/** What can be measured, in the order of the page. */
import type { Section } from '../report/section.js';
import type { Sizes } from '../sizes.js';
import { backfill } from './backfill.js';
import { growth } from './growth.js';
import { live } from './live.js';
import { mix } from './mix.js';
import { soak } from './soak.js';
import { start } from './start.js';

export const CASES = { backfill, mix, growth, live, start, soak } satisfies Record<
  string,
  (sizes: Sizes) => AsyncIterable<Section>
>;

export type CaseName = keyof typeof CASES;

export const CASE_NAMES = Object.keys(CASES).filter(isCase);

export function isCase(name: string): name is CaseName {
  return Object.hasOwn(CASES, name);
}
