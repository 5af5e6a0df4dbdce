import type { FoundScan } from './findScans.js';

export interface Match {
  readonly A: FoundScan | undefined;
  readonly B: FoundScan | undefined;
}

/** By what two scans of one number are the same, the surest first; undefined says nothing. */
const SIGNS: readonly ((scan: FoundScan) => string | undefined)[] = [
  ({ folder, dataset, start }) => (start === undefined ? undefined : `${folder}/${dataset} ${start}`),
  ({ start }) => start?.toString(),
  ({ folder, dataset }) => `${folder}/${dataset}`,
  ({ dataset }) => dataset,
  ({ title }) => title,
  () => '',
];

/**
 * Which scans of two trees are the same: those of one number and sub-scan, and of several the ones of one start, place,
 * dataset or title. What has no partner stands alone. In the order of A, then of B.
 */
export function matchScans(A: readonly FoundScan[], B: readonly FoundScan[]): Match[] {
  const partners = new Map<FoundScan, FoundScan>();
  const taken = new Set<FoundScan>();
  for (const sign of SIGNS) {
    const free = new Map<string, FoundScan[]>();
    for (const scan of B) {
      const key = keyOf(scan, sign);
      if (key !== undefined && !taken.has(scan)) free.set(key, [...(free.get(key) ?? []), scan]);
    }
    for (const scan of A) {
      if (partners.has(scan)) continue;
      const partner = free.get(keyOf(scan, sign) ?? '')?.shift();
      if (partner === undefined) continue;
      partners.set(scan, partner);
      taken.add(partner);
    }
  }
  const ofA = A.map((scan) => ({ A: scan, B: partners.get(scan) }));
  const ofB = B.filter((scan) => !taken.has(scan)).map((scan) => ({ A: undefined, B: scan }));
  return [...ofA, ...ofB];
}

function keyOf(scan: FoundScan, sign: (scan: FoundScan) => string | undefined): string | undefined {
  const value = sign(scan);
  return value === undefined ? undefined : `${scan.number} ${value}`;
}

/** What a scan is called: its number, with its dataset where several have that number. */
export function namesOfScans(matches: readonly Match[]): Map<Match, string> {
  const byNumber = new Map<string, number>();
  for (const { A, B } of matches) {
    const number = (A ?? B)?.number ?? '';
    byNumber.set(number, (byNumber.get(number) ?? 0) + 1);
  }
  return new Map(
    matches.map((match) => {
      const { number = '', folder = '', dataset = '' } = match.A ?? match.B ?? {};
      const place = folder === '.' ? dataset : `${folder}/${dataset}`;
      return [match, (byNumber.get(number) ?? 0) > 1 ? `${number} of ${place}` : number];
    }),
  );
}
