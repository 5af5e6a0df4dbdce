import { UnpickleError } from './errors.js';
import { DEFAULT_LIMITS, type UnpickleLimits } from './limits.js';
import { PickleMachine } from './machine.js';
import { checkSize } from './measure.js';
import { execute } from './opcodes.js';
import type { PythonValue } from './python.js';

/**
 * The value of a Python pickle of protocols 0 to 5, as inert data: nothing is imported or executed. A few known
 * names (numpy, datetime, collections) become values, every other class a `PythonObject`. Bytes and numpy arrays
 * are views on `bytes`, so keeping one keeps them all. Bytes after the end are ignored, as Python does.
 *
 * Throws `UnpickleError` and nothing else. Source of the rules: CPython `Lib/pickle.py` and `Lib/pickletools.py`,
 * PROTOCOL 10.
 */
export function unpickle(bytes: Uint8Array, limits?: Partial<UnpickleLimits>): PythonValue {
  const allowed = limits === undefined ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, ...limits };
  if (bytes.byteLength > allowed.bytes) {
    throw new UnpickleError('limit', `it has ${bytes.byteLength} bytes, more than ${allowed.bytes}`, 0);
  }
  const machine = new PickleMachine(bytes, allowed);
  try {
    const value = run(machine);
    if (!isSmallTree(machine)) checkSize(value, allowed);
    return value;
  } catch (error) {
    if (error instanceof UnpickleError) throw error.at(machine.reader.offset);
    throw new UnpickleError('type', 'it makes no sense', machine.reader.offset, error);
  }
}

function run(machine: PickleMachine): PythonValue {
  const { reader } = machine;
  do {
    machine.spend(1);
  } while (!execute(machine, reader.uint8()));
  return machine.result();
}

/**
 * Without a container in two places, no opcode adds more than two values or two levels to the result: what took
 * few opcodes needs no measuring. Most events are so small.
 */
function isSmallTree({ operations, mayShare, limits }: PickleMachine): boolean {
  return !mayShare && 2 * operations < Math.min(limits.depth, limits.nodes);
}
