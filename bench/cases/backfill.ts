import { rmSync, writeFileSync } from 'node:fs';
import { atLeast, mebibytes, seconds, short, times, type Section, type Target } from '../report/section.js';
import type { Sizes } from '../sizes.js';
import { withBeamline, type Beamline, type MadeScan, type PublishedScan } from '../support/beamline.js';
import { jsonOf, output } from '../support/children.js';
import { inTurn, ratioOf, resultOf, type Contender, type Measured, type Medians } from '../support/pairs.js';

const READ = 'reading (ioredis)';
const DECODE = 'reading, unpickling';
const DUMP = 'redis-cli --rdb';
export const OURS = 'scan-writer';
const GZIP = 'scan-writer, gzip:1';
const PER_EVENT = 'h5py, each event';
const BATCHED = 'h5py, in batches';

type Results = ReadonlyMap<string, Medians>;

interface Case {
  readonly title: string;
  readonly scan: Omit<MadeScan, 'number'>;
  /** Whether bytes say more than points. */
  readonly inBytes?: boolean;
  readonly gzip?: boolean;
  /** The slowest peer would take minutes: it gets a tenth of the points, and what it took counts ten times. */
  readonly tenthPerEvent?: boolean;
  readonly targets?: (of: (name: string) => Medians) => Target[];
}

function casesOf({ single, blocks, spectra, frames }: Sizes['backfill']): Case[] {
  const tenth = (points: number): number => points / 10;
  return [
    {
      title: `20 scalars, ${single} points, one an event`,
      scan: { points: single, channels: 19, block: 1 },
      tenthPerEvent: true,
      targets: (of) => [
        compared('20 scalars: time, by reading and unpickling', of(OURS), of(DECODE), '<=', 1.6),
        compared('20 scalars: h5py for each event, by scan-writer', of(PER_EVENT), of(OURS), '>=', 8),
      ],
    },
    {
      title: `200 scalars, ${tenth(single)} points, one an event`,
      scan: { points: tenth(single), channels: 199, block: 1 },
      tenthPerEvent: true,
    },
    {
      title: `20 scalars, ${blocks} points, 100 an event`,
      scan: { points: blocks, channels: 19, block: 100 },
      targets: (of) => blockTargets('20 scalars in blocks', of),
    },
    {
      title: `200 scalars, ${tenth(blocks)} points, 100 an event`,
      scan: { points: tenth(blocks), channels: 199, block: 100 },
      targets: (of) => blockTargets('200 scalars in blocks', of),
    },
    {
      title: `8 spectra of 4096 uint32, ${spectra} points`,
      scan: { points: spectra, spectra: 8, block: 1 },
      inBytes: true,
      gzip: true,
      targets: (of) => [
        compared('spectra: reading, by scan-writer', of(READ), of(OURS), '>=', 0.6),
        atLeast('spectra with gzip:1: cores of the thread that compresses', of(GZIP).busiest, 0.9),
      ],
    },
    {
      title: `frames of 1024 x 1024 uint16, ${frames}`,
      scan: { points: frames, frames: 1, block: 1 },
      inBytes: true,
      targets: (of) => [compared('frames: reading, by scan-writer', of(READ), of(OURS), '>=', 0.6)],
    },
  ];
}

function blockTargets(what: string, of: (name: string) => Medians): Target[] {
  const { points, seconds: wall } = of(OURS);
  const share = compared(`${what}: points/s; reading, by scan-writer`, of(READ), of(OURS), '>=', 0.7);
  return [
    {
      ...share,
      aim: '>= 10 M; or >= 0.7',
      measured: `${short(points / wall)}; ${share.measured}`,
      isMet: points / wall >= 10e6 || share.isMet,
    },
  ];
}

/** The time of one by the time of another: by wall, as it is aimed at, and by CPU. */
function compared(what: string, a: Medians, b: Medians, sign: '<=' | '>=', limit: number): Target {
  const wall = ratioOf(a, b, 'seconds');
  return {
    what,
    aim: `${sign} ${limit}`,
    measured: `${times(wall)} (CPU ${times(ratioOf(a, b, 'cpu'))})`,
    isMet: sign === '<=' ? wall <= limit : wall >= limit,
  };
}

/** Scans that Redis holds, written at once; against reading alone, and against what one would write with h5py. */
export async function* backfill({ backfill: sizes, pairs }: Sizes): AsyncGenerator<Section> {
  for (const one of casesOf(sizes)) {
    yield await withBeamline((beamline) =>
      withBeamline(async (tenth) => {
        const published = await beamline.publishOne({ number: 1, ...one.scan });
        const contenders = [
          ...contendersOf(one, beamline, published),
          one.tenthPerEvent === true
            ? await perEventTenth(tenth, one.scan)
            : { name: PER_EVENT, run: () => peer('peers/per_event.py', beamline, published) },
        ];
        return sectionOf(one, published, await inTurn(contenders, pairs));
      }),
    );
  }
}

function contendersOf(one: Case, beamline: Beamline, published: PublishedScan): Contender[] {
  const keys = published.channels.map(({ key }) => key);
  const expected = published.points * published.channels.length;
  const gzip = { name: GZIP, run: () => backfillScan(beamline, published.scan, expected, 'gzip:1') };
  return [
    ...readers(beamline, keys, expected),
    { name: DUMP, run: () => dump(beamline, expected) },
    { name: OURS, run: () => backfillScan(beamline, published.scan, expected) },
    ...(one.gzip === true ? [gzip] : []),
    { name: BATCHED, run: () => peer('peers/batched.py', beamline, published) },
  ];
}

async function perEventTenth(beamline: Beamline, scan: Case['scan']): Promise<Contender> {
  const published = await beamline.publishOne({ number: 1, ...scan, points: scan.points / 10 });
  const run = async (): Promise<Measured> => {
    const {
      points,
      seconds: wall,
      cpu = NaN,
      ...more
    } = await peer('peers/per_event.py', beamline, published);
    return { points: 10 * points, seconds: 10 * wall, cpu: 10 * cpu, ...more };
  };
  return { name: PER_EVENT, run };
}

async function peer(script: string, beamline: Beamline, published: PublishedScan): Promise<Measured> {
  const [described, file] = [beamline.path('scan.json'), beamline.path('peer.h5')];
  writeFileSync(described, JSON.stringify(published));
  const expected = published.points * published.channels.length;
  const measured = complete(await jsonOf(script, [beamline.url, described, file]), expected);
  rmSync(file);
  return measured;
}

/** The floors: nothing that has ioredis take the replies apart can be faster. */
export function readers(beamline: Beamline, keys: readonly string[], expected?: number): Contender[] {
  const keysFile = beamline.path('keys.json');
  writeFileSync(keysFile, JSON.stringify(keys));
  const read = (decode: boolean) => async (): Promise<Measured> =>
    complete(
      await jsonOf('drivers/read.js', [JSON.stringify({ redis: beamline.url, keysFile, decode })]),
      expected,
    );
  return [
    { name: READ, run: read(false) },
    { name: DECODE, run: read(true) },
  ];
}

export async function backfillScan(
  beamline: Beamline,
  scan: string,
  expected: number,
  compression = 'none',
): Promise<Measured> {
  const file = beamline.path('scan.h5');
  const options = JSON.stringify({ redis: beamline.url, scan, output: file, compression });
  const measured = complete(await jsonOf('drivers/backfill.js', [options]), expected);
  rmSync(file);
  return measured;
}

async function dump(beamline: Beamline, points: number): Promise<Measured> {
  const file = beamline.path('dump.rdb');
  const begin = performance.now();
  await output('redis-cli', ['-p', String(beamline.port), '--rdb', file]);
  const took = (performance.now() - begin) / 1000;
  rmSync(file);
  return { seconds: took, points };
}

/** @throws when points are missing: who writes less is faster */
function complete(result: unknown, expected: number | undefined): Measured {
  const measured = result as Measured;
  if (expected !== undefined && measured.points !== expected)
    throw new Error(`${measured.points} points instead of ${expected}`);
  return measured;
}

function sectionOf({ title, inBytes, targets }: Case, published: PublishedScan, results: Results): Section {
  const of = (name: string): Medians => resultOf(results, name);
  const megabytes = (published.bytes / 1e6).toFixed(0);
  const rateOf = ({ points, seconds: wall }: Medians): string =>
    inBytes === true ? short(published.bytes / wall / 1e6) : short(points / wall);
  return {
    title,
    text: `${megabytes} MB of values in ${published.channels.length} channels (\`elapsed_time\` is one of them).`,
    head: [
      '',
      'wall s',
      'CPU s',
      inBytes === true ? 'MB/s' : 'points/s',
      'wall, by reading',
      'CPU, by reading',
      'RSS MiB',
      'runs',
    ],
    rows: [...results].map(([name, medians]) => [
      name,
      seconds(medians.seconds),
      seconds(medians.cpu),
      rateOf(medians),
      times(ratioOf(medians, of(READ), 'seconds')),
      times(ratioOf(medians, of(READ), 'cpu')),
      mebibytes(medians.rss),
      String(medians.runs.length),
    ]),
    targets: targets?.(of) ?? [],
  };
}
