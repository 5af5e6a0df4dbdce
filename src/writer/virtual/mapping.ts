import { refuse } from './refusal.js';

/** Frames `[first, first + count)` of a virtual dataset are `[sourceFirst, sourceFirst + count)` of another file's. */
export interface VirtualMapping {
  /**
   * Relative to the folder of the file with the virtual dataset, `..` allowed. It need not exist, but if it does it
   * must have all these frames: HDF5 1.10 to 2.0 otherwise fails or crashes (VIRTUAL_DATASETS, limit 1).
   */
  readonly file: string;
  /** Absolute path in that file. */
  readonly dataset: string;
  readonly first: number;
  readonly count: number;
  readonly sourceFirst: number;
}

/** What a dataset is to become. */
export interface VirtualLayout {
  /** See `createPlaceholder`. */
  readonly address: bigint;
  /** `[frames, ...frameShape]`; only the number of frames may differ from what the dataset has. */
  readonly shape: readonly number[];
  /** In any order. Frames of no mapping, or of a file that is not there, read as the fill value. */
  readonly mappings: readonly VirtualMapping[];
  /** One element, little-endian, for frames that are in no file; as it was (0 at first) if left out. */
  readonly fill?: Uint8Array;
}

/** HDF5 selects by 32-bit coordinates here, of which it keeps the highest. */
const FRAMES_AT_MOST = 2 ** 32 - 2;

/** The mappings in the order of their frames, if they are possible in a dataset of this shape. */
export function checkedMappings(
  shape: readonly number[],
  mappings: readonly VirtualMapping[],
): readonly VirtualMapping[] {
  const [frames = 0, ...frameShape] = shape;
  if (shape.length === 0 || shape.some((length) => !isCount(length)) || frameShape.includes(0)) {
    refuse(`frames cannot have the shape [${shape.join(', ')}]`);
  }
  const sorted = mappings.toSorted((one, other) => one.first - other.first);
  let end = 0;
  for (const mapping of sorted) {
    const { file, dataset, first, count, sourceFirst } = mapping;
    if (!isText(file) || file.startsWith('/') || file === '.') {
      refuse(`${JSON.stringify(file)} is not a relative name of another file`);
    }
    if (!isText(dataset) || !dataset.startsWith('/')) {
      refuse(`${JSON.stringify(dataset)} is not a path in an HDF5 file`);
    }
    if (![first, count, sourceFirst, sourceFirst + count].every(isCount) || count === 0) {
      refuse(`[${first}, ${count}, ${sourceFirst}] are no first frame, count and first frame of the source`);
    }
    if (first < end) refuse(`frame ${first} is to come from two files`);
    end = first + count;
    if (end > frames) refuse(`frame ${end - 1} is to come from a file, but there are ${frames} frames`);
  }
  return sorted;
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= FRAMES_AT_MOST;
}

/** What can be stored as it is: not empty, no NUL, no lone surrogate. */
function isText(text: string): boolean {
  return text !== '' && !/[\0\p{Surrogate}]/u.test(text);
}
