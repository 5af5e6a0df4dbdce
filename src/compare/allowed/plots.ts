import { classOf, type GroupView, type ObjectView } from '../../reading/index.js';
import { type Candidate, type Side } from '../difference.js';
import { isObjectOfOurs, isOurAddition, type Rule } from './rule.js';

/** Timers that the 2021 writer plots when nobody said what to plot. */
const TIMERS = new Set(['elapsed_time', 'epoch']);
const SIGNALS = new Set(['signal', 'auxiliary_signals', 'axes']);
/** What remains of a line through positions that was summed up in another order. */
const LAST_BITS = 1e-12;

/** Plots are made of what else is in the file: they may show the same in another way. */
export const PLOT_RULES: readonly Rule[] = [
  {
    kind: 'default-plot',
    reason: 'this program makes a plot of its own where the other writer makes none',
    allows: (candidate, scene) => {
      if (!isOurAddition(candidate, scene) || scene.theirs === undefined) return false;
      if (candidate.path === '' && candidate.attribute === 'default') return true;
      return isPlot(candidate.A ?? candidate.B) && !hasPlot(scene.entry[scene.theirs]);
    },
  },
  {
    kind: 'plot-form',
    reason: 'types of the values in plots, their interpretation, and more axes or curves in ours',
    allows: (candidate, scene) => {
      if (candidate.part !== 'plot') return false;
      if (candidate.aspect === 'type' || candidate.attribute === 'interpretation') return !scene.isOurs;
      const isField = !isPlot(candidate.A ?? candidate.B) && isObjectOfOurs(candidate, scene);
      return isField || (candidate.attribute === 'axes' && isOurAddition(candidate, scene));
    },
  },
  {
    kind: 'plot-timer',
    reason: 'the 2021 writer plots a timer where nobody said what to plot, this program a counter',
    allows: (candidate, scene) =>
      candidate.part === 'plot' &&
      SIGNALS.has(candidate.attribute ?? '') &&
      TIMERS.has(String(attributeOf(candidate, scene.theirs, 'signal'))),
  },
  {
    kind: 'plot-order',
    reason: 'the same curves in another order',
    allows: (candidate) =>
      candidate.part === 'plot' &&
      (candidate.attribute === 'signal' || candidate.attribute === 'auxiliary_signals') &&
      curvesOf(candidate.A) === curvesOf(candidate.B),
  },
  {
    kind: 'mesh-axes',
    reason: 'the axes of a mesh are a line through its positions, and differ in the last bits',
    allows: ({ part, aspect, relative }) =>
      part === 'plot' && aspect === 'values' && relative !== undefined && relative < LAST_BITS,
  },
];

function isPlot(object: ObjectView | undefined): boolean {
  return object?.kind === 'group' && classOf(object) === 'NXdata';
}

function hasPlot(entry: GroupView): boolean {
  return entry.names().some((name) => {
    const child = entry.at(name);
    return child.kind === 'group' && isPlot(child);
  });
}

function attributeOf(candidate: Candidate, side: Side | undefined, name: string): unknown {
  return side === undefined ? undefined : candidate[side]?.attribute(name);
}

function curvesOf(plot: ObjectView | undefined): string {
  const names = [plot?.attribute('signal'), plot?.attribute('auxiliary_signals')].flat();
  return names.map(String).sort().join('\0');
}
