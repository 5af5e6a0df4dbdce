/** What one run of a contender took, without the start of its process. */
export interface Measured {
  readonly seconds: number;
  /** User and system time of all its threads, in seconds; undefined where nobody knows. */
  readonly cpu?: number;
  readonly points: number;
  /** Bytes, the largest. */
  readonly rss?: number;
  /** Share of a core that its busiest thread but the main one had. */
  readonly busiest?: number;
}

export interface Contender {
  readonly name: string;
  readonly run: () => Promise<Measured>;
}

/** Of one contender. */
export function resultOf(results: ReadonlyMap<string, Medians>, name: string): Medians {
  const medians = results.get(name);
  if (medians === undefined) throw new Error(`${name} did not run`);
  return medians;
}

/** Medians over the runs of one contender, and the runs themselves, one a pair. */
export interface Medians extends Required<Measured> {
  readonly runs: readonly Measured[];
}

/**
 * Median of what one contender took by what another one took in the same pair: what the machine did besides then meets
 * both.
 */
export function ratioOf(a: Medians, b: Medians, key: 'seconds' | 'cpu'): number {
  return median(a.runs.map((run, pair) => (run[key] ?? NaN) / (b.runs[pair]?.[key] ?? NaN)));
}

/**
 * Runs contenders in turn, `pairs` times each, in changing order: what the machine does besides meets all of them.
 */
export async function inTurn(contenders: readonly Contender[], pairs: number): Promise<Map<string, Medians>> {
  const runs = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
  for (let pair = 0; pair < pairs; pair++) {
    const order = pair % 2 === 0 ? contenders : contenders.toReversed();
    for (const { name, run } of order) runs.get(name)?.push(await run());
  }
  return new Map([...runs].map(([name, measured]) => [name, mediansOf(measured)]));
}

function mediansOf(runs: readonly Measured[]): Medians {
  const of = (key: keyof Measured): number => median(runs.map((run) => run[key] ?? NaN));
  return {
    seconds: of('seconds'),
    cpu: of('cpu'),
    points: of('points'),
    rss: of('rss'),
    busiest: of('busiest'),
    runs,
  };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which a share of the values lie; NaN when there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN];
  return low + (high - low) * (at - Math.floor(at));
}
