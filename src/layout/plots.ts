import { cleanName } from './names.js';
import type { KnownPaths } from './knownPaths.js';
import type { Attributes, TreeOperation } from './operation.js';
import { MAX_DERIVED_SIGNALS, plotRequests, techniquePlotselect, type PlotRequest } from './plotRequests.js';
import { elementCount, sameItems, type InfoDict } from '../scan/index.js';
import { fastFirst, gridAxis, gridLengths, type Grid } from './grid.js';
import { float64List, int64List } from './dictionary.js';

/** A dataset of the entry that can be plotted. */
export interface PlotField {
  /** Full name of the channel. */
  readonly channel: string;
  /** Name in `measurement` and in plots. */
  readonly name: string;
  readonly path: string;
  readonly pointShape: readonly number[];
  /** Points in the dataset, those that never came included; with `meshShape` as many as it has places. */
  readonly rows: number;
  /** Shape of the points when the dataset has that of a mesh, else `[]`. */
  readonly meshShape: readonly number[];
  /** The one point has no dimension of points. */
  readonly isScalar: boolean;
  /** Images in other files: they can be linked, not copied. */
  readonly isLinked: boolean;
  readonly isPositioner: boolean;
  /** `mca`, `lima` ...; tells apart groups of signals with different point shapes. */
  readonly deviceType: string;
  /** Energy of each channel of a spectrum is `a + b x + c x²`. */
  readonly calibration: readonly number[] | undefined;
}

export interface Plots {
  readonly operations: readonly TreeOperation[];
  /** Whether there is a `plotselect` to be the entry's default. */
  readonly hasDefault: boolean;
}

const MAX_COPIED_ELEMENTS = 4_000_000;

/** Clocks are no measurement: never the signal of a plot that nobody asked for (LAYOUT 4.7). */
const CLOCK = /(^|:)(elapsed_time|epoch)$/;
const ENCODER = /^encoder:/;

/**
 * All NXdata groups of an entry, made once at its end (LAYOUT 5.3 rules 6 and 7). In each, axes and signals have the
 * same length, also when the scan was interrupted: fields of another length are left out or cut.
 * @param grid shape and axes of a mesh whose points are all there
 * @param generic whether all detectors are plotted by the dimensions of their points, as in the facility's `--noconfig`
 */
export function plotOperations(
  entry: string,
  info: InfoDict,
  fields: readonly PlotField[],
  grid: Grid | undefined,
  known: KnownPaths,
  generic: boolean,
): Plots {
  const isMesh = gridLengths(info) !== undefined;
  const positioners = fields.filter(({ isPositioner }) => isPositioner);
  const axes = isMesh ? fastFirst(info, positioners) : positioners;
  const context: Context = { entry, fields, axes, isMesh, grid, known };
  const requested = plotRequests(info, generic).flatMap((request) => requestedPlots(request, context));
  const plots = requested.length > 0 ? requested : derivedPlots(context);
  const made = plots
    .map((plot) => ({ name: plot.name, operations: plotGroup(plot, context) }))
    .filter((plot) => plot.operations.length > 0);
  const operations = made.flatMap((plot) => plot.operations);
  const selected = techniquePlotselect(info);
  const first = made.find(({ name }) => name === selected) ?? made[0];
  if (first === undefined) return { operations, hasDefault: false };
  if (!made.some(({ name }) => name === 'plotselect')) {
    operations.push({ op: 'softLink', path: `${entry}/plotselect`, target: `${entry}/${first.name}` });
  }
  return { operations, hasDefault: true };
}

interface Context {
  readonly entry: string;
  readonly fields: readonly PlotField[];
  /** Scanned motors, the fast one first. */
  readonly axes: readonly PlotField[];
  readonly isMesh: boolean;
  readonly grid: Grid | undefined;
  readonly known: KnownPaths;
}

interface Plot {
  readonly name: string;
  readonly signals: readonly PlotField[];
  readonly onGrid: boolean;
}

/** One plot for each shape of points among the channels that were asked for. */
function requestedPlots(request: PlotRequest, { fields, grid }: Context): Plot[] {
  const detectors = fields.filter(({ isPositioner }) => !isPositioner);
  const wanted =
    request.items.length > 0
      ? request.items.flatMap((item) => fields.find((field) => isNamed(field, item)) ?? [])
      : detectors.filter(({ pointShape }) => pointShape.length === request.ndim);
  const byShape = new Map<string, PlotField[]>();
  for (const field of wanted) {
    const shape = field.pointShape.join('x');
    byShape.set(shape, [...(byShape.get(shape) ?? []), field]);
  }
  const groups = [...byShape.values()];
  const types = groups.map((signals) => signals[0]?.deviceType ?? '');
  return groups.map((signals, index) => {
    const type = types[index] ?? '';
    const isUnique = types.indexOf(type) === types.lastIndexOf(type);
    const number = isUnique ? '' : types.slice(0, index + 1).filter((other) => other === type).length;
    return {
      name: cleanName(groups.length === 1 ? request.name : `${request.name}_${type}${number}`),
      // What a person named comes in the order of the names.
      signals: request.items.length > 0 ? signals : countersFirst(signals),
      onGrid: request.grid && grid !== undefined && grid.shape.length > 1 && signals.every(isCopied),
    };
  });
}

export function isClock({ channel }: PlotField): boolean {
  return CLOCK.test(channel);
}

/** Counters first, then what only repeats the scanned motor, then clocks: the first is the signal that is shown. */
export function countersFirst(signals: readonly PlotField[]): PlotField[] {
  const rank = (field: PlotField): number => (isClock(field) ? 2 : ENCODER.test(field.channel) ? 1 : 0);
  return [...signals].sort((a, b) => rank(a) - rank(b));
}

/** Fields in the shape of a mesh are copies, unless they have it: larger ones stay in the order of acquisition. */
function isCopied(field: PlotField): boolean {
  return !field.isLinked && (field.meshShape.length > 0 || isSmall(field));
}

function isSmall({ rows, pointShape }: PlotField): boolean {
  return rows * elementCount(pointShape) <= MAX_COPIED_ELEMENTS;
}

/** A full name, or the end of one. */
export function isNamed(field: PlotField, item: string): boolean {
  return field.channel === item || field.channel.endsWith(`:${item}`) || field.name === item;
}

/** What nobody asked for: the counters, else the spectra, else the images. */
function derivedPlots({ fields }: Context): Plot[] {
  const detectors = fields.filter((field) => !field.isPositioner && !isClock(field));
  const [first] = [0, 1, 2].flatMap((rank) =>
    detectors.filter(({ pointShape }) => pointShape.length === rank),
  );
  const signals = detectors.filter(({ pointShape }) => String(pointShape) === String(first?.pointShape));
  if (signals.length === 0) return [];
  const shown = countersFirst(signals).slice(0, MAX_DERIVED_SIGNALS);
  return [{ name: 'plotselect', signals: shown, onGrid: false }];
}

function plotGroup({ name, signals, onGrid }: Plot, context: Context): TreeOperation[] {
  const { entry, known } = context;
  const [main] = signals;
  if (main === undefined) return [];
  const path = known.free(`${entry}/${name}`);
  // Readers refuse a plot whose fields differ in length: shorter columns stay out, longer axes are cut.
  const rows = main.rows;
  const shown = signals.filter((signal) => {
    const fits = signal.isLinked ? signal.rows === rows : signal.rows >= rows;
    return fits && rows > 0 && (onGrid || canBeFlat(signal));
  });
  if (shown.length === 0) return [];
  const members = onGrid ? gridMembers(path, shown, context) : flatMembers(path, shown, rows, context);
  const [signal, ...others] = shown.map((field) => field.name);
  const attributes: Attributes = {
    NX_class: 'NXdata',
    signal: signal ?? '',
    ...(others.length === 0 ? {} : { auxiliary_signals: others }),
    ...(members.axes.length === 0 ? {} : { axes: members.axes }),
  };
  const operations: TreeOperation[] = [{ op: 'group', path, attributes }, ...members.operations];
  known.record(operations);
  return operations;
}

/** Those in the shape of a mesh are copied in the order of acquisition. */
function canBeFlat(field: PlotField): boolean {
  return field.meshShape.length === 0 || isSmall(field);
}

interface Members {
  readonly axes: readonly string[];
  readonly operations: readonly TreeOperation[];
}

/** Points in the order of acquisition: one or two motors are axes of a curve or a scatter. */
function flatMembers(
  path: string,
  signals: readonly PlotField[],
  rows: number,
  { axes, isMesh }: Context,
): Members {
  const { pointShape = [], isScalar = false } = signals[0] ?? {};
  // A scatter needs scalars; spectra along the path of a mesh have no axis that readers accept (LAYOUT 1.8).
  const usable = isScalar || (isMesh && pointShape.length > 0) ? [] : isMesh ? axes : axes.slice(0, 1);
  const fitting = usable.filter((axis) => axis.rows >= rows);
  const isComplete = isScalar || (usable.length > 0 && fitting.length === usable.length);
  const dimensions = isComplete ? dataDimensions(path, signals) : NONE;
  const shown = fitting.length === usable.length ? fitting : [];
  return {
    axes: [...shown.map(({ name }) => name), ...dimensions.axes],
    operations: [
      ...[...shown, ...signals].map((field) => member(path, field, rows)),
      ...dimensions.operations,
    ].filter(isFirstOfItsPath),
  };
}

/** A mesh that is complete, in its own shape: slow motor first. */
function gridMembers(path: string, signals: readonly PlotField[], { grid }: Context): Members {
  if (grid === undefined) return NONE;
  const dimensions = dataDimensions(path, signals);
  const names = [...grid.axes].reverse();
  return {
    axes: [...names.map(({ name }) => name), ...dimensions.axes],
    operations: [
      ...names.map((axis): TreeOperation => {
        return { op: 'array', path: `${path}/${axis.name}`, array: float64List(gridAxis(axis)) };
      }),
      ...signals.map((field): TreeOperation => {
        const own = `${path}/${field.name}`;
        if (field.meshShape.length > 0) return { op: 'softLink', path: own, target: field.path };
        const shape = [...grid.shape, ...field.pointShape];
        return { op: 'copy', path: own, source: field.path, rows: field.rows, shape };
      }),
      ...dimensions.operations,
    ].filter(isFirstOfItsPath),
  };
}

/** A link while the lengths agree, else a copy of the first rows under the same name. */
function member(path: string, field: PlotField, rows: number): TreeOperation {
  const own = `${path}/${field.name}`;
  const { meshShape, pointShape } = field;
  if (field.rows === rows && meshShape.length === 0) return { op: 'softLink', path: own, target: field.path };
  const [lines = rows] = meshShape;
  return { op: 'copy', path: own, source: field.path, rows: lines, shape: [rows, ...pointShape] };
}

/**
 * `datadim0`, `datadim1`: the channels of a spectrum, the lines and columns of an image, as in the reference; `energy`
 * where all spectra have the same calibration.
 */
function dataDimensions(path: string, signals: readonly PlotField[]): Members {
  const { pointShape = [], calibration } = signals[0] ?? {};
  const [channels] = pointShape;
  const isCalibrated = signals.every((signal) => sameItems(signal.calibration ?? [], calibration ?? []));
  if (pointShape.length === 1 && channels !== undefined && calibration !== undefined && isCalibrated) {
    const array = float64List(
      Array.from({ length: channels }, (_, channel) => energyOf(channel, calibration)),
    );
    return { axes: ['energy'], operations: [{ op: 'array', path: `${path}/energy`, array }] };
  }
  const axes = pointShape.map((_, dimension) => `datadim${dimension}`);
  return {
    axes,
    operations: axes.map((name, dimension): TreeOperation => {
      const length = pointShape[dimension] ?? 0;
      return { op: 'array', path: `${path}/${name}`, array: int64List(Array.from({ length }, (_, i) => i)) };
    }),
  };
}

function energyOf(channel: number, [a = 0, b = 1, c = 0]: readonly number[]): number {
  return a + b * channel + c * channel * channel;
}

const NONE: Members = { axes: [], operations: [] };

/** A motor can be signal and axis of one plot. */
function isFirstOfItsPath(operation: TreeOperation, index: number, all: readonly TreeOperation[]): boolean {
  return all.findIndex(({ path }) => path === operation.path) === index;
}
