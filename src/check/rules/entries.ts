import type { GroupView } from '../../reading/index.js';
import { isEntry, isRoot, problem, severityOfAbsence, type Problem, type Rule } from './rule.js';

/** What BLISS and the lists of readers take from each scan (LAYOUT 0.10, 2.1, 2.2). */
export const entries: Rule = {
  name: 'entry',
  *check(object) {
    if (isRoot(object)) yield* namesForBliss(object);
    if (!isEntry(object)) return;
    yield* titleProblems(object);
    yield* timeProblems(object, 'start_time');
    yield* timeProblems(object, 'end_time');
  },
};

const NUMBERED = /^\d+\.\d+/;
/** What Python's int() takes. */
const INTEGER = /^\s*[+-]?\d+(_\d+)*\s*$/;

/** Only in a file of BLISS with scans of its own: masters above have other names. */
function* namesForBliss(root: GroupView): Generator<Problem> {
  const makers = [root.attribute('creator'), root.attribute('publisher')];
  if (!makers.some((maker) => typeof maker === 'string' && maker.toLowerCase() === 'bliss')) return;
  const names = root.names();
  if (!names.some((name) => NUMBERED.test(name))) return;
  for (const name of names.filter((each) => !INTEGER.test(each.split('.')[0] ?? ''))) {
    const breaks = 'BLISS cannot find the last scan number in this file when Redis has forgotten it';
    yield problem('warning', `/${name}`, `The name does not begin with a scan number and a dot: ${breaks}.`);
  }
}

function* titleProblems(entry: GroupView): Generator<Problem> {
  const { path } = entry;
  if (!entry.has('title')) {
    const breaks = 'PyMca describes the scan by nothing and does not know the order of the motors of a mesh';
    yield problem(severityOfAbsence(entry), path, `The scan has no title: ${breaks}.`);
    return;
  }
  const title = entry.at('title');
  // A link that leads nowhere is reported as such.
  if (title.kind === 'broken' || (title.kind === 'dataset' && title.text() !== undefined)) return;
  const isNumber = title.kind === 'dataset' && title.shape?.length === 0 && title.values !== 'text';
  if (isNumber) yield problem('error', `${path}/title`, 'The title is no text: PyMca cannot show the scan.');
  else
    yield problem(
      'warning',
      `${path}/title`,
      'The title is not a single text: PyMca and silx do not show it.',
    );
}

/** With or without fractions of a second and zone. */
const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?$/;

function* timeProblems(entry: GroupView, name: 'start_time' | 'end_time'): Generator<Problem> {
  const path = `${entry.path}/${name}`;
  if (!entry.has(name)) {
    const isTold = entry.has('writer') || entry.has('end_reason');
    if (name === 'start_time') {
      const breaks = 'PyMca cannot put the scans in the order of time, and Larch needs it';
      yield problem(severityOfAbsence(entry), entry.path, `The scan has no start_time: ${breaks}.`);
    } else if (!isTold) {
      const sentence = 'The scan has no end_time: it still runs, or its writer was stopped before the end.';
      yield problem('note', entry.path, sentence);
    }
    return;
  }
  const time = entry.at(name);
  if (time.kind === 'broken') return;
  const text = time.kind === 'dataset' ? time.text() : undefined;
  if (text !== undefined && isIsoTime(text)) return;
  const what = text === undefined ? 'is not a single text' : `"${text.slice(0, 40)}" is not in ISO 8601`;
  const breaks = 'PyMca cannot put the scans in the order of time, and Larch needs it';
  const reason = name === 'start_time' ? breaks : 'pipelines that wait for the end of a scan cannot read it';
  yield problem('warning', path, `The time ${what}: ${reason}.`);
}

function isIsoTime(text: string): boolean {
  if (!ISO_8601.test(text)) return false;
  return !Number.isNaN(Date.parse(text.slice(0, 'yyyy-mm-ddThh:mm'.length)));
}
