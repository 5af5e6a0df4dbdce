import path from 'node:path';
import { isPlainEdf, savedImages, type ScanTree, type TreeOperation } from '../layout/index.js';
import type { Channel, Images } from '../scan/index.js';
import type { ChannelCounts } from './channelCounts.js';
import { copyImages } from './copyImages.js';
import type { VirtualImages } from './files/index.js';
import { findImages, mappedFiles } from './findImages.js';
import { imageNames } from './imagePlan.js';
import type { OpenFile } from './openFile.js';
import type { WriteScanOptions } from './writeScanOptions.js';

export interface TakeImagesRequest {
  readonly options: WriteScanOptions;
  readonly tree: ScanTree;
  readonly counts: ChannelCounts;
  readonly file: OpenFile;
  readonly onProgress: () => void;
}

export interface TakenImages {
  readonly operations: TreeOperation[];
  readonly virtual: VirtualImages[];
  /** Channels whose images are in the file. */
  readonly copied: Channel[];
}

/** How the images of all detectors stand in a scan's file; those that are not there are named as missing. */
export async function takeImages(
  images: ReadonlyMap<Channel, Images>,
  request: TakeImagesRequest,
  stop: AbortSignal,
): Promise<TakenImages> {
  const taken: TakenImages = { operations: [], virtual: [], copied: [] };
  const { images: how } = request.options;
  if (how === 'none') return taken;
  for (const each of images.values()) {
    if (how === 'copy' && isCopied(each, request.options)) await copy(each, request, taken, stop);
    else await link(each, request, taken);
  }
  return taken;
}

/** HDF5 files are linked all the same: their images are readable where they are. Of other formats a person is told. */
function isCopied({ channel, reference, ready }: Images, { onWarning }: WriteScanOptions): boolean {
  const saved = savedImages(reference, ready);
  if (saved === undefined || saved.dataset !== undefined) return false;
  if (isPlainEdf(saved.format)) return true;
  onWarning?.(
    `The images of ${channel.name} are not copied: only EDF files are, and these are ${saved.format || 'of an unknown format'}. Their names are in the file.`,
  );
  return false;
}

async function copy(
  { channel, reference, ready }: Images,
  { options, tree, counts, file, onProgress }: TakeImagesRequest,
  { operations, copied }: TakenImages,
  stop: AbortSignal,
): Promise<void> {
  const saved = savedImages(reference, ready);
  const files = mappedFiles(saved?.files ?? [], options.target.imageMap ?? options.target.map);
  const [first] = files;
  if (first === undefined) return;
  const pixels = await copyImages(
    {
      channel,
      files,
      source: await options.threads.of(first.path),
      target: {
        file,
        dataset: tree.datasetOf(channel),
        operations: (pixels) => tree.images(channel, { kind: 'copy', ...pixels }),
      },
      counts,
      budget: options.budget,
      waitMilliseconds: options.imagesMilliseconds,
      onProgress,
    },
    stop,
  );
  if (pixels !== undefined) copied.push(channel);
  const folder = path.dirname(file.path);
  const names = imageNames(
    files.map(({ path: name, count }) => ({ name: path.relative(folder, name), count })),
  );
  operations.push(...tree.images(channel, { kind: pixels === undefined ? 'list' : 'copied', names }));
}

async function link(
  { channel, reference, ready }: Images,
  { options, tree, counts, file }: TakeImagesRequest,
  { operations, virtual }: TakenImages,
): Promise<void> {
  const planned = await findImages({
    reference,
    ready,
    scanFile: file.path,
    map: options.target.imageMap ?? options.target.map,
    threads: options.threads,
    waitMilliseconds: options.imagesMilliseconds,
  });
  if (planned === undefined) return;
  for (const { first, count } of planned.available) counts.addPoints(channel, first, count);
  for (const { first, count, reason } of planned.missing) counts.addGap(channel, first, count, reason);
  const { plan } = planned;
  if (plan === undefined) return;
  operations.push(...tree.images(channel, plan));
  if (plan.kind === 'virtual') virtual.push({ ...plan, path: tree.datasetOf(channel) });
}
