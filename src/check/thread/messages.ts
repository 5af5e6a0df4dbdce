import type { CheckedFile } from '../check.js';

export interface Question {
  readonly file: string;
  /** Memory that both see, an int32 that grows as long as the reading goes on. */
  readonly beats: SharedArrayBuffer;
}

export type Answer = { readonly checked: CheckedFile } | { readonly failure: string };
