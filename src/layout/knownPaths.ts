import type { Attributes, TreeOperation } from './operation.js';

/** What the operations so far have made, to merge published metadata into it without touching it. */
export class KnownPaths {
  readonly #groups = new Set<string>();
  readonly #others = new Set<string>();
  readonly #attributes = new Map<string, Set<string>>();

  record(operations: readonly TreeOperation[]): void {
    for (const operation of operations) {
      if ('attributes' in operation) this.#recordAttributes(operation.path, operation.attributes ?? {});
      if (operation.op === 'group') this.#groups.add(operation.path);
      else if (operation.op !== 'attributes' && operation.op !== 'rewriteText')
        this.#others.add(operation.path);
    }
  }

  /** Keeps a path for what is written later. */
  reserve(path: string): void {
    this.#others.add(path);
  }

  has(path: string): boolean {
    return this.#groups.has(path) || this.#others.has(path);
  }

  isGroup(path: string): boolean {
    return this.#groups.has(path);
  }

  /** Whether an object has an attribute already: attributes are never rewritten. */
  hasAttribute(path: string, name: string): boolean {
    return this.#attributes.get(path)?.has(name) ?? false;
  }

  /** The path itself, or with `_2`, `_3` behind it when something else stands there. */
  free(path: string): string {
    let free = path;
    for (let n = 2; this.has(free); n++) free = `${path}_${n}`;
    return free;
  }

  #recordAttributes(path: string, attributes: Attributes): void {
    const names = this.#attributes.get(path) ?? new Set();
    for (const name of Object.keys(attributes)) names.add(name);
    this.#attributes.set(path, names);
  }
}
