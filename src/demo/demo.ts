import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { replay } from '../recording/index.js';
import { messageOf, ScanWriterError } from '../scan/index.js';
import {
  parseSettings,
  RedisConnection,
  runService,
  type ScanOutcome,
  type ScanProgress,
} from '../service/index.js';
import { startPrivateRedis } from './privateRedis.js';

export interface DemoRequest {
  /** Where the folder `scan-writer-demo` is made. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly onScan: (title: string) => void;
  readonly onProgress: (progress: ScanProgress) => void;
}

export interface DemoResult {
  readonly directory: string;
  /** In the order in which the scans ended. */
  readonly outcomes: readonly ScanOutcome[];
}

/** Real scans of a BLISS session with simulated devices; `npm run build` puts their recordings beside this file. */
const SCANS = [
  { recording: 'ascan', title: 'ascan robx 0 1 10 0.05: a motor and counters' },
  { recording: 'mca', title: 'loopscan 5 0.1: eight MCA detectors' },
];
const RECORDINGS = fileURLToPath(new URL('./recordings/', import.meta.url));
/** The root of all paths in the recordings. */
const RECORDED_ROOT = '/mnt/beamline00';
const SESSION = 'inhse_session';

/**
 * The whole way on one machine: recorded scans are published into a private Redis at the pace at which they once
 * happened, and a writer follows them.
 * @throws ScanWriterError `usage` without a redis-server
 */
export async function runDemo(request: DemoRequest): Promise<DemoResult> {
  const { signal, onScan, onProgress } = request;
  const redis = await startPrivateRedis();
  const finished = new AbortController();
  const stop = AbortSignal.any([signal, finished.signal]);
  try {
    const directory = makeFolder(request.directory);
    const outcomes: ScanOutcome[] = [];
    let ready = (): void => undefined;
    const following = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const service = runService({
      redis: redis.url,
      sessions: [SESSION],
      settings: parseSettings({ map: [`${RECORDED_ROOT}=${directory}`] }),
      signal: stop,
      reports: {
        onReady: ready,
        onProgress,
        onScanDone: (outcome) => {
          outcomes.push(outcome);
          if (outcomes.length === SCANS.length) finished.abort();
        },
        onScanRefused: (_, error) => {
          finished.abort(error);
        },
      },
    });
    await Promise.race([following, service]);
    await publish(redis.url, stop, onScan);
    await service;
    if (finished.signal.reason instanceof ScanWriterError) throw finished.signal.reason;
    return { directory, outcomes };
  } finally {
    finished.abort();
    await redis.stop();
  }
}

async function publish(url: string, signal: AbortSignal, onScan: DemoRequest['onScan']): Promise<void> {
  const connection = await RedisConnection.open(url, { reconnect: 'briefly' });
  try {
    for (const { recording, title } of SCANS) {
      if (signal.aborted) return;
      onScan(title);
      const folder = path.join(RECORDINGS, recording);
      await replay({ recording: folder, redis: connection.commands, speed: 1, append: true, signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    connection.close();
  }
}

/** A folder of its own for each demo: `scan-writer-demo`, then `scan-writer-demo-2` ... */
function makeFolder(parent: string): string {
  for (let n = 1; ; n++) {
    const folder = path.join(parent, n === 1 ? 'scan-writer-demo' : `scan-writer-demo-${n}`);
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue;
      throw new ScanWriterError('target', `Cannot make ${folder}: ${messageOf(error)}.`, { cause: error });
    }
  }
}
