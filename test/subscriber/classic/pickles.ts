import { tmpdir } from 'node:os';
import path from 'node:path';
import { assemble, bytes, call, integer, numpyArray, STOP, text, tuple } from '../pickle/assemble.js';

/** Pickles as the publisher makes them (PROTOCOL 10), put together from the opcodes. */
export type Part = Buffer;

export const part = {
  none: assemble('N'),
  integer,
  text,
  tuple,
  boolean: (value: boolean): Part => assemble(value ? '\x88' : '\x89'),
  float(value: number): Part {
    const big = Buffer.alloc(8);
    big.writeDoubleBE(value);
    return assemble('G', big);
  },
  list: (...items: readonly Part[]): Part => assemble(']', '(', ...items, 'e'),
  dict: (entries: Readonly<Record<string, Part>>): Part =>
    assemble('}', '(', ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]), 'u'),
  /** `bliss.scanning.scan.ScanState(number)` */
  state: (number: number): Part => call('bliss.scanning.scan', 'ScanState', integer(number)),
  doubles: (values: readonly number[], shape: readonly number[] = [values.length]): Part =>
    numpyArray(DOUBLE, tuple(...shape.map(integer)), bytes(littleEndian(values))),
  double: (value: number): Part =>
    call('numpy.core.multiarray', 'scalar', DOUBLE, bytes(littleEndian([value]))),
};

const DOUBLE = call('numpy', 'dtype', text('<f8'), integer(0), integer(1));

export function pickle(value: Part): Buffer {
  return assemble(0x80, 3, value, STOP);
}

/** A file that would be there if a pickle had been run. */
export const HACKED = path.join(tmpdir(), 'scan-writer-was-hacked');

/** Runs a shell command where it is loaded by Python. */
export const EVIL = assemble('cos\nsystem\n', tuple(text(`touch ${HACKED}`)), 'R', STOP);

export const TRUNCATED = pickle(part.doubles([1, 2, 3])).subarray(0, 40);

function littleEndian(values: readonly number[]): Buffer {
  return Buffer.from(new Float64Array(values).buffer);
}
