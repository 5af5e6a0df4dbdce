import type { ScanTree } from '../layout/index.js';
import type { Channel } from '../scan/index.js';
import type { ChannelCounts } from './channelCounts.js';
import type { EarlierChannel } from './files/index.js';
import type { OpenFile } from './openFile.js';
import type { PointQueue } from './pointQueue.js';

/**
 * Fills what is missing from files that earlier writers of this scan had begun, where those have it: Redis forgets, and a
 * file that was set aside does not.
 */
export async function takeEarlier(
  channels: readonly Channel[],
  {
    tree,
    counts,
    points,
    file,
  }: { tree: ScanTree; counts: ChannelCounts; points: PointQueue; file: OpenFile },
): Promise<void> {
  if (counts.missing.length === 0) return;
  const { thread, handle } = file;
  for (const earlier of await thread.call('earlierChannels', [handle])) {
    const channel = channelOf(earlier, channels, tree);
    if (channel === undefined) continue;
    const holes = earlier.points.flatMap(({ first, count }) => counts.missingIn(channel, first, count));
    if (holes.length === 0) continue;
    const dataset = points.datasetOfKind(channel, earlier.type, earlier.shape, tree);
    if (dataset === undefined) continue;
    if (dataset.operations.length > 0) await file.write(dataset.operations, [], undefined);
    for (const hole of holes) {
      let { first, count } = hole;
      while (count > 0) {
        const block = { file: earlier.file, dataset: earlier.dataset, first, count };
        const taken = await thread.call('takeEarlier', [handle, block, dataset.path, earlier.shape.length]);
        if (taken === 0) break;
        counts.fill(channel, first, taken);
        first += taken;
        count -= taken;
      }
    }
  }
}

/** A full name can stand below two top masters. */
function channelOf(
  { channel: name, dataset }: EarlierChannel,
  channels: readonly Channel[],
  tree: ScanTree,
): Channel | undefined {
  const named = channels.filter((channel) => channel.kind === 'data' && channel.name === name);
  return named.find((channel) => tree.datasetOf(channel) === dataset) ?? named[0];
}
