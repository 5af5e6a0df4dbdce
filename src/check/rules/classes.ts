import { classOf, childrenOf, joined, type GroupView } from '../../reading/index.js';
import { childrenOfClass, isEntry, isRoot, problem, type Problem, type Rule } from './rule.js';

/** The classes by which readers find their way (LAYOUT 2.1, 2.8). */
export const classes: Rule = {
  name: 'class',
  *check(object) {
    if (isRoot(object) && classOf(object) !== 'NXroot') {
      yield problem('note', '/', 'The root has no NX_class NXroot: silx and h5web show a plain HDF5 file.');
    }
    if (!isEntry(object)) return;
    if (classOf(object) !== 'NXentry') {
      const breaks = 'PyMca shows a plain group without motors, and a click on it plots nothing';
      yield problem('error', object.path, `The scan has no NX_class NXentry: ${breaks}.`);
    }
    yield* namedGroups(object);
    if (childrenOfClass(object, 'NXinstrument').length > 1) {
      const sentence = 'There is more than one NXinstrument: PyMca looks for motors in the first only.';
      yield problem('warning', object.path, sentence);
    }
  },
};

function* namedGroups(entry: GroupView): Generator<Problem> {
  for (const [name, child] of childrenOf(entry)) {
    if (child.kind !== 'group') continue;
    const nxClass = classOf(child);
    const path = joined(entry.path, name);
    if (name === 'instrument' && nxClass !== 'NXinstrument') {
      yield problem('error', path, 'The group has no NX_class NXinstrument: PyMca finds no motor positions.');
    } else if (nxClass === undefined) {
      yield problem(
        'note',
        path,
        'The group has no NX_class: for silx and h5web it is a group without meaning.',
      );
    }
  }
}
