import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { savedImages, type ImageFile } from '../layout/index.js';
import type { InfoDict } from '../scan/index.js';
import { planImages, type FoundImages, type PlannedImages } from './imagePlan.js';
import type { PathMap } from './target/index.js';
import type { FileSystemThreads } from './thread/index.js';

export interface FindImagesRequest {
  /** What the detector said of its files. */
  readonly reference: InfoDict;
  /** Images that it said are ready. */
  readonly ready: number;
  readonly scanFile: string;
  readonly map: PathMap;
  readonly threads: FileSystemThreads;
  readonly waitMilliseconds: number;
}

const POLL_MILLISECONDS = 250;

/**
 * Looks for the files of a detector's images. Images are ready before their files are whole (PROTOCOL 9.1), so what is
 * not there yet is waited for, up to a limit.
 * @returns undefined when images were not saved
 */
export async function findImages(request: FindImagesRequest): Promise<PlannedImages | undefined> {
  const { reference, ready, scanFile, map, threads, waitMilliseconds } = request;
  const saved = savedImages(reference, ready);
  const [first] = saved?.files ?? [];
  if (saved === undefined || first === undefined) return undefined;
  const files = mappedFiles(saved.files, map);
  // Detectors may save to a file system of their own.
  const thread = await threads.of(map.apply(path.normalize(first.path)));
  const found: FoundImages[] = files.map(() => undefined);
  const deadline = performance.now() + waitMilliseconds;
  for (;;) {
    // Files that are whole are not opened again.
    const open = files.flatMap((file, index) =>
      (found[index]?.frames ?? 0) < file.count ? [{ file, index }] : [],
    );
    const names = open.map(({ file }) => file.path);
    const seen = await thread.call('lookAtImages', [names, saved.dataset]);
    for (const [position, { index }] of open.entries()) found[index] = seen[position];
    const planned = planImages(scanFile, files, saved.dataset, found);
    if (planned.missing.length === 0 || performance.now() >= deadline) return planned;
    await sleep(POLL_MILLISECONDS);
  }
}

/** Files of a detector where they are on this machine. */
export function mappedFiles(files: readonly ImageFile[], map: PathMap): ImageFile[] {
  return files.map((file) => ({ ...file, path: map.apply(path.normalize(file.path)) }));
}
