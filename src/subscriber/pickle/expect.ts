import { UnpickleError } from './errors.js';
import { PythonTuple, type PythonValue } from './python.js';

/*
 * What a constructor's argument must be. Each throws `UnpickleError` (`type`) when it is something else.
 */

/** Text; bytes count as Latin-1 because Python 2 had no difference. */
export function expectText(value: PythonValue | undefined): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return latin1Text(value);
  throw new UnpickleError('type', 'a text is expected where there is none');
}

/** An integer that a double holds exactly. */
export function expectInteger(value: PythonValue | undefined): number {
  const integer = typeof value === 'bigint' ? Number(value) : NaN;
  if (Number.isSafeInteger(integer)) return integer;
  throw new UnpickleError('type', 'an integer is expected where there is none');
}

/** Bytes, without a copy; text counts as Latin-1 because that is how protocols 0 to 2 and Python 2 write bytes. */
export function expectBytes(value: PythonValue | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return latin1Bytes(value);
  throw new UnpickleError('type', 'bytes are expected where there are none');
}

/** The elements of a tuple or list. */
export function expectSequence(value: PythonValue | undefined): readonly PythonValue[] {
  const items = sequenceOf(value);
  if (items !== undefined) return items;
  throw new UnpickleError('type', 'a tuple or list is expected where there is none');
}

export function sequenceOf(value: PythonValue | undefined): readonly PythonValue[] | undefined {
  if (value instanceof PythonTuple) return value.items;
  return Array.isArray(value) ? value : undefined;
}

export function latin1Bytes(text: string): Uint8Array {
  if (/[^\u0000-\u00ff]/.test(text)) {
    throw new UnpickleError('text', 'bytes that are written as text hold a character over 255');
  }
  return Buffer.from(text, 'latin1');
}

export function latin1Text(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('latin1');
}

/** The same memory with the methods of Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
