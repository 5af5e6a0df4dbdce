import { classOf, type ObjectView } from '../../reading/index.js';
import { isEntry, problem, type Rule } from './rule.js';

/** Attributes that are one text, with who needs them. `signal` is looked at with its plot. */
const TEXTS: Readonly<Record<string, string>> = {
  NX_class: 'silx does not know what the group is',
  default: 'silx finds no plot',
  interpretation: 'silx cannot tell spectra from images',
  units: 'silx and h5web cannot write it at an axis',
  long_name: 'silx and h5web cannot write it at an axis',
};

/** A list of one text is not a text: PyMca and silx compare it with one (LAYOUT 0.2). */
export const textAttributes: Rule = {
  name: 'text-attribute',
  *check(object) {
    for (const [name, breaks] of Object.entries(TEXTS)) {
      if (!object.attributeNames.includes(name)) continue;
      const value = object.attribute(name);
      if (typeof value === 'string') continue;
      const what = `Its attribute ${name} is ${Array.isArray(value) ? 'a list of texts' : 'no text'}`;
      if (name === 'NX_class' && isEntry(object)) {
        const pyMca = 'PyMca does not take it for a scan, and a click on it plots nothing';
        yield problem('error', object.path, `${what}: ${pyMca}.`);
      } else {
        yield problem(isNeeded(object, name) ? 'error' : 'warning', object.path, `${what}: ${breaks}.`);
      }
    }
  },
};

function isNeeded(object: ObjectView, attribute: string): boolean {
  if (attribute === 'default') return true;
  return attribute === 'NX_class' && classOf(object) === 'NXdata';
}

const MOST_ATTRIBUTES = 8;

export const attributeCount: Rule = {
  name: 'attribute-count',
  *check(object) {
    const count = object.attributeNames.length;
    if (count <= MOST_ATTRIBUTES) return;
    const breaks = 'where there are more than 8, h5py can fail to change one (h5py issue 1641)';
    yield problem('warning', object.path, `There are ${count} attributes: ${breaks}.`);
  },
};
