import { dictOf, integerOf, type InfoDict } from '../scan/index.js';

/** One motor of a mesh. */
export interface GridAxis {
  readonly channel: string;
  readonly name: string;
  /** Points along this motor. */
  readonly length: number;
  /** Index along this motor of each point, in the order of acquisition, is `floor(point / stride) % length`. */
  readonly stride: number;
  /** Recorded positions of all points. */
  readonly positions: readonly number[];
}

/** The shape of a mesh whose points are all there. */
export interface Grid {
  /** C order: the slow motor first. */
  readonly shape: readonly number[];
  /** The fast motor first. */
  readonly axes: readonly GridAxis[];
}

interface Scanned {
  readonly channel: string;
  readonly name: string;
  readonly positions: readonly number[];
}

/**
 * The grid of a mesh: `npoints1` along the fast motor, `npoints2` along the next (PROTOCOL 6).
 * @param scanned the motors with their recorded positions, as published
 * @returns undefined for other scans and for a mesh that is not complete
 */
export function gridOf(info: InfoDict, scanned: readonly Scanned[]): Grid | undefined {
  const lengths = gridLengths(info);
  if (lengths === undefined || scanned.length !== lengths.length) return undefined;
  const points = lengths.reduce((product, length) => product * length, 1);
  const ordered = fastFirst(info, scanned);
  if (ordered.some(({ positions }) => positions.length !== points)) return undefined;
  let stride = 1;
  const axes = ordered.map(({ channel, name, positions }, axis): GridAxis => {
    const length = lengths[axis] ?? 1;
    const own = { channel, name, positions, length, stride };
    stride *= length;
    return own;
  });
  return { shape: [...lengths].reverse(), axes };
}

/** The shape of a mesh as it was planned, the slow motor first; `[]` for other scans. */
export function plannedShape(info: InfoDict): number[] {
  const shape = [...(gridLengths(info) ?? [])].reverse();
  const points = shape.reduce((product, length) => product * length, 1);
  return points === integerOf(info.get('npoints')) ? shape : [];
}

/** Points along each motor, the fast one first; undefined when the scan is no mesh. */
export function gridLengths(info: InfoDict): number[] | undefined {
  const dimensions = integerOf(info.get('data_dim')) ?? 1;
  if (dimensions < 2 || dimensions > 8) return undefined;
  const lengths = Array.from(
    { length: dimensions },
    (_, axis) => integerOf(info.get(`npoints${axis + 1}`)) ?? 0,
  );
  return lengths.every((length) => length > 0) ? lengths : undefined;
}

/** Motors by their `axis-id`, 0 for the fast one; those without keep the order in which they were published. */
export function fastFirst<T extends { readonly channel: string }>(info: InfoDict, motors: readonly T[]): T[] {
  const channels = dictOf(info.get('channels'));
  const axisId = ({ channel }: T): number => integerOf(dictOf(channels.get(channel)).get('axis-id')) ?? 0;
  return [...motors].sort((a, b) => axisId(a) - axisId(b));
}

/** Evenly spaced positions along one motor of a mesh: the line through the recorded ones (LAYOUT 1.8). */
export function gridAxis({ length, stride, positions }: GridAxis): number[] {
  const count = positions.length;
  const indices = positions.map((_, point) => Math.floor(point / stride) % length);
  const meanIndex = indices.reduce((sum, index) => sum + index, 0) / count;
  const mean = positions.reduce((sum, position) => sum + position, 0) / count;
  let covariance = 0;
  let variance = 0;
  for (const [point, position] of positions.entries()) {
    const distance = (indices[point] ?? 0) - meanIndex;
    covariance += distance * (position - mean);
    variance += distance * distance;
  }
  const slope = variance === 0 ? 0 : covariance / variance;
  return Array.from({ length }, (_, index) => mean + slope * (index - meanIndex));
}
