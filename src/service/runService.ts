import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScanWriterError } from '../scan/index.js';
import { RedisConnection } from '../subscriber/index.js';
import { HttpService, type HttpSettings } from './http/index.js';
import type { LogSwitch } from './logLevel.js';
import { reportTo } from './reports.js';
import type { ServiceControl } from './serviceControl.js';
import { SessionOptions } from './sessionOptions.js';
import type { Settings } from './settings.js';
import { ServiceStatus } from './status/index.js';
import { WriterService, type WriterServiceRequest } from './writerService.js';
import { sharedWriting } from './writing.js';

export interface ServiceRequest extends Omit<WriterServiceRequest, 'options'> {
  readonly redis: string;
  /** Where it answers HTTP, if it is to. */
  readonly http?: HttpSettings | undefined;
  readonly log?: LogSwitch;
  /** Told what the service can be asked to do, once it runs. */
  readonly onControl?: (control: ServiceControl) => void;
}

/** What is read is written within so long after the word to stop; the rest is at the next start, from Redis. */
const DRAIN_MILLISECONDS = 8_000;

/**
 * Writes the scans of sessions as they are published, until `signal` says stop; then what was read is written, the
 * files are closed and it returns.
 * @returns scans whose disk took too long for that: they are gone on with at the next start
 * @throws ScanWriterError `usage`, `unreachable`, `refused` at the start; later, lost connections are made again
 */
export async function runService(request: ServiceRequest): Promise<string[]> {
  const { settings, memory } = request;
  assertTargets(settings);
  const drain = new AbortController();
  const signal = AbortSignal.any([request.signal, drain.signal]);
  const status = new ServiceStatus(memory?.fates());
  const shared = sharedWriting(settings, signal, (place, seconds) => reports.onSilence?.(place, seconds));
  const options = new SessionOptions(settings, memory && path.dirname(memory.path));
  const http = request.http && new HttpService(request.http, { status, settings, options, ...shared });
  const watchers = http === undefined ? [] : [status.reports, http.reports];
  const reports = reportTo(request.reports, watchers, (error) => request.reports.onHttpFault?.(error));
  signal.addEventListener('abort', () => reports.onDraining?.());
  let connection: RedisConnection | undefined;
  let isDrained = false;
  try {
    connection = await RedisConnection.open(request.redis, {
      reconnect: 'forever',
      onStateChange: (state, why) => reports.onConnection?.(state, why),
    });
    const service = new WriterService(connection, { ...request, options, signal, reports }, shared);
    const control = controlOf(service, status, drain, request.log);
    await http?.listen(control, reports);
    request.onControl?.(control);
    isDrained = await Promise.race([service.run().then(() => true), drainTime(signal).then(() => false)]);
    return isDrained ? [] : service.busyScans;
  } finally {
    connection?.close();
    await http?.close();
    // A thread that is in a call of a disk that hangs cannot be closed.
    if (isDrained) await shared.close();
  }
}

async function drainTime(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
  await sleep(DRAIN_MILLISECONDS, undefined, { ref: false });
}

function assertTargets({ root, map, unnamed }: Settings): void {
  if (root.length > 0 || map.length > 0 || unnamed !== undefined) return;
  throw new ScanWriterError(
    'usage',
    'Nothing may be written yet: name the directories with --root DIR (as BLISS has them) or --map FROM=TO.',
  );
}

function controlOf(
  service: WriterService,
  status: ServiceStatus,
  drain: AbortController,
  log: LogSwitch | undefined,
): ServiceControl {
  return {
    targetOf: (scan) => service.targetOf(scan),
    stopScan: (dbName) => service.stopScan(dbName, false),
    killScan: (dbName) => service.stopScan(dbName, true),
    resumeScan: (dbName) => {
      const known = status.scan(dbName);
      if (known === undefined || known.state === 'finished' || known.state === 'running') return false;
      if (service.hurryScan(dbName)) return true;
      service.takeAgain(known.scan);
      return true;
    },
    pauseSession: (session) => service.pauseSession(session),
    resumeSession: (session) => service.resumeSession(session),
    followSessions: (sessions) => {
      service.follow(sessions);
    },
    setLogLevel: (level) => {
      if (log !== undefined) log.level = level;
    },
    drain: () => {
      drain.abort();
    },
  };
}
