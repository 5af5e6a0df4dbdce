import type { GroupView } from '../../reading/index.js';
import type { Candidate, Side } from '../difference.js';

/** Two entries that are the same scan, and what decides which differences between them are as they should be. */
export interface Scene {
  /** The side that another writer wrote, when this program wrote just the other one. */
  readonly theirs: Side | undefined;
  /** Whether this program wrote both. */
  readonly isOurs: boolean;
  readonly entry: { readonly A: GroupView; readonly B: GroupView };
}

/** What writers may legitimately do differently. Rules know nothing of each other. */
export interface Rule {
  /** As in docs/comparing.md. */
  readonly kind: string;
  /** Why it may differ, for people: a clause. */
  readonly reason: string;
  readonly allows: (candidate: Candidate, scene: Scene) => boolean;
}

/** We have something that another writer has not. */
export function isOurAddition({ aspect, missingIn }: Candidate, { theirs }: Scene): boolean {
  return aspect === 'missing' && theirs !== undefined && missingIn === theirs;
}

/** As `isOurAddition`, for an object. */
export function isObjectOfOurs(candidate: Candidate, scene: Scene): boolean {
  return candidate.attribute === undefined && isOurAddition(candidate, scene);
}

export function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
