import { dictOf, integerOf, lookUp, booleanOf, textOf, textsOf, type InfoDict } from '../scan/index.js';

/** One plot of a scan: which channels, and whether on the grid of a mesh. */
export interface PlotRequest {
  /** Name of the NXdata group. */
  readonly name: string;
  /** Full or short names of channels; empty for all detectors whose points have `ndim` dimensions. */
  readonly items: readonly string[];
  readonly ndim: number;
  readonly grid: boolean;
}

/** Signals of a plot that nobody asked for (LAYOUT 5.3 rule 6). */
export const MAX_DERIVED_SIGNALS = 30;

/**
 * The plots that users and the beamline's configuration asked for (LAYOUT 1.8): what Flint displays of the scan as
 * `plotselect`, then those of the technique; in a generic file one for all detectors of each dimension.
 */
export function plotRequests(info: InfoDict, generic: boolean): PlotRequest[] {
  if (generic) return [0, 1, 2].map((ndim) => ({ name: `plot${ndim}D`, items: [], ndim, grid: false }));
  const displayed = [
    textsOf(lookUp(info, '_display_extra', 'displayed_channels')),
    textsOf(lookUp(info, '_display_extra', 'plotselect')),
  ].find((names) => names.length > 0);
  const technique = dictOf(lookUp(info, 'nexuswriter', 'technique', 'plots'));
  return [
    ...(displayed === undefined ? [] : [{ name: 'plotselect', items: displayed, ndim: -1, grid: true }]),
    ...[...technique].map(([name, value]) => {
      const plot = dictOf(value);
      return {
        name,
        items: textsOf(plot.get('items')),
        ndim: integerOf(plot.get('ndim')) ?? -1,
        grid: booleanOf(plot.get('grid')) ?? false,
      };
    }),
  ];
}

/** The plot that the technique shows first. */
export function techniquePlotselect(info: InfoDict): string | undefined {
  const name = textOf(lookUp(info, 'nexuswriter', 'technique', 'plotselect'));
  return name === '' ? undefined : name;
}
