/** `error`: something in the file does not work in a reader. `warning`: it may. `note`: good to know. */
export type Severity = 'error' | 'warning' | 'note';

export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

export interface Finding {
  readonly severity: Severity;
  /** Name of the rule, as in docs/checking.md. */
  readonly rule: string;
  /** Where in the file. */
  readonly path: string;
  /** One sentence: what is wrong, and what breaks in which reader. May hold names of the file as they are. */
  readonly sentence: string;
}

/** How many findings there are of one rule and severity. */
export interface Kind {
  readonly severity: Severity;
  readonly rule: string;
  readonly count: number;
}

/** More of a kind are counted and not kept: a file can have as many as it has names. */
const KEPT_OF_A_KIND = 1000;

/** The findings of one file. */
export class FindingList {
  readonly #kept: Finding[] = [];
  readonly #kinds = new Map<string, Kind>();

  add(finding: Finding): void {
    const { severity, rule } = finding;
    const key = `${severity} ${rule}`;
    const count = (this.#kinds.get(key)?.count ?? 0) + 1;
    this.#kinds.set(key, { severity, rule, count });
    if (count <= KEPT_OF_A_KIND) this.#kept.push(finding);
  }

  kinds(): Kind[] {
    return bySeverity([...this.#kinds.values()]);
  }

  /** The worst first, else in the order of the file. */
  sorted(): Finding[] {
    return bySeverity(this.#kept);
  }
}

function bySeverity<T extends { readonly severity: Severity }>(items: readonly T[]): T[] {
  return SEVERITIES.flatMap((severity) => items.filter((item) => item.severity === severity));
}
