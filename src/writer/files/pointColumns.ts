import { elementCount, itemSize, type NumericArray } from '../../scan/index.js';
import type { Hdf5File } from '../hdf5/index.js';

/** Points `[first, first + count)` that are wanted, as far as they fit. */
export interface PointRequest {
  readonly first: number;
  readonly count: number;
  /** Of all channels together; one point of each always fits. */
  readonly bytes: number;
}

/** Where the points of a channel stand. */
export interface PointPlace {
  readonly dataset: string;
  readonly isText: boolean;
  /** Dimensions of one point; all others count the points. */
  readonly pointRank: number;
  /** How many points there are to read. */
  readonly rows: number;
}

/** The same points of several channels. */
export interface PointColumns {
  readonly first: number;
  readonly count: number;
  /** Points that each channel has; those that are behind `first + count` are there for the next request. */
  readonly rows: readonly number[];
  /** Shape `[count, ...pointShape]`, or text; empty lists when one of the channels has no points yet. */
  readonly columns: readonly (NumericArray | readonly string[])[];
}

/** Reads the points that all of these channels have, from `first` on. */
export function readColumns(
  file: Hdf5File,
  places: readonly PointPlace[],
  request: PointRequest,
): PointColumns {
  const { first } = request;
  const rows = places.map((place) => place.rows);
  const there = Math.max(0, Math.min(...rows) - first);
  const pointBytes = places.reduce((sum, place) => sum + bytesOfPoint(file, place), 0);
  const fitting = Math.max(1, Math.floor(request.bytes / Math.max(1, pointBytes)));
  const count = Math.min(there, request.count, fitting);
  const columns = places.map(({ dataset, isText, pointRank }) => {
    // HDF5 gives back the memory of texts only for all of them at once.
    if (isText) return file.readTexts(dataset).slice(first, first + count);
    return file.readPoints(dataset, pointRank, first, count);
  });
  return { first, count, rows, columns };
}

const TEXT_BYTES = 64;

function bytesOfPoint(file: Hdf5File, { dataset, isText, pointRank }: PointPlace): number {
  if (isText) return TEXT_BYTES;
  const { dtype, shape } = file.readPoints(dataset, pointRank, 0, 0);
  return elementCount(shape.slice(1)) * itemSize(dtype);
}

/** The buffers of columns, each of its own. */
export function buffersOf({ columns }: PointColumns): ArrayBuffer[] {
  return columns.flatMap((column) => ('dtype' in column ? [column.bytes.buffer as ArrayBuffer] : []));
}
