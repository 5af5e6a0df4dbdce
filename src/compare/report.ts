import { reasonOf } from './allowed/index.js';
import type { AllowedDifference, Difference, NotCompared, Part } from './difference.js';

export interface Comparison {
  /** Scans that both sides have. */
  readonly compared: number;
  /** In the order of the scans, and of each part a thousand at most. */
  readonly differences: readonly Difference[];
  /** How many there are, all counted. */
  readonly counts: readonly { readonly scan: string; readonly part: Part; readonly count: number }[];
  /** Of each kind a thousand at most. */
  readonly allowed: readonly AllowedDifference[];
  readonly allowedKinds: readonly {
    readonly kind: string;
    readonly reason: string;
    readonly count: number;
  }[];
  /** A thousand at most. */
  readonly notCompared: readonly NotCompared[];
  readonly notComparedCount: number;
}

/** More of one sort are counted and not kept: two trees can differ in as much as they hold. */
const KEPT = 1000;

class BoundedList<T> {
  readonly items: T[] = [];
  readonly #counts = new Map<string, number>();

  add(item: T, sort: string): void {
    const count = this.countOf(sort) + 1;
    this.#counts.set(sort, count);
    if (count <= KEPT) this.items.push(item);
  }

  countOf(sort: string): number {
    return this.#counts.get(sort) ?? 0;
  }

  get sorts(): string[] {
    return [...this.#counts.keys()];
  }
}

/** Collects what is found while two trees are compared. */
export class Report {
  readonly #differences = new BoundedList<Difference>();
  readonly #allowed = new BoundedList<AllowedDifference>();
  readonly #notCompared = new BoundedList<NotCompared>();
  readonly #counts = new Map<string, { scan: string; part: Part; count: number }>();
  compared = 0;

  differs(difference: Difference): void {
    const { scan, part } = difference;
    this.#differences.add(difference, part);
    const key = `${scan}\0${part}`;
    const { count } = this.#counts.get(key) ?? { count: 0 };
    this.#counts.set(key, { scan, part, count: count + 1 });
  }

  allows(difference: AllowedDifference): void {
    this.#allowed.add(difference, difference.kind);
  }

  cannotCompare(what: NotCompared): void {
    this.#notCompared.add(what, '');
  }

  get comparison(): Comparison {
    const allowedKinds = this.#allowed.sorts.map((kind) => {
      return { kind, reason: reasonOf(kind), count: this.#allowed.countOf(kind) };
    });
    return {
      compared: this.compared,
      differences: this.#differences.items,
      counts: [...this.#counts.values()],
      allowed: this.#allowed.items,
      allowedKinds,
      notCompared: this.#notCompared.items,
      notComparedCount: this.#notCompared.countOf(''),
    };
  }
}
