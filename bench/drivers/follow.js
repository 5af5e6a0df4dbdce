/**
 * The service of `scan-writer run`, with a look at its main thread. argv: JSON of `redis` and the settings. The line
 * `begin` on stdin starts the measuring, `end` prints JSON {p50, p99, max, busiest}: delays of the event loop in
 * milliseconds, and the share of a core of the busiest other thread.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { parseSettings, runService } from '../../dist/service/index.js';
import { ThreadTimes } from './threads.js';

/** Delays are told with the time of the timer itself. */
const RESOLUTION = 2;

const { redis, ...settings } = JSON.parse(process.argv[2]);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
let threads;

createInterface(process.stdin).on('line', (line) => {
  if (line === 'begin') {
    threads = new ThreadTimes();
    delays.enable();
  }
  if (line === 'end') {
    delays.disable();
    const late = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION);
    const [p50, p99, max] = [delays.percentile(50), delays.percentile(99), delays.max].map(late);
    console.log(JSON.stringify({ p50, p99, max, busiest: threads.busiest() }));
  }
});

await runService({
  redis,
  sessions: 'all',
  settings: parseSettings(settings),
  signal: stop.signal,
  reports: {
    onReady: () => console.log('following'),
    onScanDone: ({ scan, status }) => console.log(`${scan.dbName} ${status}`),
    onScanRefused: (scan, error) => console.log(`${scan} not written: ${error.message}`),
  },
});
process.exit();
