import { classNameOf, constructorOf } from './constructors.js';
import { UnpickleError } from './errors.js';
import { PythonGlobal, PythonObject, PythonTuple, type PythonValue } from './python.js';

/**
 * What a class or function makes of its arguments (REDUCE, NEWOBJ, INST, OBJ): the value of a known constructor,
 * and else a placeholder. Throws `UnpickleError` when the arguments of a known constructor contradict each other.
 */
export function instantiate(
  callable: PythonValue,
  args: PythonValue,
  kwargs: PythonValue = null,
): PythonValue {
  if (!(args instanceof PythonTuple)) throw new UnpickleError('type', 'a call has no tuple of arguments');
  if (callable instanceof PythonGlobal) {
    const known =
      callable.module === 'copyreg'
        ? fromCopyreg(callable.name, args.items)
        : constructorOf(callable)?.(args.items);
    if (known !== undefined) return known;
  }
  const object = new PythonObject(classNameOf(callable) ?? 'unknown', args);
  object.kwargs = kwargs;
  return object;
}

/** The functions that protocols 0 and 1 (and 2 and 3 for keyword arguments) call to make an object of any class. */
function fromCopyreg(name: string, args: readonly PythonValue[]): PythonValue | undefined {
  const [objectClass, ...others] = args;
  if (!(objectClass instanceof PythonGlobal)) return undefined;
  switch (name) {
    case '__newobj__':
      return instantiate(objectClass, new PythonTuple(others));
    case '__newobj_ex__':
      return instantiate(objectClass, others[0] ?? null, others[1]);
    case '_reconstructor':
      return reconstruct(objectClass, others[0], others[1] ?? null);
    default:
      return undefined;
  }
}

/** `_reconstructor(class, base, base(state))`: an object of a class that is derived from a builtin one. */
function reconstruct(
  objectClass: PythonGlobal,
  base: PythonValue | undefined,
  content: PythonValue,
): PythonValue {
  const baseName = base instanceof PythonGlobal ? base.fullName : undefined;
  if (baseName === 'builtins.dict' && content instanceof Map) {
    const made = instantiate(objectClass, new PythonTuple([]));
    if (!(made instanceof PythonObject)) return content;
    made.entries = content;
    return made;
  }
  const object = new PythonObject(objectClass.fullName, new PythonTuple(content === null ? [] : [content]));
  if (baseName !== 'builtins.list' || !Array.isArray(content)) return object;
  const list = new PythonObject(objectClass.fullName, new PythonTuple([]));
  list.items = content;
  return list;
}

/** The list that APPENDS fills. Throws `UnpickleError` (`type`) when there is none. */
export function itemsToExtend(target: PythonValue): PythonValue[] {
  if (Array.isArray(target)) return target;
  if (target instanceof PythonObject) return (target.items ??= []);
  throw new UnpickleError('type', 'items are appended to something that is no list');
}

/** The dictionary that SETITEMS fills. Throws `UnpickleError` (`type`) when there is none. */
export function entriesToExtend(target: PythonValue): Map<PythonValue, PythonValue> {
  if (target instanceof Map) return target;
  if (target instanceof PythonObject) return (target.entries ??= new Map<PythonValue, PythonValue>());
  throw new UnpickleError('type', 'entries are set in something that is no dictionary');
}

/** Lists and dictionaries cannot be keys in Python either. */
export function expectKey(value: PythonValue): PythonValue {
  if (Array.isArray(value) || value instanceof Map) {
    throw new UnpickleError('type', 'a key is a list or dictionary');
  }
  return value;
}
