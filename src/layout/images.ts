import { integerOf, textOf, type DType, type InfoDict } from '../scan/index.js';

/** Frames `[first, first + count)` of a scan, in one file of the detector. */
export interface ImageFile {
  /** Absolute, as the BLISS host has it. */
  readonly path: string;
  readonly first: number;
  readonly count: number;
}

/** Where a detector saved the images of a scan. */
export interface SavedImages {
  readonly files: readonly ImageFile[];
  /** Path of the frames in each file; undefined for other formats than HDF5. */
  readonly dataset: string | undefined;
  /** As the detector calls it: `HDF5`, `EDF`, `EDFGZ`, `CBF` ... */
  readonly format: string;
}

/** How a detector's images stand in the file of a scan. */
export type ImagePlan =
  | {
      readonly kind: 'external';
      readonly file: string;
      readonly dataset: string;
      readonly frameShape: readonly number[];
    }
  | {
      readonly kind: 'virtual';
      readonly dtype: DType;
      readonly shape: readonly number[];
      readonly mappings: readonly ImageMapping[];
    }
  | { readonly kind: 'list'; readonly names: readonly string[] }
  /** A dataset for copies of the images. */
  | { readonly kind: 'copy'; readonly dtype: DType; readonly frameShape: readonly number[] }
  /** The files that were copied, beside the copies. */
  | { readonly kind: 'copied'; readonly names: readonly string[] };

/** Frames `[first, first + count)` are `[sourceFirst, sourceFirst + count)` of a dataset of another file. */
export interface ImageMapping {
  /** Relative to the folder of the scan's file. */
  readonly file: string;
  readonly dataset: string;
  readonly first: number;
  readonly count: number;
  readonly sourceFirst: number;
}

/** Files of one scan are counted, not trusted: no detector makes nearly as many. */
const MAX_FILES = 1_000_000;

/**
 * The files of a Lima camera by the reference that it published (PROTOCOL 9.1).
 * @param frames images that are ready
 * @returns undefined when images were not saved, or the reference does not say where
 */
export function savedImages(reference: InfoDict, frames: number): SavedImages | undefined {
  const mode = textOf(reference.get('saving_mode'));
  const directory = textOf(reference.get('saving_directory'));
  const perFile = integerOf(reference.get('saving_frame_per_file')) ?? 1;
  const count = Math.ceil(frames / Math.max(1, perFile));
  if (mode === undefined || mode === 'NOSAVING' || directory === undefined) return undefined;
  if (perFile < 1 || count > MAX_FILES || !/^\/[^\0]*$/.test(directory)) return undefined;
  const prefix = oneComponent(textOf(reference.get('saving_prefix')) ?? '');
  const suffix = oneComponent(textOf(reference.get('saving_suffix')) ?? '');
  const width = indexWidth(textOf(reference.get('saving_index_format')));
  const files = Array.from({ length: count }, (_, index): ImageFile => {
    const number = String(index).padStart(width, '0');
    const first = index * perFile;
    return {
      path: `${directory.replace(/\/+$/, '')}/${prefix}${number}${suffix}`,
      first,
      count: Math.min(perFile, frames - first),
    };
  });
  return { files, dataset: datasetIn(reference), format: formatOf(reference) };
}

/** Whether the pixels of a format stand in its files as they are; Lima writes the same blocks in both. */
export function isPlainEdf(format: string): boolean {
  return /^edf(concat)?$/i.test(format);
}

function formatOf(reference: InfoDict): string {
  return textOf(reference.get('saving_format')) ?? '';
}

/** `%04d` -> 4. */
function indexWidth(format: string | undefined): number {
  return Number(/^%0?(\d{0,2})d$/.exec(format ?? '')?.[1] ?? 4);
}

/** A part of a file's name must not lead into another directory. */
function oneComponent(part: string): string {
  return part.replace(/[/\0]/g, '_');
}

/** Cameras before Lima 1.9.1 say so by a version that is no number. */
function datasetIn(reference: InfoDict): string | undefined {
  if (!/^hdf5/i.test(formatOf(reference))) return undefined;
  const instrument = textOf(reference.get('user_instrument_name')) ?? 'instrument';
  const detector = textOf(reference.get('user_detector_name')) ?? '';
  return textOf(reference.get('lima_version')) === '<1.9.1'
    ? `/entry_0000/instrument/${detector}/data/array`
    : `/entry_0000/${instrument}/${detector}/data`;
}
