/** How much is measured: all of it stands here. `quick` takes some 2 minutes, `full` less than 25 on two cores. */
export interface Sizes {
  readonly pairs: number;
  readonly backfill: {
    /** Points of each of 20 channels, one an event; 200 channels have a tenth of it. */
    readonly single: number;
    /** Points of each of 20 channels, 100 an event; 200 channels have a tenth of it. */
    readonly blocks: number;
    /** Points of each of 8 spectra of 4096 uint32. */
    readonly spectra: number;
    /** Frames of 1024 x 1024 uint16. */
    readonly frames: number;
    /** Bytes of published commands; a recorded scan has 0.2 MB of them and is mostly begun and ended. */
    readonly mixBytes: number;
  };
  /** Points in one set of channels, and how many channels share `channelPoints`. */
  readonly growth: {
    readonly points: readonly number[];
    readonly channels: readonly number[];
    readonly channelPoints: number;
  };
  readonly live: {
    /** Points a second of each of 20 channels, until the writer falls behind. */
    readonly rates: readonly number[];
    readonly rateSeconds: number;
    readonly latencySeconds: number;
    readonly scans: readonly number[];
    readonly scansSeconds: number;
    readonly manySeconds: number;
  };
  /** Scans that Redis holds when the service starts. */
  readonly oldScans: number;
  readonly soakMinutes: number;
}

export const FULL: Sizes = {
  pairs: 5,
  backfill: { single: 20_000, blocks: 500_000, spectra: 4_000, frames: 300, mixBytes: 15e6 },
  growth: { points: [10_000, 100_000, 1_000_000], channels: [10, 100, 1_000], channelPoints: 400_000 },
  live: {
    rates: [500, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 8_000, 10_000],
    rateSeconds: 12,
    latencySeconds: 30,
    scans: [1, 10, 50],
    scansSeconds: 15,
    manySeconds: 30,
  },
  oldScans: 2_000,
  soakMinutes: 2,
};

export const QUICK: Sizes = {
  pairs: 1,
  backfill: { single: 2_000, blocks: 50_000, spectra: 400, frames: 50, mixBytes: 5e6 },
  growth: { points: [1_000, 10_000], channels: [10, 100], channelPoints: 40_000 },
  live: {
    rates: [500, 2_000],
    rateSeconds: 6,
    latencySeconds: 6,
    scans: [1, 10],
    scansSeconds: 6,
    manySeconds: 8,
  },
  oldScans: 200,
  soakMinutes: 0.3,
};
