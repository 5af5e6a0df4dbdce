import { elementCount } from '../../scan/index.js';
import type { DatasetView, GroupView } from '../../reading/index.js';
import { textsOf, whoShowsNone, whyNoNumbers } from './fields.js';
import { counted, problem, shapeText, type Problem } from './rule.js';

/** Signals that have fewer axes than dimensions say with this how many they have (silx.io.nxdata). */
const AXES_OF: Readonly<Record<string, number>> = {
  scalar: 0,
  spectrum: 1,
  image: 2,
  'rgba-image': 2,
  vertex: 1,
};

/** The axes of a plot against the shape of its signal, as silx judges them. */
export function* axesProblems(group: GroupView, signal: DatasetView): Generator<Problem> {
  const error = (sentence: string): Problem => problem('error', group.path, sentence);
  if (!group.attributeNames.includes('axes')) return;
  const names = textsOf(group.attribute('axes'));
  if (names.length === 0) {
    yield error('The attribute axes holds no text: silx shows no plot.');
    return;
  }
  const shape = signal.shape ?? [];
  const miscounted = wrongCount(names.length, shape.length, group, signal);
  if (miscounted !== undefined) yield miscounted;
  const lengths: (number | undefined)[] = [];
  for (const name of names) {
    const axis = name === '.' ? undefined : group.at(name);
    const wrong = axis === undefined ? undefined : (whyNoNumbers(axis) ?? whyNoAxis(axis));
    if (axis !== undefined && wrong !== undefined) {
      yield error(`The axis "${name}" ${wrong}: ${whoShowsNone(axis)} no plot.`);
    }
    lengths.push(wrong === undefined && axis?.kind === 'dataset' ? axis.shape?.[0] : undefined);
  }
  // A point of a scatter for each value of the signal.
  const size = elementCount(shape);
  if (lengths.every((length) => length === undefined || length === size)) return;
  for (const [index, length] of lengths.entries()) {
    const expected = names.length === shape.length ? shape.slice(index, index + 1) : shape;
    const misfit = length === undefined ? undefined : wrongLength(length, expected, shape);
    if (misfit === undefined) continue;
    const [severity, breaks] = misfit;
    const values = counted(length ?? 0, 'value');
    const what = `The axis "${names[index] ?? ''}" has ${values} and the signal ${shapeText(shape)}`;
    yield problem(severity, group.path, `${what}: ${breaks}.`);
  }
}

function whyNoAxis(axis: ReturnType<GroupView['at']>): string | undefined {
  if (axis.kind !== 'dataset' || axis.shape?.length === 1) return undefined;
  return `has ${axis.shape?.length ?? 0} dimensions instead of one`;
}

function wrongCount(
  axes: number,
  dimensions: number,
  group: GroupView,
  signal: DatasetView,
): Problem | undefined {
  const what = `The signal has ${counted(dimensions, 'dimension')} and ${counted(axes, 'axis', 'axes')}`;
  if (axes > dimensions) {
    if (dimensions > 1) return problem('error', group.path, `${what}: silx shows no plot.`);
    if (axes < 3) return undefined;
    return problem('warning', group.path, `${what}: silx draws points against two axes at most.`);
  }
  if (axes === dimensions) return undefined;
  const interpretation = signal.attribute('interpretation') ?? group.attribute('interpretation');
  if (typeof interpretation === 'string' && AXES_OF[interpretation] === axes) return undefined;
  return problem(
    'error',
    group.path,
    `${what}: silx shows no plot. Write "." for a dimension without an axis.`,
  );
}

/** @param expected length of the axis' dimension, or of all where it is not known which one it is */
function wrongLength(
  length: number,
  expected: readonly number[],
  shape: readonly number[],
): ['error' | 'warning', string] | undefined {
  if (expected.includes(length)) return undefined;
  if (expected.includes(length - 1)) {
    return ['warning', 'silx shows no plot against the edges of bins'];
  }
  if (length === 1 || length === 2) {
    return ['warning', 'silx takes it for the offset and the step of an axis'];
  }
  if (shape.includes(length))
    return ['error', 'the length is that of another dimension, and silx draws no image'];
  return ['error', 'silx shows no plot'];
}
