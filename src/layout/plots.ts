import { cleanName } from './names.js';
import type { KnownPaths } from './knownPaths.js';
import type { Attributes, TreeOperation } from './operation.js';
import { MAX_DERIVED_SIGNALS, plotRequests, techniquePlotselect, type PlotRequest } from './plotRequests.js';
import { elementCount, type InfoDict } from '../scan/index.js';
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
  readonly rows: number;
  readonly isPositioner: boolean;
  /** `mca`, `lima` ...; tells apart groups of signals with different point shapes. */
  readonly deviceType: string;
}

export interface Plots {
  readonly operations: readonly TreeOperation[];
  /** Whether there is a `plotselect` to be the entry's default. */
  readonly hasDefault: boolean;
}

const MAX_COPIED_ELEMENTS = 4_000_000;

/** Clocks are no measurement: never the signal of a plot that nobody asked for (LAYOUT 4.7). */
const CLOCK = /(^|:)(elapsed_time|epoch)$/;

/**
 * All NXdata groups of an entry, made once at its end (LAYOUT 5.3 rules 6 and 7). In each, axes and signals have the
 * same length, also when the scan was interrupted: fields of another length are left out or cut.
 * @param grid shape and axes of a mesh whose points are all there
 */
export function plotOperations(
  entry: string,
  info: InfoDict,
  fields: readonly PlotField[],
  grid: Grid | undefined,
  known: KnownPaths,
): Plots {
  const isMesh = gridLengths(info) !== undefined;
  const positioners = fields.filter(({ isPositioner }) => isPositioner);
  const axes = isMesh ? fastFirst(info, positioners) : positioners;
  const context: Context = { entry, fields, axes, isMesh, grid, known };
  const requested = plotRequests(info).flatMap((request) => requestedPlots(request, context));
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
  return groups.map((signals) => ({
    name: cleanName(groups.length === 1 ? request.name : `${request.name}_${signals[0]?.deviceType ?? ''}`),
    signals,
    onGrid: request.grid && grid !== undefined && grid.shape.length > 1 && signals.every(isCopied),
  }));
}

/** Fields in the shape of a mesh are copies: larger ones stay as they are, in the order of acquisition. */
function isCopied({ pointShape, rows }: PlotField): boolean {
  return rows * elementCount(pointShape) <= MAX_COPIED_ELEMENTS;
}

/** A full name, or the end of one. */
function isNamed(field: PlotField, item: string): boolean {
  return field.channel === item || field.channel.endsWith(`:${item}`) || field.name === item;
}

/** What nobody asked for: the counters, and the spectra when there are no counters. */
function derivedPlots({ fields }: Context): Plot[] {
  const detectors = fields.filter(({ channel, isPositioner }) => !isPositioner && !CLOCK.test(channel));
  const counters = detectors.filter(({ pointShape }) => pointShape.length === 0);
  const spectra = detectors.filter(({ pointShape }) => pointShape.length === 1);
  const [first] = spectra;
  const signals =
    counters.length > 0
      ? counters
      : spectra.filter(({ pointShape }) => pointShape[0] === first?.pointShape[0]);
  if (signals.length === 0) return [];
  return [{ name: 'plotselect', signals: signals.slice(0, MAX_DERIVED_SIGNALS), onGrid: false }];
}

function plotGroup({ name, signals, onGrid }: Plot, context: Context): TreeOperation[] {
  const { entry, known } = context;
  const [main] = signals;
  if (main === undefined) return [];
  const path = known.free(`${entry}/${name}`);
  // Readers refuse a plot whose fields differ in length: shorter columns stay out, longer axes are cut.
  const rows = main.rows;
  const shown = signals.filter((signal) => signal.rows >= rows && rows > 0);
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
  const pointShape = signals[0]?.pointShape ?? [];
  // A scatter needs scalars; spectra along the path of a mesh have no axis that readers accept (LAYOUT 1.8).
  const usable = isMesh && pointShape.length > 0 ? [] : isMesh ? axes : axes.slice(0, 1);
  const fitting = usable.filter((axis) => axis.rows >= rows);
  const dimensions =
    usable.length > 0 && fitting.length === usable.length ? dataDimensions(path, pointShape) : NONE;
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
  const dimensions = dataDimensions(path, signals[0]?.pointShape ?? []);
  const names = [...grid.axes].reverse();
  return {
    axes: [...names.map(({ name }) => name), ...dimensions.axes],
    operations: [
      ...names.map((axis): TreeOperation => {
        return { op: 'array', path: `${path}/${axis.name}`, array: float64List(gridAxis(axis)) };
      }),
      ...signals.map((field): TreeOperation => {
        const shape = [...grid.shape, ...field.pointShape];
        return { op: 'copy', path: `${path}/${field.name}`, source: field.path, rows: field.rows, shape };
      }),
      ...dimensions.operations,
    ].filter(isFirstOfItsPath),
  };
}

/** A link while the lengths agree, else a copy of the first rows under the same name. */
function member(path: string, field: PlotField, rows: number): TreeOperation {
  const own = `${path}/${field.name}`;
  if (field.rows === rows) return { op: 'softLink', path: own, target: field.path };
  return { op: 'copy', path: own, source: field.path, rows, shape: [rows, ...field.pointShape] };
}

/** `datadim0`, `datadim1`: the channels of a spectrum, the lines and columns of an image, as in the reference. */
function dataDimensions(path: string, pointShape: readonly number[]): Members {
  const axes = pointShape.map((_, dimension) => `datadim${dimension}`);
  return {
    axes,
    operations: axes.map((name, dimension): TreeOperation => {
      const length = pointShape[dimension] ?? 0;
      return { op: 'array', path: `${path}/${name}`, array: int64List(Array.from({ length }, (_, i) => i)) };
    }),
  };
}

const NONE: Members = { axes: [], operations: [] };

/** A motor can be signal and axis of one plot. */
function isFirstOfItsPath(operation: TreeOperation, index: number, all: readonly TreeOperation[]): boolean {
  return all.findIndex(({ path }) => path === operation.path) === index;
}
