import { joined, type DatasetView, type GroupView } from '../../reading/index.js';
import { groupAt, isEntry, problem, severityOfAbsence, type Problem, type Rule } from './rule.js';

/** The columns of the scan, from which PyMca and most pipelines at the ESRF take their data (LAYOUT 0.3, 0.7, 2.2). */
export const measurement: Rule = {
  name: 'measurement',
  *check(object) {
    if (!isEntry(object)) return;
    const group = groupAt(object, 'measurement');
    if (group === undefined) {
      const breaks = 'PyMca lists the default plot instead of all counters, and pipelines find no data';
      yield problem(severityOfAbsence(object), object.path, `There is no group measurement: ${breaks}.`);
      return;
    }
    const lengths = new Map<number, number>();
    for (const name of group.names()) {
      const column = group.at(name);
      const at = joined(group.path, name);
      if (column.kind === 'broken') continue;
      if (column.kind !== 'dataset') {
        yield problem('note', at, 'It is a group: PyMca lists datasets only.');
        continue;
      }
      yield* columnProblems(at, column);
      const rows = column.shape?.[0];
      if (rows !== undefined) lengths.set(rows, (lengths.get(rows) ?? 0) + 1);
    }
    if (lengths.size > 1) yield unequal(group, lengths);
  },
};

function* columnProblems(path: string, { values, shape }: DatasetView): Generator<Problem> {
  if (values === 'text') {
    yield problem('note', path, 'The column holds text: PyMca does not list it.');
  } else if (shape === null) {
    yield problem('warning', path, 'The column has no values: PyMca lists it and cannot plot it.');
  } else if (values === 'other') {
    const what = 'The column holds neither numbers nor text';
    yield problem('warning', path, `${what}: PyMca cannot plot it.`);
  } else if (shape.length === 0) {
    const breaks = 'PyMca cannot plot it against a motor, and silx draws no curve';
    yield problem('warning', path, `The column is a single value without a dimension for points: ${breaks}.`);
  }
}

function unequal(group: GroupView, lengths: ReadonlyMap<number, number>): Problem {
  const shown = [...lengths].sort(([a], [b]) => a - b).slice(0, 5);
  const list = shown.map(([rows, columns]) => `${columns} with ${rows}`).join(', ');
  const sentence = `The columns differ in length (${list} points): PyMca cuts curves to the shorter column.`;
  return problem('note', group.path, sentence);
}
