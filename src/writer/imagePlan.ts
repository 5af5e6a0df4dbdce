import path from 'node:path';
import type { ImageFile, ImagePlan } from '../layout/index.js';
import type { DType } from '../scan/index.js';

/** What a file of a detector has now; undefined when it is not there or does not hold what was said. */
export type FoundImages =
  { readonly frames: number; readonly frameShape: readonly number[]; readonly dtype: DType } | undefined;

export interface ImageRange {
  readonly first: number;
  readonly count: number;
}

/** How images are made reachable, and which are not. */
export interface PlannedImages {
  readonly plan: ImagePlan | undefined;
  readonly available: readonly ImageRange[];
  readonly missing: readonly (ImageRange & { readonly reason: string })[];
}

/**
 * How the images of a detector get into a scan's file (DESIGN decision 9): one HDF5 file by an external link, several
 * by a virtual dataset, other formats by the names of their files. Never claims more frames than a file has.
 * @param found what each file has, in the order of the files
 */
export function planImages(
  scanFile: string,
  files: readonly ImageFile[],
  dataset: string | undefined,
  found: readonly FoundImages[],
): PlannedImages {
  const folder = path.dirname(scanFile);
  const relative = files.map((file) => ({ ...file, name: path.relative(folder, file.path) }));
  const reached = relative.map((file, index) => ({
    ...file,
    has: Math.min(file.count, found[index]?.frames ?? 0),
    isThere: found[index] !== undefined,
  }));
  const available = reached.filter(({ has }) => has > 0).map(({ first, has }) => ({ first, count: has }));
  const missing = reached
    .filter(({ has, count }) => has < count)
    .map(({ first, count, has, name, isThere }) => ({
      first: first + has,
      count: count - has,
      reason: isThere
        ? `its file ${name} has only ${has} images`
        : `its file ${name} is not there or cannot be read`,
    }));
  const plan: ImagePlan | undefined =
    dataset === undefined ? { kind: 'list', names: imageNames(relative) } : linkOf(reached, dataset, found);
  return { plan, available, missing };
}

interface Reached extends ImageFile {
  readonly name: string;
  readonly has: number;
}

/** `relative/path.edf::index` of each image, as the reference writer lists what HDF5 cannot link. */
export function imageNames(files: readonly { readonly name: string; readonly count: number }[]): string[] {
  return files.flatMap(({ name, count }) => Array.from({ length: count }, (_, index) => `${name}::${index}`));
}

function linkOf(
  files: readonly Reached[],
  dataset: string,
  found: readonly FoundImages[],
): ImagePlan | undefined {
  const [only] = files;
  const content = found.find((images) => images !== undefined);
  const isWhole = only?.has === only?.count && found[0]?.frames === only?.count;
  if (only !== undefined && files.length === 1 && isWhole)
    return { kind: 'external', file: only.name, dataset, frameShape: found[0]?.frameShape ?? [] };
  if (content === undefined) return undefined;
  const fitting = files.filter((_, index) => isLike(found[index], content));
  const mappings = fitting
    .filter(({ has }) => has > 0)
    .map(({ name, first, has }) => ({ file: name, dataset, first, count: has, sourceFirst: 0 }));
  const last = mappings.at(-1);
  if (last === undefined) return undefined;
  const frames = last.first + last.count;
  return { kind: 'virtual', dtype: content.dtype, shape: [frames, ...content.frameShape], mappings };
}

function isLike(images: FoundImages, other: NonNullable<FoundImages>): boolean {
  return (
    images !== undefined &&
    images.dtype === other.dtype &&
    String(images.frameShape) === String(other.frameShape)
  );
}
