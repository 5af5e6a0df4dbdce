import { setTimeout as sleep } from 'node:timers/promises';
import { isSameScan, messageOf, sessionOf, type InfoDict, type ScanIdentity } from '../scan/index.js';
import {
  findSessions,
  readInfo,
  watchScans,
  type FoundScan,
  type RedisConnection,
} from '../subscriber/index.js';
import { scanTarget, type ScanTarget } from '../writer/index.js';
import { DiskWatch } from './diskWatch.js';
import type { ServiceReports } from './reports.js';
import type { Sessions } from './runOptions.js';
import { RunningScan } from './runningScan.js';
import { STOPPED } from './scanSource.js';
import type { SessionOptions } from './sessionOptions.js';
import { writeFoundScan, type ScanTask } from './scanTask.js';
import type { Settings } from './settings.js';
import type { Fate, RememberedScan, ScanFacts, ScanMemory } from './scanMemory.js';
import { targetPolicy, type Shared } from './writing.js';

/** What a service does, and whom it tells. */
export interface WriterServiceRequest {
  readonly sessions: Sessions;
  readonly settings: Settings;
  /** What sessions have otherwise. */
  readonly options: SessionOptions;
  /** What was done before; without it, scans that ended while no service was running are not written. */
  readonly memory?: ScanMemory;
  readonly signal: AbortSignal;
  readonly reports: ServiceReports;
}

/** What a session is followed after: the start of the service, that it came into being later, or a pause by request. */
type FollowedAfter = 'start' | 'discovery' | 'pause';

const DISCOVERY_MILLISECONDS = 1_000;
/** BLISS waits 3 s for an answer. */
const REDIS_MILLISECONDS = 1_500;

/** Finds the scans of sessions and has each of them written, until told to stop. */
export class WriterService {
  readonly #connection: RedisConnection;
  readonly #request: WriterServiceRequest;
  readonly #shared: Shared;
  /** Sessions that are followed, and what ends that. */
  readonly #watched = new Map<string, AbortController>();
  /** Ends looking for sessions that nobody has named. */
  #discovery = new AbortController();
  readonly #tasks = new Set<Promise<void>>();
  /** Sessions whose new scans are left alone, by request. */
  readonly #paused = new Set<string>();
  /** Scans that are being written, by db_name. */
  readonly #busy = new Map<string, RunningScan>();
  readonly #latest = new LatestScans();
  /** Scans that were begun before and have not been found yet. */
  readonly #unfinished: RememberedScan[];

  constructor(connection: RedisConnection, request: WriterServiceRequest, shared: Shared) {
    this.#connection = connection;
    this.#request = request;
    this.#shared = shared;
    this.#unfinished = [...(request.memory?.unfinished() ?? [])];
  }

  async run(): Promise<void> {
    const { sessions, settings, signal, reports } = this.#request;
    this.follow(sessions);
    const disks = new DiskWatch(this.#shared.threads, settings, (place, state, isAlarming) => {
      reports.onRoom?.(place, state);
      if (state !== undefined && isAlarming) reports.onDiskFills?.(place, state);
    });
    const files = (): string[] => [...this.#busy.values()].flatMap(({ file }) => file ?? []);
    this.#track(disks.run(files, signal));
    reports.onReady?.();
    // New tasks can come while the old ones end: scans of a session that was just found.
    while (this.#tasks.size > 0) await Promise.race(this.#tasks);
  }

  /** Follows these sessions from now on; scans that run in others are written to their end. */
  follow(sessions: Sessions): void {
    this.#discovery.abort();
    this.#discovery = new AbortController();
    if (sessions === 'all') {
      this.#track(this.#discover(AbortSignal.any([this.#request.signal, this.#discovery.signal])));
      return;
    }
    for (const session of this.#watched.keys()) if (!sessions.includes(session)) this.#leave(session, false);
    for (const session of sessions) this.#follow(session, 'start');
  }

  /**
   * Leaves new scans of a session alone; those that run are written to their end.
   * @returns false when the session is not followed
   */
  pauseSession(session: string): boolean {
    if (this.#paused.has(session)) return true;
    if (!this.#watched.has(session)) return false;
    this.#paused.add(session);
    this.#leave(session, true);
    return true;
  }

  /** Takes scans of a session again. @returns false when the session was not followed */
  resumeSession(session: string): boolean {
    if (this.#paused.delete(session)) this.#follow(session, 'pause');
    return this.#watched.has(session);
  }

  #leave(session: string, isPaused: boolean): void {
    this.#watched.get(session)?.abort();
    this.#watched.delete(session);
    this.#request.reports.onSessionLeft?.(session, isPaused);
  }

  #follow(session: string, after: FollowedAfter): void {
    if (this.#watched.has(session) || this.#paused.has(session)) return;
    const following = new AbortController();
    this.#watched.set(session, following);
    this.#track(this.#watch(session, after, following.signal));
  }

  /** Scans that are being written. */
  get busyScans(): string[] {
    return [...this.#busy.keys()];
  }

  #track(task: Promise<void>): void {
    const tracked = task.finally(() => this.#tasks.delete(tracked));
    this.#tasks.add(tracked);
  }

  async #discover(signal: AbortSignal): Promise<void> {
    // A session that comes later has new scans only, however many it had before it was noticed.
    for (let after: FollowedAfter = 'start'; !signal.aborted; after = 'discovery') {
      const found = await this.#connection.attempt(() => findSessions(this.#connection.commands), signal);
      for (const session of found ?? []) this.#follow(session, after);
      await sleep(DISCOVERY_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #watch(session: string, after: FollowedAfter, following: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([this.#request.signal, following]);
    this.#request.reports.onSession?.(session);
    const onAllFound = (): void => {
      this.#finishLost(session);
    };
    for await (const scan of watchScans(this.#connection, session, { wait: true, signal, onAllFound })) {
      this.#latest.add(session, scan);
      this.#forget(scan);
      if (this.#isBusyWith(scan) || !this.#isToWrite(scan, after)) continue;
      this.#take(session, scan);
    }
  }

  /** A session that is followed again has scans that were running all the time. */
  #isBusyWith(scan: ScanIdentity): boolean {
    const running = this.#busy.get(scan.dbName);
    return running !== undefined && isSameScan(running.scan, scan);
  }

  #take(session: string, scan: FoundScan): void {
    const running = new RunningScan(scan);
    this.#request.reports.onScanFound?.(scan);
    this.#busy.set(scan.dbName, running);
    this.#track(this.#write(session, scan, running));
  }

  async #write(session: string, scan: FoundScan, running: RunningScan): Promise<void> {
    const { memory, settings } = this.#request;
    try {
      await writeFoundScan(scan, this.#task(session, scan, running));
      const isOver = ['stopped', 'done'].includes(memory?.fateOf(scan) ?? '');
      if (!running.stopReading.aborted || isOver) return;
      // It was not being written when it was stopped.
      if (running.file !== undefined) await this.#endFile(scan, running.file, STOPPED, settings);
      this.#note(scan, 'stopped', { why: { tag: 'stopped', message: STOPPED } });
    } finally {
      if (this.#busy.get(scan.dbName) === running) this.#busy.delete(scan.dbName);
    }
  }

  /**
   * @param isAtOnce waits for no images, and makes no plots
   * @returns false when the service is not busy with the scan
   */
  stopScan(dbName: string, isAtOnce: boolean): boolean {
    const running = this.#busy.get(dbName);
    if (running === undefined) return false;
    this.#request.reports.onScanStopped?.(dbName, isAtOnce);
    if (isAtOnce) running.kill();
    else running.stop();
    return true;
  }

  /**
   * Where a scan goes, by what Redis has of it; undefined when Redis does not say in time.
   * @throws ScanWriterError `unsaved`, `usage`
   */
  async targetOf(scan: ScanIdentity): Promise<ScanTarget | undefined> {
    const signal = AbortSignal.any([this.#request.signal, AbortSignal.timeout(REDIS_MILLISECONDS)]);
    const read = (): Promise<InfoDict> => readInfo(this.#connection.commands, scan.dbName);
    const info = await this.#connection.attempt(read, signal);
    if (info === undefined || info.size === 0) return undefined;
    return scanTarget(scan, info, targetPolicy(this.#request.settings));
  }

  /** Tries at once to write a scan that waits. @returns false when the service is not busy with the scan */
  hurryScan(dbName: string): boolean {
    const running = this.#busy.get(dbName);
    running?.hurry();
    return running !== undefined;
  }

  /** Takes up a scan that is not written any more. */
  takeAgain(scan: ScanIdentity): void {
    const session = sessionOf(scan.dbName);
    this.#note(scan, 'begun');
    this.#take(session, { ...scan, isGroup: false, hasEnded: true, isOld: true });
  }

  #task(session: string, scan: FoundScan, running: RunningScan): ScanTask {
    const { options, memory, signal, reports } = this.#request;
    return {
      connection: this.#connection,
      shared: this.#shared,
      settings: options.of(session),
      mark: memory?.fateOf(scan) === 'abandoned' ? memory.markOf(scan) : undefined,
      hasNewer: () => this.#latest.isAfter(session, scan),
      note: (fate, facts) => {
        running.file = facts?.file ?? running.file;
        this.#note(scan, fate, facts);
      },
      signal: AbortSignal.any([signal, running.killed]),
      stopReading: running.stopReading,
      pause: (milliseconds) => running.pause(milliseconds, signal),
      reports,
    };
  }

  #forget(found: ScanIdentity): void {
    const place = this.#unfinished.findIndex(({ scan }) => isSameScan(scan, found));
    if (place >= 0) this.#unfinished.splice(place, 1);
  }

  /** Files of scans that Redis does not hold any more get their end with what they have. */
  #finishLost(session: string): void {
    for (const { scan, file } of this.#unfinished.filter(({ scan }) => sessionOf(scan.dbName) === session)) {
      this.#forget(scan);
      if (file === undefined) this.#note(scan, 'done');
      else this.#track(this.#finish(scan, file));
    }
  }

  async #finish(scan: ScanIdentity, file: string): Promise<void> {
    const { settings, reports } = this.#request;
    const why = 'Redis held the scan no more when the writer came back: the file has what had come.';
    const isEnded = await this.#endFile(scan, file, why, settings);
    if (isEnded === undefined) return;
    if (isEnded) reports.onWarning?.(scan.dbName, `Redis holds the scan no more: ${file} has what had come.`);
    this.#note(scan, 'done');
  }

  /** Gives a file that nobody writes its end. @returns undefined when that failed, and was told */
  async #endFile(
    scan: ScanIdentity,
    file: string,
    why: string,
    { fileMode }: Settings,
  ): Promise<boolean | undefined> {
    try {
      const thread = await this.#shared.threads.of(file);
      return await thread.call('finishLost', [file, scan, fileMode, why]);
    } catch (error) {
      this.#request.reports.onWarning?.(scan.dbName, messageOf(error));
      return undefined;
    }
  }

  /** Which scans: DESIGN decision 13. */
  #isToWrite(scan: FoundScan, after: FollowedAfter): boolean {
    const { memory, settings, reports } = this.#request;
    const fate = memory?.fateOf(scan);
    if (fate === 'done' || fate === 'refused' || fate === 'stopped') {
      reports.onScanKnown?.(scan.dbName);
      return false;
    }
    if (fate === 'begun' || fate === 'abandoned' || !scan.isOld || !scan.hasEnded) return true;
    if (after === 'discovery') return true;
    if (settings.since !== undefined && scan.startTimestamp * 1000 >= settings.since) return true;
    // A first start takes running and new scans, as the end of a pause does; later starts also what came since.
    if (fate === undefined && memory?.isNew === false && after === 'start') return true;
    reports.onScanPassed?.(scan);
    this.#note(scan, 'passed');
    return false;
  }

  /** What cannot be remembered is written all the same. */
  #note(scan: ScanIdentity, fate: Fate, facts: ScanFacts = {}): void {
    const { memory, reports } = this.#request;
    try {
      memory?.note(scan, fate, facts);
    } catch (error) {
      reports.onWarning?.(
        scan.dbName,
        `It cannot be remembered that the scan is ${fate}: ${messageOf(error)}`,
      );
    }
  }
}

/** The scan of each session that was started last. */
class LatestScans {
  readonly #starts = new Map<string, number>();

  add(session: string, { startTimestamp }: FoundScan): void {
    if (startTimestamp > (this.#starts.get(session) ?? -Infinity)) this.#starts.set(session, startTimestamp);
  }

  isAfter(session: string, { startTimestamp }: FoundScan): boolean {
    return (this.#starts.get(session) ?? -Infinity) > startTimestamp;
  }
}
