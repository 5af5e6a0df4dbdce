/**
 * What masters cost when one dataset has many short scans: writes them through `writeScan`, with a master that links to
 * each at its start and its end as `run` does, and prints the masters' share of the file system thread's time.
 *
 *   npm run bench:masters -- [--scans 10000] [--parallel 1] [--no-masters]
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BroadcastChannel } from 'node:worker_threads';
import { parseArgs } from 'node:util';
import { DEFAULT_LAYOUT } from '../src/layout/index.js';
import {
  BufferPool,
  ByteBudget,
  FileSystemThreads,
  Masters,
  PathMap,
  writeScan,
} from '../src/writer/index.js';
import { FileSystemThread } from '../src/writer/thread/fileSystemThread.js';
import { ASCAN_CHAIN, channelOf, EventsOf, infoOf, scanOf } from '../test/support/scanInfo.js';

/** What bench/timedThread.js tells. */
interface MethodTimes {
  readonly method: string;
  readonly calls: number;
  readonly wallMilliseconds: number;
  readonly cpuMilliseconds: number;
}

const POINTS = 10;
const ANSWER_MILLISECONDS = 2_000;
const OF_MASTERS = ['findLinks', 'updateMaster'];

const { values: given } = parseArgs({
  options: {
    scans: { type: 'string', default: '10000' },
    parallel: { type: 'string', default: '1' },
    'no-masters': { type: 'boolean', default: false },
  },
});
const [scans, parallel] = [Number(given.scans), Number(given.parallel)];
const directory = mkdtempSync(path.join(tmpdir(), 'bench-masters-'));
const threads = new FileSystemThreads();
const channels = ['axis:robx', 'timer:elapsed_time', 'ctrl:diode1'].map((name) => channelOf(name));
const options = {
  target: {
    map: new PathMap([]),
    roots: [directory],
    template: '{dir}/{stem}_scan{scan_nb:04d}.h5',
    acceptWriters: ['nexus'],
  },
  threads,
  masters: new Masters(),
  budget: new ByteBudget(2 ** 29),
  buffers: new BufferPool(2 ** 24),
  flushMilliseconds: 500,
  force: false,
  linkAtStart: true,
  layout: DEFAULT_LAYOUT,
  images: 'link',
  imagesMilliseconds: 0,
  directories: { dirMode: undefined, group: undefined },
  files: { fileMode: 0o444, group: undefined },
  disk: { minFreeBytes: undefined, sync: 'auto' },
  isRetried: false,
  program: { name: 'scan-writer', version: 'bench' },
  onWarning: (message: string) => {
    console.error(message);
  },
} as const;

/** BLISS starts its next scan when one has ended, whether or not the master knows that one: told by the file's end. */
const finished: (() => void)[] = [];
// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with `this` below
const originalCall = FileSystemThread.prototype.call;
FileSystemThread.prototype.call = async function (method, args, transfer) {
  const isMasters = OF_MASTERS.includes(method);
  if (isMasters && given['no-masters']) return 'none' as never;
  const call = originalCall as (...given: unknown[]) => Promise<unknown>;
  const result = await call.call(this, method, args, transfer);
  if (method === 'finish') finished.shift()?.();
  return result as never;
};

async function oneScan(number: number): Promise<void> {
  const filename = path.join(directory, 'sample_0001.h5');
  const facts = { save: true, filename, scan_nb: BigInt(number), npoints: BigInt(POINTS), title: 'ascan' };
  const scan = scanOf(`s:data:sample:${number}_ascan`, 1_700_000_000 + number);
  const events = new EventsOf(scan, infoOf({ ...ASCAN_CHAIN, ...facts }));
  const values = Array.from({ length: POINTS }, (_, point) => number + point);
  const source = async function* () {
    yield await Promise.resolve(events.started());
    for (const channel of channels) yield events.added(channel);
    for (const channel of channels) yield events.chunk(channel, 0, values);
    yield events.ended();
  };
  const { status } = await writeScan(source, options, new AbortController().signal);
  if (status !== 'SUCCEEDED') throw new Error(`scan ${number} is ${status}`);
}

/** Of all threads together; one that only looked where a path is answers too. */
async function threadTimes(): Promise<MethodTimes[]> {
  const channel = new BroadcastChannel('thread-times');
  const sums = new Map<string, MethodTimes>();
  channel.onmessage = ({ data }: { data?: unknown }) => {
    for (const time of data as MethodTimes[]) {
      const sum = sums.get(time.method);
      sums.set(time.method, {
        method: time.method,
        calls: time.calls + (sum?.calls ?? 0),
        wallMilliseconds: time.wallMilliseconds + (sum?.wallMilliseconds ?? 0),
        cpuMilliseconds: time.cpuMilliseconds + (sum?.cpuMilliseconds ?? 0),
      });
    }
  };
  channel.postMessage('tell');
  await new Promise((resolve) => setTimeout(resolve, ANSWER_MILLISECONDS));
  channel.close();
  return [...sums.values()];
}

const begin = performance.now();
const written: Promise<void>[] = [];
let next = 1;
async function lane(): Promise<void> {
  while (next <= scans) {
    const ended = new Promise<void>((resolve) => finished.push(resolve));
    written.push(oneScan(next++));
    await ended;
    if (next % 1000 === 0) console.error(`${next} scans, ${seconds(performance.now() - begin)}`);
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function sumOf(times: readonly MethodTimes[], key: 'wallMilliseconds' | 'cpuMilliseconds'): number {
  return times.reduce((sum, time) => sum + time[key], 0);
}

try {
  await Promise.all(Array.from({ length: parallel }, lane));
  const files = performance.now() - begin;
  await Promise.all(written);
  const all = performance.now() - begin;
  const times = await threadTimes();
  const ofMasters = times.filter(({ method }) => OF_MASTERS.includes(method));
  console.table(
    times
      .filter(({ calls }) => calls > 0)
      .map(({ method, calls, ...time }) => ({
        method,
        calls,
        'wall s': Number((time.wallMilliseconds / 1000).toFixed(2)),
        'CPU s': Number((time.cpuMilliseconds / 1000).toFixed(2)),
      })),
  );
  const { user, system } = process.cpuUsage();
  const share = (key: 'wallMilliseconds' | 'cpuMilliseconds'): string =>
    `${((100 * sumOf(ofMasters, key)) / sumOf(times, key)).toFixed(1)} %`;
  console.log(`${scans} scans, ${parallel} at a time; ${readdirSync(directory).length} files`);
  console.log(`files written after ${seconds(files)}, last master after ${seconds(all)}`);
  console.log(`process CPU ${seconds((user + system) / 1000)}`);
  console.log(
    `masters' share of the thread: ${share('wallMilliseconds')} wall, ${share('cpuMilliseconds')} CPU`,
  );
} finally {
  await threads.close();
  rmSync(directory, { recursive: true });
}
