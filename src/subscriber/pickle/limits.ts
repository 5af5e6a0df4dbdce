/** How large a pickle may be. What is over a limit is refused before the memory or time is spent. */
export interface UnpickleLimits {
  /** Bytes of the pickle. Redis itself allows 512 MiB for one value. */
  readonly bytes: number;
  /** Opcodes, and with them the values made, the memo entries and the time. */
  readonly operations: number;
  /** Containers in containers. Who walks over a value recursively relies on it. */
  readonly depth: number;
  /** Marks that are open at the same time. */
  readonly marks: number;
  /** Values in the result, where a shared one counts each time it can be reached ("billion laughs"). */
  readonly nodes: number;
  /** Bytes of one integer: the cost of a decimal one is quadratic. */
  readonly integerBytes: number;
}

export const DEFAULT_LIMITS: UnpickleLimits = {
  bytes: 2 ** 29,
  operations: 2_000_000,
  depth: 200,
  marks: 10_000,
  nodes: 2_000_000,
  integerBytes: 1024,
};
