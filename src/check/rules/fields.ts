import type { DatasetView, GroupView, Reached } from '../../reading/index.js';
import { shapeText } from './rule.js';

/** Why nobody can plot a field; undefined when they can. */
export function whyNoNumbers(field: Reached): string | undefined {
  if (field.kind === 'broken') return `leads nowhere (${field.reason})`;
  if (field.kind !== 'dataset') return 'is no dataset';
  if (field.shape === null) return 'is a dataset without values';
  return field.values === 'number' || field.values === 'complex' ? undefined : 'holds no numbers';
}

/** silx minds what is missing or has another shape, h5web what is no number too. */
export function whoShowsNone(field: Reached): string {
  const isText = field.kind === 'dataset' && field.values !== 'number' && field.shape?.length === 1;
  return isText ? 'h5web shows' : 'silx and h5web show';
}

export function otherShape(field: DatasetView, signal: DatasetView): string | undefined {
  const [own, wanted] = [shapeText(field.shape), shapeText(signal.shape)];
  return own === wanted ? undefined : `has the shape ${own} and the signal ${wanted}`;
}

/** A list of texts, or one. */
export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}

/** Names of the fields that a plot names in its attributes. */
export function plottedNames(plot: GroupView): Set<string> {
  const attributes = ['signal', 'axes', 'auxiliary_signals'];
  return new Set(attributes.flatMap((name) => textsOf(plot.attribute(name))));
}
