import { sessionOf, type ScanIdentity, type ScanWriterError } from '../../scan/index.js';
import { pointsOf, type ScanOutcome, type ScanProgress } from '../../writer/index.js';
import type { DiskState } from '../diskForecast.js';
import type { ServiceReports } from '../reports.js';
import type { RememberedFate } from '../scanMemory.js';
import { PATIENCE_MILLISECONDS } from './blissState.js';
import { entryProgressOf } from './entryProgress.js';
import { problemsOf, type Problem } from './problems.js';
import { isLive, newScanStatus, type ScanStage, type ScanStatus } from './scanStatus.js';
import { Increments, newTotals, type SessionTotals } from './sessionTotals.js';
import type { StatusEvent, StatusEventType } from './statusEvent.js';

/** Scans that are over and are kept in memory; the state folder has all. */
const MOST_ENDED = 10_000;

export interface DiskStatus {
  readonly state: DiskState | undefined;
  /** How long it has not answered; undefined while it does. */
  readonly silentSeconds: number | undefined;
}

/**
 * What a service is doing, in memory: made of its reports, so that whoever shows it never asks the writing itself.
 * A scan is known by its db_name, the newest of that name.
 */
export class ServiceStatus {
  readonly startedAt = Date.now();
  /** What the service is to tell to keep this up to date. */
  readonly reports: ServiceReports = this.#reports();
  readonly #scans = new Map<string, ScanStatus>();
  readonly #sessions = new Map<string, SessionTotals>();
  readonly #followed = new Set<string>();
  readonly #paused = new Set<string>();
  readonly #disks = new Map<string, DiskStatus>();
  readonly #increments = new Increments();
  readonly #listeners = new Set<(event: StatusEvent) => void>();
  #isReady = false;
  #isDraining = false;
  #whyLost: string | undefined;
  #reconnects = 0;

  /** @param remembered what an earlier start knew of scans */
  constructor(remembered: readonly RememberedFate[] = []) {
    for (const fate of remembered.slice(-MOST_ENDED)) this.#remember(fate);
  }

  /** The scan that was taken up last first. */
  scans(): ScanStatus[] {
    return [...this.#scans.values()].reverse();
  }

  scan(dbName: string): ScanStatus | undefined {
    return this.#scans.get(dbName);
  }

  /** Sessions that are followed, and those of scans that are known. */
  get sessions(): ReadonlyMap<string, SessionTotals> {
    return this.#sessions;
  }

  /** Whether somebody has asked that new scans of the session are left alone. */
  isPaused(session: string): boolean {
    return this.#paused.has(session);
  }

  isFollowed(session: string): boolean {
    return this.#followed.has(session);
  }

  /** By directory. */
  get disks(): ReadonlyMap<string, DiskStatus> {
    return this.#disks;
  }

  get isConnected(): boolean {
    return this.#isReady && this.#whyLost === undefined;
  }

  get reconnects(): number {
    return this.#reconnects;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** What a person should know of, what keeps new scans from being written first. */
  problems(): Problem[] {
    const { disks } = this;
    const facts = { isReady: this.#isReady, isDraining: this.#isDraining, whyLost: this.#whyLost, disks };
    return problemsOf({ ...facts, scans: this.scans() });
  }

  /** Sentences that say why new scans would not be written now; none when they would. */
  reasons(): string[] {
    return this.problems().flatMap(({ isBlocking, message }) => (isBlocking ? [message] : []));
  }

  /** @returns a function that ends it */
  listen(listener: (event: StatusEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #reports(): ServiceReports {
    return {
      onReady: () => {
        this.#isReady = true;
        this.#tell('ready', undefined);
      },
      onDraining: () => {
        this.#isDraining = true;
        this.#tell('draining', undefined);
      },
      onConnection: (state, why) => {
        if (state === 'connected') this.#reconnects++;
        this.#whyLost = state === 'lost' ? why : undefined;
        this.#tell(state === 'lost' ? 'connectionLost' : 'connectionBack', undefined, { why });
      },
      onSession: (session) => {
        this.#followed.add(session);
        this.#paused.delete(session);
        this.#totals(session);
        this.#tell('sessionFollowed', undefined, { session });
      },
      onSessionLeft: (session, isPaused) => {
        this.#followed.delete(session);
        if (isPaused) this.#paused.add(session);
        this.#tell('sessionLeft', undefined, { session, is_paused: isPaused });
      },
      onScanFound: (scan) => {
        this.#found(scan);
      },
      onScanPassed: ({ dbName, startTimestamp }) => {
        this.#put(newScanStatus({ dbName, startTimestamp }, 'passed', Date.now()));
      },
      onScanOpen: (open) => {
        const { scan, file, entries } = open;
        const { points, bytes, rows, expected } = open.progress();
        this.#increments.begin(scan.dbName, points, bytes);
        this.#totals(sessionOf(scan.dbName)).entries += entries.length;
        const progress = { file, open, entries, points, rows, expected };
        this.#change(scan.dbName, { ...progress, state: 'running', why: undefined, waitingSince: undefined });
        this.#tell('scanStarted', scan.dbName, { file });
      },
      onProgress: (progress) => {
        this.#progress(progress);
      },
      onScanStopped: (dbName, isAtOnce) => {
        this.#stop(dbName, isAtOnce);
      },
      onScanDone: (outcome) => {
        this.#done(outcome);
      },
      onScanWaits: (dbName, error) => {
        this.#waits(dbName, error);
      },
      onDisk: (dbName, error) => {
        if (error !== undefined) {
          this.#waits(dbName, error);
          return;
        }
        this.#change(dbName, { state: 'running', why: undefined, waitingSince: undefined });
        this.#tell('scanGoesOn', dbName);
      },
      onScanRefused: (dbName, { tag, message }) => {
        this.#end(dbName, { state: 'refused', why: { tag, message } });
        this.#tell('scanRefused', dbName, { tag, message });
      },
      onGap: (dbName, count) => {
        const totals = this.#totals(sessionOf(dbName));
        totals.gaps++;
        totals.gapPoints += Math.max(0, count);
      },
      onTrimMargins: (dbName, trim) => {
        this.#change(dbName, { trim });
      },
      onTrimRisk: (dbName, margins) => {
        this.#change(dbName, { isAtTrimRisk: true });
        const channels = margins.map(({ channel, entries, seconds }) => {
          return { name: channel.name, events_left: entries, seconds_left: seconds ?? null };
        });
        this.#tell('trimRisk', dbName, { channels });
      },
      onTrimSafe: (dbName) => {
        this.#change(dbName, { isAtTrimRisk: false });
        this.#tell('trimSafe', dbName);
      },
      onRoom: (place, state) => {
        this.#setDisk(place, { state, silentSeconds: this.#disks.get(place)?.silentSeconds });
      },
      onDiskFills: (place, { freeBytes, seconds }) => {
        this.#tell('diskFills', undefined, { directory: place, free_bytes: freeBytes, seconds });
      },
      onSilence: (place, silentSeconds) => {
        this.#setDisk(place, { state: this.#disks.get(place)?.state, silentSeconds });
        this.#tell(silentSeconds === undefined ? 'diskAnswers' : 'diskSilent', undefined, {
          directory: place,
        });
      },
      onWarning: (dbName, message) => {
        this.#tell('warning', dbName, { message });
      },
    };
  }

  #remember({ scan, fate, file, entries = [], status, points = 0, why, time }: RememberedFate): void {
    const state = STAGES[fate];
    const known = newScanStatus(scan, state, time);
    const endedAt = isLive(known) || state === 'interrupted' ? undefined : time;
    this.#put({ ...known, file, entries, status, points, why, endedAt });
  }

  #found(scan: ScanIdentity): void {
    const { dbName, startTimestamp } = scan;
    this.#put(newScanStatus({ dbName, startTimestamp }, 'found', Date.now()));
    this.#tell('scanFound', dbName, { session: sessionOf(scan.dbName) });
  }

  #progress({ scan: { dbName }, points, bytes, rows, expected, file }: ScanProgress): void {
    const totals = this.#totals(sessionOf(dbName));
    const more = this.#increments.next(dbName, points, bytes);
    totals.points += more.points;
    totals.bytes += more.bytes;
    this.#change(dbName, { points, rows, expected, file });
    this.#tell('scanProgress', dbName, { points, rows, expected });
  }

  #stop(dbName: string, isAtOnce: boolean): void {
    const why = { tag: 'stopped', message: 'Somebody has asked to stop it.' };
    if (isAtOnce || this.#scans.get(dbName)?.open === undefined) this.#end(dbName, { state: 'stopped', why });
    else this.#change(dbName, { why });
    this.#tell('scanStopped', dbName);
  }

  #waits(dbName: string, { tag, message }: ScanWriterError): void {
    const before = this.#scans.get(dbName)?.waitingSince;
    const waitingSince = before ?? Date.now();
    this.#change(dbName, { state: 'waiting', why: { tag, message }, waitingSince });
    this.#tell('scanWaits', dbName, { tag, message });
    if (before === undefined) this.#tellWhenLong(dbName, waitingSince);
  }

  /** What BLISS is told of a scan changes by itself when it has waited for long. */
  #tellWhenLong(dbName: string, waitingSince: number): void {
    setTimeout(() => {
      const scan = this.#scans.get(dbName);
      if (scan?.waitingSince === waitingSince) this.#tell('scanWaits', dbName, { ...scan.why });
    }, PATIENCE_MILLISECONDS).unref();
  }

  #done(outcome: ScanOutcome): void {
    const { scan, status, message, file, master, endReason } = outcome;
    const { dbName } = scan;
    const isStopped = this.#scans.get(dbName)?.why?.tag === 'stopped';
    const stage = STAGE_BY_STATUS[status] ?? 'finished';
    const state = isStopped && stage !== 'finished' ? 'stopped' : stage;
    const points = pointsOf(outcome);
    const why = message === '' ? undefined : { tag: state, message };
    this.#end(dbName, { state, why, status, file, master, endReason, outcome, points });
    const { ended } = this.#totals(sessionOf(scan.dbName));
    ended.set(status, (ended.get(status) ?? 0) + 1);
    this.#tell('scanEnded', dbName, { state, status, file, points, message });
  }

  #end(dbName: string, what: Partial<ScanStatus>): void {
    this.#increments.end(dbName);
    const progress = entryProgressOf(this.#scans.get(dbName)?.open?.channels() ?? []);
    const over = {
      open: undefined,
      trim: [],
      isAtTrimRisk: false,
      waitingSince: undefined,
      endedAt: Date.now(),
    };
    this.#change(dbName, { ...what, ...over, progress });
    this.#forgetOldest();
  }

  /** A scan that nobody has found is that of an earlier start, which is taken up by request. */
  #change(dbName: string, what: Partial<ScanStatus>): void {
    const known = this.#scans.get(dbName);
    if (known !== undefined) this.#scans.set(dbName, { ...known, ...what, changedAt: Date.now() });
  }

  /** At the end of the order. */
  #put(status: ScanStatus): void {
    this.#totals(status.session);
    this.#scans.delete(status.scan.dbName);
    this.#scans.set(status.scan.dbName, status);
  }

  #forgetOldest(): void {
    if (this.#scans.size <= MOST_ENDED) return;
    for (const [dbName, status] of this.#scans) {
      if (isLive(status)) continue;
      this.#scans.delete(dbName);
      return;
    }
  }

  #setDisk(place: string, disk: DiskStatus): void {
    if (disk.state === undefined && disk.silentSeconds === undefined) this.#disks.delete(place);
    else this.#disks.set(place, disk);
  }

  #totals(session: string): SessionTotals {
    const totals = this.#sessions.get(session) ?? newTotals();
    this.#sessions.set(session, totals);
    return totals;
  }

  #tell(type: StatusEventType, dbName: string | undefined, detail: StatusEvent['detail'] = {}): void {
    const event = { type, time: Date.now(), dbName, detail };
    for (const listener of this.#listeners) listener(event);
  }
}

const STAGES: Readonly<Record<RememberedFate['fate'], ScanStage>> = {
  begun: 'interrupted',
  done: 'finished',
  abandoned: 'abandoned',
  stopped: 'stopped',
  refused: 'refused',
  passed: 'passed',
};

const STAGE_BY_STATUS: Partial<Record<ScanOutcome['status'], ScanStage>> = {
  RUNNING: 'interrupted',
  ABANDONED: 'abandoned',
};
