import path from 'node:path';
import type { Severity } from '../finding.js';
import {
  classOf,
  joined,
  namesOf,
  type Broken,
  type GroupView,
  type SymbolicLink,
} from '../../reading/index.js';
import { plottedNames } from './fields.js';
import { isEntry, isRoot, problem, type Rule } from './rule.js';

/** Links that lead nowhere or in circles (LAYOUT 0.12, 2.2; the circles were tried with PyMca 5.8 and h5py 3.7). */
export const links: Rule = {
  name: 'link',
  *check(object) {
    if (object.kind !== 'group') return;
    // What a plot names is looked at with the plot.
    const plotted = classOf(object) === 'NXdata' ? plottedNames(object) : undefined;
    for (const name of object.names()) {
      const link = object.link(name);
      if (link.kind === 'hard' || plotted?.has(name) === true) continue;
      const reached = object.at(name);
      if (reached.kind !== 'broken') continue;
      const [severity, breaks] = consequence(object, link, reached);
      const what = `The link leads nowhere (${reached.reason})`;
      yield problem(severity, joined(object.path, name), `${what}: ${breaks}.`);
    }
  },
};

function consequence(group: GroupView, link: SymbolicLink, { why }: Broken): [Severity, string] {
  const names = namesOf(group.path);
  const place = names.at(-1);
  // A circle through other files is to h5py the same as a file that is missing.
  const isCircle = why === 'circle' && link.kind === 'soft';
  if (isRoot(group)) {
    if (isCircle) return ['error', 'PyMca cannot list the scans of the file'];
    return ['error', 'no reader opens this scan, and PyMca shows the others by number, not by time'];
  }
  const isRead = isEntry(group) || place === 'measurement' || place === 'positioners';
  if (isCircle && isRead) return ['error', 'PyMca cannot show the scan'];
  if (names.length === 3 && place === 'positioners') return ['error', 'PyMca shows no motor position at all'];
  if (names.length === 2 && place === 'measurement') return ['error', 'every reader lacks this column'];
  // Metadata may hold links that a user made; data in another file are lost when that file is.
  if (link.kind === 'external') return ['error', 'no reader finds these data'];
  return ['warning', 'h5py ends with an error when a program asks for it'];
}

/** Links that work here and break elsewhere. */
export const absoluteFiles: Rule = {
  name: 'absolute-file',
  *check(object) {
    const moved = 'it breaks for every reader when the files are moved or mounted elsewhere';
    if (object.kind === 'dataset') {
      const [first] = object.sources.filter(({ file }) => path.isAbsolute(file));
      if (first === undefined) return;
      yield problem(
        'note',
        object.path,
        `The virtual dataset names absolute files (${first.file}): ${moved}.`,
      );
    }
    if (object.kind !== 'group') return;
    for (const name of object.names()) {
      const link = object.link(name);
      if (link.kind !== 'external' || !path.isAbsolute(link.file)) continue;
      yield problem(
        'note',
        joined(object.path, name),
        `The link names an absolute file (${link.file}): ${moved}.`,
      );
    }
  },
};

/** The names in a master and in the files behind it (LAYOUT 0.9, 2.6). */
export const masterNames: Rule = {
  name: 'master-names',
  *check(object) {
    if (!isRoot(object)) return;
    const filesOf = new Map<string, Set<string>>();
    let others = 0;
    for (const name of object.names()) {
      const link = object.link(name);
      if (link.kind !== 'external') continue;
      const target = namesOf(link.target).join('/');
      filesOf.set(target, (filesOf.get(target) ?? new Set()).add(link.file));
      if (target !== name) others++;
    }
    for (const [target, files] of filesOf) {
      if (files.size < 2) continue;
      const what = `${files.size} links lead to scans that are all called "${target}" in their files`;
      const breaks = 'PyMca shows live time and calibration of the first for all of them';
      yield problem('warning', '/', `${what}: ${breaks}; open the files of the scans instead.`);
    }
    if (others === 0) return;
    const what = `Of the links, ${others} have another name than the scan in its own file`;
    yield problem('note', '/', `${what}: darfix looks for a scan by the name in its file.`);
  },
};
