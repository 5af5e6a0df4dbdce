import type { ScanTree } from '../layout/index.js';
import { ScanWriterError, type Channel, type ScanIdentity } from '../scan/index.js';
import type { ChannelCounts } from './channelCounts.js';
import type { PointColumns, PointRequest } from './files/index.js';
import type { GroveAnswer, GroveRequest } from './hdf5/index.js';
import type { OpenFile } from './openFile.js';
import type { ChannelProgress, OpenScan, ScanProgress } from './outcome.js';
import type { PointQueue } from './pointQueue.js';

/** The parts of a scan that is being written, as far as others may look at them. */
interface Parts {
  readonly scan: ScanIdentity;
  readonly path: string;
  readonly tree: ScanTree;
  readonly counts: ChannelCounts;
  readonly points: PointQueue;
  /** Those that are known until now. */
  readonly channels: readonly Channel[];
  readonly progress: () => ScanProgress;
  /** Undefined when it can be read no more. */
  readonly file: () => OpenFile | undefined;
}

/** What others see of a scan that is being written. */
export function openScan(parts: Parts): OpenScan {
  const { scan, path, tree, points, progress } = parts;
  return {
    scan,
    file: path,
    entries: tree.entries.map(({ name }) => name),
    progress,
    channels: () => channelsOf(parts),
    lagSeconds: () => points.lagSeconds,
    readPoints: (channels, request) => readPoints(parts, channels, request),
    plot: () => tree.livePlot,
    ask: (request) => ask(parts, request),
  };
}

function channelsOf({ channels, tree, counts }: Parts): ChannelProgress[] {
  return channels.map((channel) => ({
    channel,
    dataset: tree.datasetOf(channel),
    came: counts.came.get(channel) ?? 0,
    received: counts.received.get(channel) ?? 0,
    rows: counts.rows.get(channel) ?? 0,
    missing: counts.missing.filter((hole) => hole.channel === channel),
  }));
}

async function readPoints(
  parts: Parts,
  channels: readonly string[],
  request: PointRequest,
): Promise<PointColumns> {
  const file = fileOf(parts);
  for (const name of channels) assertKnown(parts, name);
  const places = channels.flatMap((name) => parts.points.placeOf(name) ?? []);
  if (places.length === channels.length) {
    return file.thread.call('readPoints', [file.handle, places, request]);
  }
  const rows = channels.map((name) => parts.points.placeOf(name)?.rows ?? 0);
  return { first: request.first, count: 0, rows, columns: channels.map(() => []) };
}

async function ask(parts: Parts, request: GroveRequest): Promise<GroveAnswer> {
  const { thread, handle } = fileOf(parts);
  return thread.call('ask', [handle, request]);
}

function fileOf(parts: Parts): OpenFile {
  const file = parts.file();
  if (file !== undefined) return file;
  throw new ScanWriterError('target', 'The file is just being closed: ask again in a moment.', {
    retryable: true,
  });
}

function assertKnown({ channels, path }: Parts, name: string): void {
  if (channels.some((channel) => channel.name === name && channel.kind === 'data')) return;
  throw new ScanWriterError('usage', `The scan of ${path} has no values of a channel "${name}".`, {
    subject: name,
  });
}
