import type { Finding, Severity } from '../finding.js';
import { classOf, namesOf, type GroupView, type ObjectView } from '../../reading/index.js';

/** What a rule finds; who runs it adds its name. */
export type Problem = Omit<Finding, 'rule'>;

/** Looks at one object after the other. Rules know nothing of each other and read no files. */
export interface Rule {
  /** As in docs/checking.md. */
  readonly name: string;
  check(object: ObjectView, root: GroupView): Iterable<Problem>;
}

export function problem(severity: Severity, path: string, sentence: string): Problem {
  return { severity, path, sentence };
}

/** A scan: a child of the root that says so, or has what only scans have. */
export function isEntry(object: ObjectView): object is GroupView {
  if (object.kind !== 'group') return false;
  const names = namesOf(object.path);
  if (names.length !== 1) return false;
  const nxClass = classOf(object);
  if (nxClass !== undefined) return nxClass === 'NXentry';
  return object.has('measurement') || object.has('instrument') || /^\d+\.\d+/.test(names[0] ?? '');
}

/** What a scan should have is good to know of other entries, such as those of a detector's own files. */
export function severityOfAbsence(entry: GroupView): Severity {
  return /^\/\d+\.\d+/.test(entry.path) ? 'warning' : 'note';
}

export function isRoot(object: ObjectView): object is GroupView {
  return object.kind === 'group' && object.path === '/';
}

/** The group at a name or path below, however it is linked. */
export function groupAt(group: GroupView, path: string): GroupView | undefined {
  const reached = group.at(path);
  return reached.kind === 'group' ? reached : undefined;
}

/** The first group of PyMca's choice: of this class, directly below. */
export function childrenOfClass(group: GroupView, nxClass: string): GroupView[] {
  return group
    .names()
    .map((name) => group.at(name))
    .filter((child) => child.kind === 'group')
    .filter((child) => classOf(child) === nxClass);
}

/** `1 value`, `2 values`. */
export function counted(count: number, word: string, words = `${word}s`): string {
  return `${count} ${count === 1 ? word : words}`;
}

/** `[5, 1024]` as `5 x 1024`. */
export function shapeText(shape: readonly number[] | null): string {
  if (shape === null) return 'no value';
  return shape.length === 0 ? 'a single value' : shape.join(' x ');
}
