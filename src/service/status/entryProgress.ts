import type { ChannelProgress } from '../../writer/index.js';

/** How far channels of one number of dimensions are: 0 for counters, 1 for spectra, 2 for images. */
export interface EntryProgress {
  /** Of the file: `12.1`. */
  readonly entry: string;
  readonly ndim: number;
  readonly channels: number;
  /** Points on disk of the channel that has the fewest, and of the one that has most. */
  readonly least: number;
  readonly most: number;
}

/** Sums channels up, in the order of entries and dimensions. */
export function entryProgressOf(channels: readonly ChannelProgress[]): EntryProgress[] {
  const found = new Map<string, EntryProgress>();
  for (const { channel, dataset, received } of channels) {
    if (channel.kind === 'members') continue;
    const [, entry = ''] = dataset.split('/', 2);
    const ndim = channel.kind === 'images' ? 2 : channel.shape.length;
    const key = `${entry} ${ndim}`;
    const known = found.get(key) ?? { entry, ndim, channels: 0, least: Infinity, most: 0 };
    found.set(key, {
      ...known,
      channels: known.channels + 1,
      least: Math.min(known.least, received),
      most: Math.max(known.most, received),
    });
  }
  return [...found.values()].sort((a, b) => byNumber(a.entry, b.entry) || a.ndim - b.ndim);
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
