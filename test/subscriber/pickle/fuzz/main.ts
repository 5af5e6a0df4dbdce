/**
 * The long search for a pickle that the decoder does not stand: pickles of the recordings with mistakes in them, decoded
 * in as many threads as there are cores. A short one with a fixed seed is among the tests (fuzz.test.ts).
 *
 *   npm run fuzz:pickle -- [--count 10000000] [--seed N] [--threads N] [--seconds 5] [--out pickle-found.json]
 *
 * Ends with 1 when it finds an exception other than UnpickleError, a pickle that takes more than --seconds, or one that
 * takes the memory; what is needed to see it again is then in the file of --out.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { availableRecordings } from '../../../support/recordings.js';
import { picklesOf } from '../recordedPickles.js';
import { ProgressBoard } from './progressBoard.js';
import type { Search } from './worker.js';

const BATCH_RUNS = 1000;
/** Of one field in one recording: their thousands of numbers differ in nothing else. */
const MOST_ALIKE = 50;
const LOOK_MILLISECONDS = 200;
const PROGRESS_MILLISECONDS = 10_000;
/** No recorded pickle needs a hundredth of this. */
const HEAP_MEBIBYTES = 512;
const MOST_RESIDENT_BYTES = 2 * 1024 ** 3;

/** A thread does not understand TypeScript by itself, also when the main thread does. */
const START = `import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))}).then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL('worker.ts', import.meta.url).href)});
});`;

const { values: given } = parseArgs({
  options: {
    count: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    threads: { type: 'string', default: String(availableParallelism()) },
    seconds: { type: 'string', default: '5' },
    out: { type: 'string', default: 'pickle-found.json' },
  },
});
const seed = positive('seed', given.seed);
const threads = positive('threads', given.threads);
const patience = positive('seconds', given.seconds) * 1000;
const batches = Math.ceil(positive('count', given.count) / BATCH_RUNS);

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`--${name} takes a whole number above 0, not ${text}`);
  process.exit(2);
}

/** Different pickles only. */
function recordedPickles(): Buffer[] {
  const found = new Map<string, Buffer>();
  for (const recording of availableRecordings()) {
    const alike = new Map<unknown, number>();
    for (const { field, pickle } of picklesOf(recording)) {
      const before = alike.get(field) ?? 0;
      alike.set(field, before + 1);
      if (before < MOST_ALIKE) found.set(pickle.toString('base64'), pickle);
    }
  }
  return [...found.values()];
}

class Searcher {
  readonly board = new ProgressBoard();
  readonly #worker: Worker;
  #runs = -1;
  #since = performance.now();

  constructor(pickles: readonly Buffer[], first: number) {
    const search: Search = {
      board: this.board.shared,
      pickles,
      seed,
      first,
      step: threads,
      batches,
      batchRuns: BATCH_RUNS,
    };
    this.#worker = new Worker(START, {
      eval: true,
      workerData: search,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES },
    });
  }

  /** Resolves when all its batches are done. Rejects with what was found. */
  async done(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#worker.once('message', () => {
        resolve();
      });
      this.#worker.once('error', reject);
      this.#worker.once('exit', () => {
        reject(new Error('its thread ended'));
      });
    });
  }

  /** Whether it is at one pickle for too long. */
  hangs(): boolean {
    const { runs, pickle } = this.board;
    const now = performance.now();
    if (runs !== this.#runs || pickle === undefined) [this.#runs, this.#since] = [runs, now];
    return now - this.#since > patience;
  }
}

function report(why: string, searchers: readonly Searcher[]): never {
  const suspects = searchers.flatMap(({ board: { batch, pickle } }) =>
    pickle === undefined ? [] : [{ seed: seed + batch, batch, hex: pickle.toString('hex') }],
  );
  writeFileSync(given.out, `${JSON.stringify({ why, suspects }, undefined, 1)}\n`);
  console.error(`found: ${why}\nseed ${seed}; the pickle is in ${given.out}`);
  process.exit(1);
}

const pickles = recordedPickles();
console.log(
  `${batches * BATCH_RUNS} mutations of ${pickles.length} pickles, ${threads} threads, seed ${seed}`,
);
const begin = performance.now();
const searchers = Array.from({ length: threads }, (_, first) => new Searcher(pickles, first));

function progress(): string {
  const sum = (of: (board: ProgressBoard) => number): number =>
    searchers.reduce((total, { board }) => total + of(board), 0);
  const runs = sum((board) => board.runs);
  const decoded = sum((board) => board.decoded);
  const seconds = (performance.now() - begin) / 1000;
  const mebibytes = process.memoryUsage.rss() / 2 ** 20;
  return `${runs} tried, ${decoded} decoded, ${runs - decoded} refused; ${seconds.toFixed(0)} s, ${(runs / seconds).toFixed(0)}/s, ${mebibytes.toFixed(0)} MiB`;
}

const telling = setInterval(() => {
  console.log(progress());
}, PROGRESS_MILLISECONDS);
const watching = setInterval(() => {
  const hanging = searchers.filter((searcher) => searcher.hangs());
  if (hanging.length > 0) report(`a pickle takes more than ${patience / 1000} s`, hanging);
  if (process.memoryUsage.rss() > MOST_RESIDENT_BYTES) report('the memory grows without bounds', searchers);
}, LOOK_MILLISECONDS);

await Promise.all(
  searchers.map(async (searcher) => {
    try {
      await searcher.done();
    } catch (error) {
      report(error instanceof Error ? (error.stack ?? error.message) : String(error), [searcher]);
    }
  }),
);
clearInterval(telling);
clearInterval(watching);
console.log(`nothing found: ${progress()}`);
