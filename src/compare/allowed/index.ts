/** Differences between two files of one scan that are as they should be, each kind with its reason. */
import type { Candidate } from '../difference.js';
import { PLOT_RULES } from './plots.js';
import type { Rule, Scene } from './rule.js';
import { STORAGE_RULES } from './storage.js';
import { WRITER_RULES } from './writers.js';

export type { Scene } from './rule.js';

/** A whole scan that other writers have no entry for. */
export const FAILED_EARLY = {
  kind: 'failed-early',
  reason: 'a scan that failed before its first point: other writers make no entry for it',
} as const;

/** A master as a whole. */
export const FEWER_MASTERS = {
  kind: 'fewer-masters',
  reason: 'masters hold links only: another writer may make fewer of them',
} as const;

const RULES: readonly Rule[] = [...WRITER_RULES, ...STORAGE_RULES, ...PLOT_RULES];

/** All kinds, with why they may differ. */
export const ALLOWED_KINDS: readonly { readonly kind: string; readonly reason: string }[] = [
  ...RULES,
  FAILED_EARLY,
  FEWER_MASTERS,
];

/** The kind of an allowed difference, undefined if this one is not allowed. */
export function allowedKind(candidate: Candidate, scene: Scene): string | undefined {
  return RULES.find((rule) => rule.allows(candidate, scene))?.kind;
}

export function reasonOf(kind: string): string {
  return ALLOWED_KINDS.find((known) => known.kind === kind)?.reason ?? '';
}
