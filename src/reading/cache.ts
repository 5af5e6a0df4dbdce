/** Remembers what was used lately: at least the last `least` values, at most twice as many. */
export class Cache<V> {
  readonly #least: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  constructor(least: number) {
    this.#least = least;
  }

  get(key: string, make: () => V): V {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const value = this.#old.get(key) ?? make();
    if (this.#young.size >= this.#least) [this.#old, this.#young] = [this.#young, new Map<string, V>()];
    this.#young.set(key, value);
    return value;
  }
}
