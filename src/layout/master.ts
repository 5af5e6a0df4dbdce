import type { TreeOperation } from './operation.js';

/** One link of a master: `/{name}` to an entry of a scan's file. */
export interface MasterLink {
  /** `12.1`, or `12.1_r1` when the number was given before. */
  readonly name: string;
  /** Relative to the master's folder. */
  readonly file: string;
  /** Path of the entry in that file, `/12.1`. */
  readonly target: string;
}

export interface MasterFacts {
  readonly fileName: string;
  readonly fileTime: string;
  readonly creatorVersion: string;
  /** Name of the link that readers open first: the scan that was started last. */
  readonly default: string;
  /** When that scan was started, ISO 8601 in UTC; empty when unknown. */
  readonly defaultStartTime: string;
}

/** A file of external links only: BLISS reads the number in front of the dot of every root name (LAYOUT 0.10, 5.2). */
export function masterOperations(links: readonly MasterLink[], facts: MasterFacts): TreeOperation[] {
  return [
    {
      op: 'attributes',
      path: '/',
      attributes: {
        NX_class: 'NXroot',
        default: facts.default,
        default_start_time: facts.defaultStartTime,
        file_name: facts.fileName,
        file_time: facts.fileTime,
        creator: 'Bliss',
        creator_version: facts.creatorVersion,
        publisher: 'bliss',
      },
    },
    ...[...links]
      .sort((a, b) => compareNumbers(a.name, b.name))
      .map(({ name, file, target }): TreeOperation => ({
        op: 'externalLink',
        path: `/${name}`,
        file,
        target,
      })),
  ];
}

/** Made once: `localeCompare` with options is five times slower, which a master of 10,000 links notices. */
const NUMBERS = new Intl.Collator('en', { numeric: true });

/** `2.1` before `10.1`. */
export function compareNumbers(a: string, b: string): number {
  return NUMBERS.compare(a, b);
}
