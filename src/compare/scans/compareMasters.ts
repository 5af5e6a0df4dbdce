import path from 'node:path';
import { FEWER_MASTERS } from '../allowed/index.js';
import { otherSide, SIDES, type Side } from '../difference.js';
import type { Report } from '../report.js';
import type { FoundScans } from './findScans.js';

/** What is known of scans by their identities, once they were compared. */
export interface ComparedScans {
  /** Scans that only one side has, which are named already. */
  readonly alone: ReadonlySet<string>;
  /** The side of another writer, by the scans of this program that it has too. */
  readonly theirs: ReadonlyMap<string, Side>;
}

/**
 * Every scan that a master of one folder links to has to be in the file of that name of the other one, as a link or
 * itself.
 */
export function compareMasters(
  found: Readonly<Record<Side, FoundScans>>,
  { alone, theirs }: ComparedScans,
  report: Report,
): void {
  for (const here of SIDES) {
    const there = otherSide(here);
    for (const { name, links } of found[here].masters) {
      const common = { scan: '', part: 'master', aspect: 'missing', path: name, missingIn: there } as const;
      const names = namesIn(found[there], name);
      if (names === undefined) {
        const difference = { ...common, sentence: `master ${name} is missing in ${there}` };
        const isOfOurs = [...links.values()].every((scan) => alone.has(scan) || theirs.get(scan) === there);
        if (isOfOurs) report.allows({ ...difference, kind: FEWER_MASTERS.kind });
        else report.differs(difference);
        continue;
      }
      for (const [link, scan] of links) {
        if (names.has(link) || alone.has(scan)) continue;
        report.differs({ ...common, sentence: `master ${name}: the link ${link} is missing in ${there}` });
      }
    }
  }
}

/** Of the file with this name, or else of the only one with this last name. */
function namesIn({ names }: FoundScans, name: string): ReadonlySet<string> | undefined {
  const same = names.get(name);
  if (same !== undefined) return same;
  const alike = [...names.keys()].filter((other) => path.basename(other) === path.basename(name));
  return alike.length === 1 ? names.get(alike[0] ?? '') : undefined;
}
