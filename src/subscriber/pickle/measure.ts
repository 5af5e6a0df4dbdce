import { UnpickleError } from './errors.js';
import type { UnpickleLimits } from './limits.js';
import { NdArray } from './numpyArray.js';
import { PythonDateTime, PythonObject, PythonTime, PythonTuple, type PythonValue } from './python.js';

/** What `value` holds; undefined when it holds nothing or is a leaf. */
function childrenOf(value: PythonValue): readonly PythonValue[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return value;
  if (value instanceof PythonTuple) return value.items;
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  if (value instanceof Set) return [...value];
  if (value instanceof PythonObject) return childrenOfObject(value);
  if (value instanceof NdArray) return value.items;
  if (value instanceof PythonDateTime) return [value.time.zone];
  return value instanceof PythonTime ? [value.zone] : undefined;
}

function childrenOfObject({ args, kwargs, state, items, entries }: PythonObject): readonly PythonValue[] {
  return [args, kwargs, state, items ?? null, entries ?? null];
}

interface Visit {
  readonly value: PythonValue;
  readonly children: readonly PythonValue[];
  next: number;
  /** Values below and including this one, each time they can be reached. */
  nodes: number;
  /** Containers below this one. */
  height: number;
}

/**
 * Throws `UnpickleError` (`limit`) when a result is deeper or, with its shared parts expanded, larger than allowed.
 * The opcodes alone do not tell: a tuple around the last tuple never deepens the machine's stack, and ten lists of
 * ten references to each other are a billion values. Visits each container once; a cycle counts where it closes, an
 * empty container is no level.
 */
export function checkSize(root: PythonValue, limits: UnpickleLimits): void {
  const measured = new Map<PythonValue, Visit>();
  const open = new Set<PythonValue>();
  const path: Visit[] = [];

  const enter = (value: PythonValue): boolean => {
    const children = childrenOf(value);
    if (children === undefined || children.length === 0 || open.has(value)) return false;
    if (path.length >= limits.depth) throw tooDeep();
    path.push({ value, children, next: 0, nodes: 1, height: 0 });
    open.add(value);
    return true;
  };
  const add = (visit: Visit, nodes: number, height: number): void => {
    visit.nodes += nodes;
    visit.height = Math.max(visit.height, height);
    if (visit.nodes > limits.nodes) throw new UnpickleError('limit', 'it holds too many values');
    if (path.length + visit.height > limits.depth) throw tooDeep();
  };

  enter(root);
  for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
    const child = visit.children[visit.next++];
    if (child === undefined) {
      path.pop();
      open.delete(visit.value);
      measured.set(visit.value, visit);
      const parent = path.at(-1);
      if (parent !== undefined) add(parent, visit.nodes, visit.height + 1);
    } else if (typeof child !== 'object' || child === null) {
      add(visit, 1, 0);
    } else {
      const known = measured.get(child);
      if (known !== undefined) add(visit, known.nodes, known.height + 1);
      else if (!enter(child)) add(visit, 1, 0);
    }
  }
}

function tooDeep(): UnpickleError {
  return new UnpickleError('limit', 'its containers are nested too deep');
}
