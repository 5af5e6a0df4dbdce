import type { ObjectView } from '../reading/index.js';

/** The two that are compared, as people are told of them. */
export type Side = 'A' | 'B';

export const SIDES: readonly Side[] = ['A', 'B'];

export function otherSide(side: Side): Side {
  return side === 'A' ? 'B' : 'A';
}

/** What of a scan differs, in its user's words; `master` is a file of links to scans. */
export const PARTS = ['scan', 'counter', 'spectrum', 'image', 'motor', 'plot', 'metadata', 'master'] as const;

export type Part = (typeof PARTS)[number];

/** In what way. `missing`: only one side has it. */
export type Aspect = 'missing' | 'values' | 'shape' | 'type' | 'unit' | 'attribute' | 'link' | 'source';

export interface Difference {
  /** `3.1`, with the dataset where several have that number; empty for what is of no scan. */
  readonly scan: string;
  readonly part: Part;
  readonly aspect: Aspect;
  /** Within the scan. */
  readonly path: string;
  /** Without its end: `counter diode1 is missing in B`. May hold names and texts of the files as they are. */
  readonly sentence: string;
  /** The side that lacks it. */
  readonly missingIn?: Side;
}

/** A difference that is as it should be. */
export interface AllowedDifference extends Difference {
  /** As in docs/comparing.md. */
  readonly kind: string;
}

/** What could not be read, so that nobody knows whether it is the same. */
export interface NotCompared {
  readonly scan: string;
  readonly path: string;
  readonly sentence: string;
}

/** A difference before it is judged, with what it was found on. */
export interface Candidate extends Omit<Difference, 'scan'> {
  readonly A?: ObjectView;
  readonly B?: ObjectView;
  readonly attribute?: string;
  /** The largest difference as a part of the values that differ. */
  readonly relative?: number;
}
