import { nodeName, type TrimMargin } from '../../scan/index.js';
import type { ChannelProgress } from '../../writer/index.js';
import { blissStateOf, entryProgressOf, isLive, type ScanStatus, type StatusEvent } from '../status/index.js';

/** A scan as it is told: keys are those of `scan-writer list --json`, with an underscore between words. */
export function scanView(status: ScanStatus): Record<string, unknown> {
  const { scan, session, state, why, file, master, endReason, points, rows, expected, entries } = status;
  return {
    scan: scan.dbName,
    name: nodeName(scan.dbName),
    session,
    start_time: isoTime(scan.startTimestamp * 1_000),
    state,
    is_live: isLive(status),
    why: why ?? null,
    status: status.status ?? null,
    end_reason: endReason ?? null,
    file: file ?? null,
    master: master ?? null,
    urls: file === undefined ? [] : entries.map((entry) => `${file}::/${entry}`),
    bliss: blissStateOf(status),
    entries,
    points,
    rows,
    expected,
    progress: status.open === undefined ? status.progress : entryProgressOf(status.open.channels()),
    lag: lagOf(status),
    changed_time: isoTime(status.changedAt),
    end_time: isoTime(status.endedAt ?? NaN),
  };
}

/** What to draw of a scan that runs; null while there is nothing. */
export function plotView({ open }: ScanStatus): Record<string, unknown> | null {
  const plot = open?.plot();
  return plot === undefined ? null : { ...plot, axis: plot.axis ?? null };
}

/** Of the channel that is behind most. */
function lagOf({ open, trim }: ScanStatus): ChannelView['lag'] {
  const lags = (open?.channels() ?? []).map((progress) => pointsBehind(progress, marginOf(progress, trim)));
  const points = lags.reduce((most, lag) => Math.max(most, lag), 0);
  return { points, seconds: points > 0 ? (open?.lagSeconds() ?? 0) : 0 };
}

function marginOf({ channel }: ChannelProgress, margins: readonly TrimMargin[]): TrimMargin | undefined {
  return margins.find((margin) => margin.channel.id === channel.id);
}

/** Published and not on disk yet. */
function pointsBehind({ came, received }: ChannelProgress, margin: TrimMargin | undefined): number {
  return came - received + (margin?.behind ?? 0);
}

export interface ChannelView {
  readonly name: string;
  /** Points that are planned, -1 when nobody knows. */
  readonly expected: number;
  readonly received: number;
  readonly on_disk: number;
  /** Index after the last point on disk. */
  readonly rows: number;
  readonly lag: { readonly points: number; readonly seconds: number };
  readonly trim: {
    readonly events_left: number;
    readonly events: number;
    readonly seconds_left: number | null;
    readonly is_at_risk: boolean;
  } | null;
  readonly gaps: readonly { readonly first: number; readonly count: number; readonly reason: string }[];
  readonly dataset: string | null;
  readonly dtype: string | null;
  readonly shape: readonly number[] | null;
}

/** The channels of a scan while it is written; of one that has ended, as this process remembers them. */
export function channelViews({ open, outcome, trim, expected }: ScanStatus): ChannelView[] {
  if (open !== undefined) {
    const seconds = open.lagSeconds();
    return open.channels().map((progress) => {
      return openChannelView(progress, expected, seconds, marginOf(progress, trim));
    });
  }
  return (outcome?.channels ?? []).map(({ name, expected, received }) => {
    const gaps = (outcome?.missing ?? []).filter(({ channel }) => channel === name);
    return endedChannelView(name, expected, received, gaps, null);
  });
}

function openChannelView(
  progress: ChannelProgress,
  expected: number,
  lagSeconds: number,
  margin: TrimMargin | undefined,
): ChannelView {
  const { channel, dataset, came, received, rows, missing } = progress;
  const points = pointsBehind(progress, margin);
  return {
    name: channel.name,
    expected: channel.kind === 'data' ? expected : -1,
    received: came,
    on_disk: received,
    rows,
    lag: { points, seconds: points > 0 ? lagSeconds : 0 },
    trim: margin === undefined ? null : trimView(margin),
    gaps: missing.map(({ first, count, reason }) => ({ first, count, reason })),
    dataset,
    dtype: channel.dtype ?? null,
    shape: channel.shape,
  };
}

function trimView({ entries, length, seconds, isAtRisk }: TrimMargin): ChannelView['trim'] {
  return { events_left: entries, events: length, seconds_left: seconds ?? null, is_at_risk: isAtRisk };
}

/** A channel of a file that is closed. */
export function endedChannelView(
  name: string,
  expected: number,
  received: number,
  missing: ChannelView['gaps'],
  dataset: string | null,
): ChannelView {
  const gaps = missing.map(({ first, count, reason }) => ({ first, count, reason }));
  const rows = received + gaps.reduce((sum, { count }) => sum + Math.max(0, count), 0);
  const lag = { points: 0, seconds: 0 };
  return {
    name,
    expected,
    received,
    on_disk: received,
    rows,
    lag,
    trim: null,
    gaps,
    dataset,
    dtype: null,
    shape: null,
  };
}

/** An event as it is told. */
export function eventView({ time, dbName, detail }: StatusEvent): Record<string, unknown> {
  return { time: isoTime(time), ...(dbName === undefined ? {} : { scan: dbName }), ...detail };
}

/** Milliseconds since the epoch as ISO 8601; null when unknown. */
export function isoTime(milliseconds: number): string | null {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
