import { ByteReader } from './byteReader.js';
import { normalGlobal } from './constructors.js';
import { UnpickleError } from './errors.js';
import { entriesToExtend, expectKey, instantiate, itemsToExtend } from './instantiate.js';
import type { UnpickleLimits } from './limits.js';
import { NdArray, setArrayState, setDtypeState } from './numpyArray.js';
import type { PythonGlobal } from './python.js';
import { PythonDtype, PythonObject, PythonTuple, type PythonValue } from './python.js';

/** Names are shared between pickles since they are immutable and the same few come with every event. */
const globals = new Map<string, PythonGlobal>();
const MAX_GLOBALS = 512;

const MAX_NAME_LENGTH = 2048;

function globalOf(module: string, name: string): PythonGlobal {
  if (module.length + name.length > MAX_NAME_LENGTH) throw new UnpickleError('limit', 'a name is too long');
  const key = `${module}\n${name}`;
  const known = globals.get(key);
  if (known !== undefined) return known;
  const made = normalGlobal(module, name);
  if (globals.size < MAX_GLOBALS) globals.set(key, made);
  return made;
}

/**
 * What a constructor that goes through all of its arguments costs. Without it, a few opcodes that call one again and
 * again with the same large argument from the memo would run for hours.
 */
function costOfReading(args: PythonValue): number {
  if (!(args instanceof PythonTuple)) return 0;
  let cost = 0;
  for (const argument of args.items) {
    if (typeof argument === 'string' || argument instanceof Uint8Array) cost += argument.length >> 10;
    else if (Array.isArray(argument)) cost += argument.length;
    else if (argument instanceof PythonTuple) cost += argument.items.length;
    else if (argument instanceof Set) cost += argument.size;
  }
  return cost;
}

/** The stack, marks and memo of one pickle, and what the opcodes do to them. */
export class PickleMachine {
  readonly reader: ByteReader;
  readonly limits: UnpickleLimits;
  operations = 0;
  /** A container may stand in two places, so that the number of opcodes does not bound the size of the result. */
  mayShare = false;
  /** Values since the last mark. */
  #stack: PythonValue[] = [];
  /** The stacks before each mark that is open, as in CPython's `pickle.py`. */
  readonly #stacksBelow: PythonValue[][] = [];
  readonly #memo: (PythonValue | undefined)[] = [];

  constructor(bytes: Uint8Array, limits: UnpickleLimits) {
    this.reader = new ByteReader(bytes);
    this.limits = limits;
  }

  /** Counts work in units of opcodes. Throws `UnpickleError` (`limit`) when it is too much. */
  spend(operations: number): void {
    this.operations += operations;
    if (this.operations > this.limits.operations) {
      throw new UnpickleError('limit', 'it takes too many operations');
    }
  }

  push(value: PythonValue): void {
    this.#stack.push(value);
  }

  pop(): PythonValue {
    const value = this.#stack.pop();
    if (value === undefined) throw new UnpickleError('stack', 'an opcode needs a value that is not there');
    return value;
  }

  top(): PythonValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw new UnpickleError('stack', 'an opcode needs a value that is not there');
    return value;
  }

  mark(): void {
    if (this.#stacksBelow.length >= this.limits.marks)
      throw new UnpickleError('limit', 'it has too many marks');
    this.#stacksBelow.push(this.#stack);
    this.#stack = [];
  }

  /** The values since the last mark, which is removed. The caller owns the array. */
  popMark(): PythonValue[] {
    const below = this.#stacksBelow.pop();
    if (below === undefined) throw new UnpickleError('stack', 'an opcode needs a mark that is not there');
    const values = this.#stack;
    this.#stack = below;
    return values;
  }

  /** POP removes a mark when no value is above it. */
  discard(): void {
    if (this.#stack.pop() === undefined) this.popMark();
  }

  duplicate(): void {
    this.mayShare = true;
    this.push(this.top());
  }

  /** The one value that STOP leaves. */
  result(): PythonValue {
    const value = this.pop();
    if (this.#stack.length > 0 || this.#stacksBelow.length > 0) {
      throw new UnpickleError('stack', 'values are left over at the end');
    }
    return value;
  }

  memoize(): void {
    this.#memo.push(this.top());
  }

  /** Picklers number the memo consecutively, so an index over the number of opcodes is made up. */
  put(index: number): void {
    if (!(index >= 0 && index <= this.operations))
      throw new UnpickleError('limit', 'a memo index is out of order');
    while (this.#memo.length < index) this.#memo.push(undefined);
    this.#memo[index] = this.top();
  }

  get(index: number): void {
    const value = this.#memo[index];
    if (value === undefined)
      throw new UnpickleError('stack', 'an opcode needs a memo entry that is not there');
    if (typeof value === 'object') this.mayShare = true;
    this.push(value);
  }

  /** A memo index in decimal (protocol 0). */
  lineIndex(): number {
    const line = this.reader.line();
    if (!/^\d{1,10}$/.test(line)) throw new UnpickleError('number', 'a memo index is not written as one');
    return Number(line);
  }

  /** GLOBAL and INST: module and name in two lines. */
  lineGlobal(): PythonGlobal {
    const module = this.reader.line();
    return globalOf(module, this.reader.line());
  }

  stackGlobal(): void {
    const name = this.pop();
    const module = this.pop();
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw new UnpickleError('type', 'the name of a class or function is no text');
    }
    this.push(globalOf(module, name));
  }

  /** TUPLE1 to TUPLE3 take what is on top. */
  tuple(length: number): void {
    const third = length > 2 ? [this.pop()] : [];
    const second = length > 1 ? [this.pop()] : [];
    this.push(new PythonTuple([this.pop(), ...second, ...third]));
  }

  append(): void {
    const item = this.pop();
    itemsToExtend(this.top()).push(item);
  }

  extend(): void {
    const added = this.popMark();
    const items = itemsToExtend(this.top());
    for (const item of added) items.push(item);
  }

  setItem(): void {
    const value = this.pop();
    const key = this.pop();
    entriesToExtend(this.top()).set(expectKey(key), value);
  }

  setItems(keysAndValues: readonly PythonValue[]): void {
    const entries = entriesToExtend(this.top());
    for (let index = 0; index < keysAndValues.length; index += 2) {
      const [key, value] = [keysAndValues[index], keysAndValues[index + 1]];
      if (key === undefined || value === undefined) throw new UnpickleError('stack', 'a key has no value');
      entries.set(expectKey(key), value);
    }
  }

  addToSet(added: readonly PythonValue[]): void {
    const set = this.top();
    if (!(set instanceof Set))
      throw new UnpickleError('type', 'elements are added to something that is no set');
    for (const element of added) set.add(expectKey(element));
  }

  /** REDUCE and NEWOBJ; NEWOBJ_EX has keyword arguments as well. */
  call(kwargs: PythonValue = null): void {
    const args = this.pop();
    this.spend(costOfReading(args));
    this.push(instantiate(this.pop(), args, kwargs));
  }

  /** OBJ: the class is below its arguments. */
  callAfterMark(): void {
    const [callable, ...args] = this.popMark();
    if (callable === undefined) throw new UnpickleError('stack', 'an object has no class');
    this.push(instantiate(callable, new PythonTuple(args)));
  }

  /** Attributes of dict, list and set subclasses that became plain containers are dropped. */
  build(): void {
    const state = this.pop();
    const target = this.top();
    this.spend(costOfReading(state));
    if (target instanceof PythonDtype) setDtypeState(target, state);
    else if (target instanceof NdArray) setArrayState(target, state);
    else if (target instanceof PythonObject) target.state = state;
    else if (!Array.isArray(target) && !(target instanceof Map) && !(target instanceof Set)) {
      throw new UnpickleError('type', 'a state is set on a value that has none');
    }
  }
}
