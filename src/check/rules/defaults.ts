import { classOf, type GroupView, type ObjectView, type Reached } from '../../reading/index.js';
import { childrenOfClass, isEntry, problem, type Rule } from './rule.js';

/** `default` leads from the root to the scan and from there to a plot, which silx and h5web show first (LAYOUT 2.3). */
export const defaults: Rule = {
  name: 'default',
  *check(object) {
    if (object.kind !== 'group') return;
    const name = object.attribute('default');
    if (typeof name !== 'string') {
      if (!object.attributeNames.includes('default') && hasPlotsWithoutDefault(object)) {
        const sentence = 'There is a plot, but no default: silx and h5web show none when the scan is chosen.';
        yield problem('note', object.path, sentence);
      }
      return;
    }
    if (classOf(object) === 'NXdata') return;
    const target = object.at(name);
    if (target.kind === 'broken') {
      const why = `The default "${name}" leads nowhere (${target.reason})`;
      yield problem('error', object.path, `${why}: silx shows an error instead of the plot, h5web no plot.`);
      return;
    }
    const wrong = notAPlot(object, target);
    if (wrong === undefined) return;
    yield problem('warning', object.path, `The default "${name}" ${wrong}: silx and h5web show no plot.`);
  },
};

function hasPlotsWithoutDefault(object: GroupView): boolean {
  return isEntry(object) && childrenOfClass(object, 'NXdata').length > 0;
}

/** Why a default shows no plot; undefined when it does, or when the fault is further down and reported there. */
function notAPlot(from: ObjectView, target: Reached): string | undefined {
  const start = placeOf(from);
  const seen = new Set<string>();
  let here = target;
  while (here.kind === 'group' && classOf(here) !== 'NXdata' && !seen.has(placeOf(here))) {
    if (placeOf(here) === start) return 'leads round in a circle';
    seen.add(placeOf(here));
    const next = here.attribute('default');
    if (typeof next !== 'string') break;
    here = here.at(next);
  }
  if (target.kind === 'dataset' || target.kind === 'other') return 'is no group';
  if (target.kind === 'broken' || here !== target) return undefined;
  const nxClass = classOf(target);
  // A scan without a plot has no default.
  if (nxClass === 'NXdata' || nxClass === 'NXentry' || target.attributeNames.includes('default'))
    return undefined;
  return nxClass === undefined
    ? 'is a group without a class, not an NXdata'
    : `is an ${nxClass}, not an NXdata`;
}

function placeOf(object: ObjectView): string {
  return `${object.file}::${object.path}`;
}
