import { Counter, Gauge, type Registry } from 'prom-client';
import { SCAN_STAGES, type ServiceStatus, type SessionTotals } from '../../status/index.js';

/** What has been done for each session; the totals are kept by the status. */
export function collectTotals(registry: Registry, status: ServiceStatus): void {
  const ofSession = (name: string, help: string, count: (totals: SessionTotals) => number): void => {
    new Counter({
      name: `scan_writer_${name}_total`,
      help,
      labelNames: ['session'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [session, totals] of status.sessions) this.inc({ session }, count(totals));
      },
    });
  };
  ofSession('points', 'Points that are on disk.', ({ points }) => points);
  ofSession(
    'point_bytes',
    'Bytes of the points that are on disk, as they were published.',
    ({ bytes }) => bytes,
  );
  ofSession('entries', 'Entries of files that were begun.', ({ entries }) => entries);
  ofSession('gaps', 'Gaps: ranges of points that cannot be had any more.', ({ gaps }) => gaps);
  ofSession('gap_points', 'Points in gaps, as far as their number is known.', ({ gapPoints }) => gapPoints);
  new Counter({
    name: 'scan_writer_scans_ended_total',
    help: 'Scans whose file was closed, by what it says.',
    labelNames: ['session', 'status'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [session, { ended }] of status.sessions) {
        for (const [word, count] of ended) this.inc({ session, status: word }, count);
      }
    },
  });
}

/** How many scans are where. */
export function collectScans(registry: Registry, status: ServiceStatus): void {
  new Gauge({
    name: 'scan_writer_scans',
    help: 'Scans that the service knows, by state.',
    labelNames: ['session', 'state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const session of status.sessions.keys()) {
        for (const state of SCAN_STAGES) this.set({ session, state }, 0);
      }
      for (const { session, state } of status.scans()) this.inc({ session, state });
    },
  });
}

/** How far the writing of running scans is behind, and how near they are to losing points. */
export function collectLag(registry: Registry, status: ServiceStatus): void {
  const perSession = (name: string, help: string, add: (gauge: Gauge<'session'>) => void): void => {
    new Gauge({
      name: `scan_writer_${name}`,
      help,
      labelNames: ['session'],
      registers: [registry],
      collect() {
        this.reset();
        for (const session of status.sessions.keys()) this.set({ session }, 0);
        add(this);
      },
    });
  };
  perSession('lag_points', 'Points that were published and are not on disk.', (gauge) => {
    for (const { session, open, trim } of status.scans()) {
      const waiting = (open?.channels() ?? []).reduce((sum, { came, received }) => sum + came - received, 0);
      gauge.inc({ session }, waiting + trim.reduce((sum, { behind }) => sum + behind, 0));
    }
  });
  perSession(
    'lag_seconds',
    'How long the oldest point that is not on disk has waited in the writer.',
    (gauge) => {
      const longest = new Map<string, number>();
      for (const { session, open } of status.scans()) {
        longest.set(session, Math.max(longest.get(session) ?? 0, open?.lagSeconds() ?? 0));
      }
      for (const [session, seconds] of longest) gauge.set({ session }, seconds);
    },
  );
  perSession(
    'trim_risk_scans',
    'Running scans of which Redis is about to drop points that are not read.',
    (gauge) => {
      for (const { session, isAtTrimRisk } of status.scans()) if (isAtTrimRisk) gauge.inc({ session });
    },
  );
}

/** The disks to which scans are written. */
export function collectDisks(registry: Registry, status: ServiceStatus): void {
  const perDisk = (name: string, help: string, valueOf: (place: string) => number | undefined): void => {
    new Gauge({
      name: `scan_writer_disk_${name}`,
      help,
      labelNames: ['directory'],
      registers: [registry],
      collect() {
        this.reset();
        for (const directory of status.disks.keys()) {
          const value = valueOf(directory);
          if (value !== undefined && Number.isFinite(value)) this.set({ directory }, value);
        }
      },
    });
  };
  const stateOf = (place: string) => status.disks.get(place)?.state;
  perDisk('free_bytes', 'Bytes that may still be written.', (place) => stateOf(place)?.freeBytes);
  perDisk(
    'full_seconds',
    'Until it is full, if it fills up as it does now.',
    (place) => stateOf(place)?.seconds,
  );
  perDisk('silent_seconds', 'How long it has not answered, 0 when it does.', (place) => {
    return status.disks.get(place)?.silentSeconds ?? 0;
  });
}
