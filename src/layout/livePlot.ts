import type { InfoDict } from '../scan/index.js';
import { fastFirst, gridLengths } from './grid.js';
import { isClock, countersFirst, isNamed, type PlotField } from './plots.js';
import { MAX_DERIVED_SIGNALS, plotRequests } from './plotRequests.js';

/** What to draw of a scan while it runs: full names of channels whose points are single numbers. */
export interface LivePlot {
  /** The first motor that moves, else a clock; undefined when there is neither. */
  readonly axis: string | undefined;
  /** What can be drawn over it, what was asked for first. */
  readonly signals: readonly string[];
  /** What is drawn unless somebody wants something else. */
  readonly shown: readonly string[];
}

/** @returns undefined while there is nothing to draw */
export function livePlot(
  info: InfoDict,
  fields: readonly PlotField[],
  generic: boolean,
): LivePlot | undefined {
  const curves = fields.filter(({ pointShape, isLinked }) => pointShape.length === 0 && !isLinked);
  const positioners = curves.filter(({ isPositioner }) => isPositioner);
  const motors = gridLengths(info) === undefined ? positioners : fastFirst(info, positioners);
  const axis = motors[0] ?? curves.find(isClock);
  const others = curves.filter((field) => !field.isPositioner && !isClock(field));
  const requested = plotRequests(info, generic).flatMap(({ items }) => {
    return items.flatMap((item) => others.find((field) => isNamed(field, item)) ?? []);
  });
  const signals = [...new Set([...requested, ...countersFirst(others)])].slice(0, MAX_DERIVED_SIGNALS);
  if (signals.length === 0) return undefined;
  const shown = signals.slice(0, Math.max(1, new Set(requested).size));
  return { axis: axis?.channel, signals: namesOf(signals), shown: namesOf(shown) };
}

function namesOf(fields: readonly PlotField[]): string[] {
  return fields.map(({ channel }) => channel);
}
