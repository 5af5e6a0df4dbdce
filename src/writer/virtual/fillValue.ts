import { refuse } from './refusal.js';

/** IV.A.2.f, version 3: version, flags, and if the value is defined its size (4 bytes) and itself. */
const FLAGS_AT = 1;
const SIZE_AT = 2;
const VALUE_AT = 6;
const IS_UNDEFINED = 0x10;
const IS_DEFINED = 0x20;

/** The message with another value: one element, little-endian. A message without a value means 0. */
export function fillValueMessage(message: Buffer, value: Uint8Array): Buffer {
  const flags = message[FLAGS_AT] ?? 0;
  if (message[0] !== 3 || (flags & IS_UNDEFINED) !== 0) refuse('a dataset has an unknown kind of fill value');
  const changed = Buffer.alloc(VALUE_AT + value.length);
  changed[0] = 3;
  changed[FLAGS_AT] = flags | IS_DEFINED;
  changed.writeUInt32LE(value.length, SIZE_AT);
  changed.set(value, VALUE_AT);
  return changed;
}
