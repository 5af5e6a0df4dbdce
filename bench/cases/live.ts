import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, mebibytes, percent, short, times, type Section, type Target } from '../report/section.js';
import type { Sizes } from '../sizes.js';
import { withBeamline, type Beamline, type MadeScan } from '../support/beamline.js';
import type { Child } from '../support/children.js';
import { watchLag, type Lag } from '../support/lag.js';
import { median } from '../support/pairs.js';

/** A reader who wants to know at once, and one who does not want to disturb. */
const [SOON_SECONDS, CALM_SECONDS] = [0.02, 0.2];
/** The file is made meanwhile. */
const WARM_UP_SECONDS = 3;
/** A publisher that is later than this does not publish at the rate that was asked for. */
const LATE_SECONDS = 1;

/** Scans that are written while they are published. */
export async function* live({ live: sizes }: Sizes): AsyncGenerator<Section> {
  yield await latencies(sizes.latencySeconds);
  yield await rates(sizes.rates, sizes.rateSeconds);
  yield await parallelScans(sizes.scans, sizes.scansSeconds);
  yield await manyChannels(sizes.manySeconds);
}

async function latencies(duration: number): Promise<Section> {
  const rows: string[][] = [];
  const targets: Target[] = [];
  const aims = [
    { options: [], name: 'default (500 ms)', p50: 0.6, p99: 1.2 },
    { options: ['--flush', '100ms'], name: '--flush 100ms', p99: 0.3 },
  ];
  for (const { options, name, p50, p99 } of aims) {
    const rate = 50;
    const scan = { number: 1, points: rate * duration, rate, channels: 8, block: 1, epoch: true };
    const { lag } = await withBeamline(async (beamline) => {
      const writer = beamline.run(options);
      return publishTo(beamline, writer, scan, SOON_SECONDS);
    });
    rows.push([name, times(lag.p50), times(lag.p99), String(lag.looks), String(lag.failed)]);
    if (p50 !== undefined) targets.push(atMost(`latency p50, ${name}, s`, lag.p50, p50));
    targets.push(atMost(`latency p99, ${name}, s`, lag.p99, p99));
  }
  return {
    title: 'From publication to h5py',
    text: `10 channels at 50 Hz, one point an event. A reader opens the file every ${SOON_SECONDS * 1000} ms, which is part of it. The first ${WARM_UP_SECONDS} s are left out.`,
    head: ['flush', 'p50 s', 'p99 s', 'looks', 'looks that could not read'],
    rows,
    targets,
  };
}

async function rates(all: readonly number[], duration: number): Promise<Section> {
  const rows: string[][] = [];
  for (const rate of all) {
    const scan = { number: 1, points: rate * duration, rate, channels: 18, block: 1, epoch: true };
    const { lag, late, cpu, rss } = await withBeamline(async (beamline) =>
      publishTo(beamline, beamline.run(), scan, CALM_SECONDS),
    );
    const { early, end } = ends(lag);
    const isPublished = late < LATE_SECONDS;
    const isBounded = end < early + 0.5 && end < 2;
    const word = isPublished ? (isBounded ? 'keeps up' : 'falls behind') : 'the publisher is late';
    rows.push([short(rate * 20), times(early), times(end), percent(cpu), mebibytes(rss), word]);
    if (!isPublished || !isBounded) break;
  }
  return {
    title: 'Rate that is kept up with',
    text: `20 channels, one point an event, ${duration} s each; publisher, Redis, writer and reader share the processors. Lag is the age of the newest point that h5py finds.`,
    head: ['events/s', 'lag at first s', 'lag at the end s', 'CPU of a core', 'RSS MiB', ''],
    rows,
    targets: [],
  };
}

async function parallelScans(counts: readonly number[], duration: number): Promise<Section> {
  const rows: string[][] = [];
  for (const count of counts) {
    const [first, ...others] = Array.from({ length: count }, (_, index) => {
      const base = { number: index + 1, points: 10 * duration, rate: 10, channels: 8, block: 1 };
      return { ...base, epoch: true };
    });
    if (first === undefined) continue;
    const { lag, cpu, rss } = await withBeamline(async (beamline) =>
      publishTo(beamline, beamline.run(), first, CALM_SECONDS, others),
    );
    rows.push([String(count), percent(cpu), mebibytes(rss), times(median(lag.lags))]);
  }
  return {
    title: 'Scans at the same time',
    text: `Each has 10 channels at 10 Hz, one point an event, for ${duration} s; the first ${WARM_UP_SECONDS} s are left out.`,
    head: ['scans', 'CPU of a core', 'RSS MiB', 'lag s'],
    rows,
    targets: [],
  };
}

async function manyChannels(duration: number): Promise<Section> {
  const rate = 50;
  const scan = { number: 1, points: rate * duration, rate, channels: 198, block: 1, epoch: true };
  const { lag, cpu, rss, late, loop } = await withBeamline(async (beamline) => {
    const options = { redis: beamline.url, map: [`/mnt/beamline00=${beamline.files}`] };
    const writer = beamline.start('drivers/follow.js', [JSON.stringify(options)]);
    const measured = await publishTo(beamline, writer, scan, CALM_SECONDS, [], () => {
      writer.say('begin');
    });
    writer.say('end');
    const said = JSON.parse(await writer.waitFor(/^\{/)) as { p50: number; p99: number; max: number };
    return { ...measured, loop: said };
  });
  const { early, end } = ends(lag);
  return {
    title: '200 channels at 50 Hz',
    text: `10 000 events a second for ${duration} s${late < LATE_SECONDS ? '' : ', but the publisher was late'}. The delay of the event loop is that of the main thread, which reads and decodes.`,
    head: [
      'lag at first s',
      'lag at the end s',
      'CPU of a core',
      'event loop p50 ms',
      'p99 ms',
      'max ms',
      'RSS MiB',
    ],
    rows: [
      [
        times(early),
        times(end),
        percent(cpu),
        ...[loop.p50, loop.p99, loop.max].map((delay) => delay.toFixed(1)),
        mebibytes(rss),
      ],
    ],
    targets: [
      atMost('200 channels x 50 Hz: CPU of a core', cpu, 0.6),
      atMost('200 channels x 50 Hz: growth of the lag, s', end - early, 0.2),
      atMost('200 channels x 50 Hz: event loop p99, ms', loop.p99, 30),
    ].map((target) => (late < LATE_SECONDS ? target : unproven(target))),
  };
}

/** With fewer points than were to be published nothing is shown. */
function unproven(target: Target): Target {
  return { ...target, measured: `${target.measured}, publisher late`, isMet: false };
}

interface Published {
  readonly lag: Lag;
  /** Seconds that the publisher was late at most. */
  readonly late: number;
  /** Share of a core that the writer took, after the warm-up. */
  readonly cpu: number;
  readonly rss: number;
}

/** Publishes scans to a writer, with a reader of the first one. */
async function publishTo(
  beamline: Beamline,
  writer: Child,
  first: MadeScan & { readonly rate: number },
  pollSeconds: number,
  others: readonly MadeScan[] = [],
  onWarm?: () => void,
): Promise<Published> {
  await writer.waitFor(/following/);
  const endLag = await watchLag(beamline, first, pollSeconds, first.rate * WARM_UP_SECONDS);
  const publishing = beamline.publish([first, ...others]);
  await sleep(1000 * WARM_UP_SECONDS);
  onWarm?.();
  const [begin, cpuBefore] = [performance.now(), writer.cpu];
  // The end of the scans is not in it: hashes are made then.
  await sleep((1000 * first.points) / first.rate - 1000 * WARM_UP_SECONDS);
  const cpu = (1000 * (writer.cpu - cpuBefore)) / (performance.now() - begin);
  const { rss } = writer;
  const published = await publishing;
  return { lag: await endLag(), late: Math.max(...published.map(({ late }) => late)), cpu, rss };
}

/** Medians of the second and the last quarter: in the first the file is made. */
function ends({ lags }: Lag): { early: number; end: number } {
  const quarter = Math.floor(lags.length / 4);
  return { early: median(lags.slice(quarter, 2 * quarter)), end: median(lags.slice(3 * quarter)) };
}
