import { childrenOf, classOf, type DatasetView, type GroupView, type ObjectView } from '../reading/index.js';
import type { Part } from './difference.js';

/** What something in a scan is called by its user. */
export interface Subject {
  readonly part: Part;
  /** `counter diode1` */
  readonly words: string;
}

/** A mesh in its own shape has two; where all columns have more they are images. */
const MOST_POINT_RANK = 2;

/** The datasets of one scan that have points, as their user knows them. */
export class Columns {
  readonly #names = new Map<string, { readonly isMotor: boolean; readonly name: string }>();
  /** Dimensions that count the points: those of a column with a number a point. */
  readonly pointRank: number;
  /** Where they are below `instrument`. */
  readonly #paths = new Map<string, string>();

  constructor(entry: GroupView) {
    const instrument = entry.at('instrument');
    if (instrument.kind === 'group') {
      for (const [name, group] of childrenOf(instrument)) {
        if (group.kind === 'group' && !isPositions(name)) this.#addDevice(name, group);
      }
    }
    const measurement = entry.at('measurement');
    let pointRank = Infinity;
    for (const [name, column] of measurement.kind === 'group' ? childrenOf(measurement) : []) {
      if (column.kind !== 'dataset') continue;
      pointRank = Math.min(pointRank, column.shape?.length ?? 0);
      const isMotor = this.#names.get(keyOf(column))?.isMotor ?? false;
      this.#names.set(keyOf(column), { isMotor, name });
    }
    this.pointRank = pointRank > MOST_POINT_RANK ? 1 : pointRank;
  }

  nameOf(object: ObjectView): { readonly isMotor: boolean; readonly name: string } | undefined {
    return this.#names.get(keyOf(object));
  }

  /** `instrument/diode1/data`, however it was reached; undefined for what is not there. */
  pathOf(object: ObjectView): string | undefined {
    return this.#paths.get(keyOf(object));
  }

  #addDevice(device: string, group: GroupView): void {
    const isMotor = classOf(group) === 'NXpositioner';
    for (const [name, dataset] of childrenOf(group)) {
      if (dataset.kind !== 'dataset') continue;
      this.#paths.set(keyOf(dataset), `instrument/${device}/${name}`);
      const isPrincipal = name === 'data' || name === 'value';
      if (isPrincipal || isMotor)
        this.#names.set(keyOf(dataset), { isMotor, name: isPrincipal ? device : `${device}_${name}` });
    }
  }
}

function keyOf({ file, address }: ObjectView): string {
  return `${file}\0${address}`;
}

/** Groups of the positions of all motors, and what their user says of them. */
const POSITIONS: ReadonlyMap<string, string> = new Map([
  ['positioners', ''],
  ['positioners_start', ' at the start'],
  ['positioners_end', ' at the end'],
  ['positioners_dial_start', ' (dial) at the start'],
  ['positioners_dial_end', ' (dial) at the end'],
]);

function isPositions(name: string): boolean {
  return POSITIONS.has(name);
}

/** Something in a scan, and the columns of that scan. */
export interface ObjectOfScan {
  readonly object: ObjectView;
  readonly columns: Columns;
}

/**
 * @param path within the scan
 * @param known what the columns of either side call it
 * @param objects what is there, on one side or both
 * @param plot the plot it is in
 */
export function subjectOf(
  path: readonly string[],
  known: { readonly isMotor: boolean; readonly name: string } | undefined,
  objects: readonly ObjectOfScan[],
  plot: string | undefined,
): Subject {
  const [top, device = '', ...rest] = path;
  const place = path.join('/');
  if (plot !== undefined) {
    const field = place.slice(plot.length + 1);
    return { part: 'plot', words: `plot ${plot}${field === '' ? '' : `, ${field}`}` };
  }
  const positions = top === 'instrument' ? POSITIONS.get(device) : undefined;
  if (positions !== undefined && rest.length === 1)
    return { part: 'motor', words: `motor ${rest.join('')}${positions}` };
  // Elsewhere something is called by its place, wherever its values are.
  const isColumn = top === 'measurement' || top === 'instrument';
  if (!isColumn) return { part: 'metadata', words: place === '' ? 'the scan' : `metadata ${place}` };
  if (known?.isMotor === true) return { part: 'motor', words: `motor ${known.name}` };
  if (known !== undefined) return column(known.name, objects);
  if (top === 'measurement' && rest.length === 0 && device !== '') return column(device, objects);
  return { part: 'metadata', words: `metadata ${place}` };
}

function column(name: string, objects: readonly ObjectOfScan[]): Subject {
  const ranks = objects.map(({ object, columns }) =>
    object.kind === 'dataset' ? (object.shape?.length ?? 0) - columns.pointRank : 0,
  );
  const rank = Math.max(0, ...ranks);
  if (rank === 0) return { part: 'counter', words: `counter ${name}` };
  return rank === 1
    ? { part: 'spectrum', words: `spectra ${name}` }
    : { part: 'image', words: `images ${name}` };
}

/** The dataset with the points of a device. */
export function principalOf(group: GroupView): DatasetView | undefined {
  for (const name of ['data', 'value']) {
    const dataset = group.has(name) ? group.at(name) : undefined;
    if (dataset?.kind === 'dataset') return dataset;
  }
  return undefined;
}
