/** What can be measured, in the order of the page. */
import type { Section } from '../report/section.js';
import type { Sizes } from '../sizes.js';
import { backfill } from './backfill.js';

export const CASES = { backfill } satisfies Record<string, (sizes: Sizes) => Promise<Section[]>>;

export function isCase(name: string): name is keyof typeof CASES {
  return Object.hasOwn(CASES, name);
}
