import { joined, type DatasetView, type GroupView } from '../../reading/index.js';
import { groupAt, isEntry, problem, shapeText, type Problem, type Rule } from './rule.js';

/** What the writer says of its own work (docs/files.md, "How it ended"). */
export const writerWords: Rule = {
  name: 'writer',
  *check(object) {
    if (!isEntry(object)) return;
    const writer = groupAt(object, 'writer');
    if (writer === undefined) return;
    yield* statusProblems(writer);
    for (const table of ['channels', 'missing', 'manifest']) {
      const group = groupAt(writer, table);
      if (group !== undefined) yield* tableProblems(group);
    }
  },
};

const MEANING: Readonly<Record<string, string>> = {
  RUNNING: 'the scan is being written, or its writer was stopped',
  INCOMPLETE: 'points are missing, and writer/missing names them',
  ABANDONED: 'BLISS published no end of the scan',
  FAILED: 'the writer had an error',
};

function* statusProblems(writer: GroupView): Generator<Problem> {
  const status = textIn(writer, 'status');
  if (status === undefined || status === 'SUCCEEDED') return;
  const message = textIn(writer, 'message') ?? '';
  const meaning = MEANING[status] ?? 'what that means is up to the program that wrote it';
  const said = message === '' ? '' : ` ("${message.slice(0, 200)}")`;
  yield problem(
    'note',
    joined(writer.path, 'status'),
    `The status is "${status.slice(0, 40)}": ${meaning}${said}.`,
  );
}

function textIn(group: GroupView, name: string): string | undefined {
  const dataset = group.has(name) ? group.at(name) : undefined;
  return dataset?.kind === 'dataset' ? dataset.text() : undefined;
}

/** Tables are lists of equal length, one a column. */
function* tableProblems(group: GroupView): Generator<Problem> {
  const columns = group
    .names()
    .map((name) => group.at(name))
    .filter((column): column is DatasetView => column.kind === 'dataset');
  const shapes = new Set(columns.map(({ shape }) => shapeText(shape)));
  const isTable = columns.every(({ shape }) => shape?.length === 1);
  if (isTable && shapes.size <= 1) return;
  const what = `The lists do not have the same length (${[...shapes].slice(0, 5).join(', ')})`;
  yield problem(
    'error',
    group.path,
    `${what}: who reads them with h5py cannot tell which values belong together.`,
  );
}
