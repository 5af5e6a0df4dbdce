import { classOf, type DatasetView, type GroupView } from '../../reading/index.js';
import { axesProblems } from './axes.js';
import { otherShape, textsOf, whoShowsNone, whyNoNumbers } from './fields.js';
import { problem, type Problem, type Rule } from './rule.js';

const NO_PLOT = 'silx and h5web show no plot';

/** NXdata: its signal, what is plotted with it and against what (LAYOUT 2.3, 2.4; silx 1.1 was tried). */
export const plots: Rule = {
  name: 'plot',
  *check(object) {
    if (object.kind !== 'group' || classOf(object) !== 'NXdata') return;
    const name = signalOf(object);
    if (name === undefined) {
      yield problem('error', object.path, `The NXdata has no attribute signal that is one text: ${NO_PLOT}.`);
      return;
    }
    const signal = object.at(name);
    const wrong = whyNoNumbers(signal);
    if (wrong !== undefined || signal.kind !== 'dataset') {
      yield problem(
        'error',
        object.path,
        `The signal "${name}" ${wrong ?? ''}: ${whoShowsNone(signal)} no plot.`,
      );
      return;
    }
    yield* signalProblems(object, name, signal);
    yield* axesProblems(object, signal);
  },
};

/** The older way, which silx still reads, is a mark on the dataset. */
function signalOf(group: GroupView): string | undefined {
  if (group.attributeNames.includes('signal')) {
    const signal = group.attribute('signal');
    return typeof signal === 'string' ? signal : undefined;
  }
  return group.names().find((name) => {
    const child = group.at(name);
    return child.kind === 'dataset' && child.attributeNames.includes('signal');
  });
}

function* signalProblems(group: GroupView, name: string, signal: DatasetView): Generator<Problem> {
  if (signal.shape?.length === 0) {
    yield problem('warning', group.path, `The signal "${name}" is a single value: ${NO_PLOT}.`);
  }
  if (signal.attribute('interpretation') === 'scalar' || group.attribute('interpretation') === 'scalar') {
    const breaks = 'silx 1.1 draws a scatter instead of a curve';
    yield problem('warning', group.path, `The signal "${name}" has the interpretation "scalar": ${breaks}.`);
  }
  for (const auxiliary of textsOf(group.attribute('auxiliary_signals'))) {
    const field = group.at(auxiliary);
    const wrong = field.kind === 'dataset' ? otherShape(field, signal) : whyNoNumbers(field);
    if (wrong === undefined) continue;
    yield problem(
      'error',
      group.path,
      `The auxiliary signal "${auxiliary}" ${wrong}: silx shows no plot at all.`,
    );
  }
  for (const errors of ['errors', `${name}_errors`]) {
    const field = group.has(errors) ? group.at(errors) : undefined;
    const wrong = field?.kind === 'dataset' ? otherShape(field, signal) : undefined;
    if (wrong !== undefined) yield problem('error', group.path, `"${errors}" ${wrong}: silx shows no plot.`);
  }
}
