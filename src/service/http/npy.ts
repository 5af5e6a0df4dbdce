import { hasNaN, type DType, type NumericArray } from '../../scan/index.js';

const MAGIC = Buffer.from('\x93NUMPY\x01\x00', 'latin1');
/** Of the header with all before it, so that the values are aligned. */
const ALIGNMENT = 64;

/** An array as a file of numpy (format version 1.0, `numpy.lib.format`). */
export function npy({ dtype, shape, bytes }: NumericArray): Uint8Array {
  const lengths = shape.length === 1 ? `${shape[0] ?? 0},` : shape.join(', ');
  const text = `{'descr': '${descriptorOf(dtype)}', 'fortran_order': False, 'shape': (${lengths}), }`;
  const used = MAGIC.length + 2 + text.length + 1;
  const header = Buffer.from(
    `${text}${' '.repeat((ALIGNMENT - (used % ALIGNMENT)) % ALIGNMENT)}\n`,
    'latin1',
  );
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  return Buffer.concat([MAGIC, length, header, bytes]);
}

/** `<f8`, `|u1`: how numpy names a type in files. */
export function descriptorOf(dtype: DType): string {
  const bits = Number(/\d+$/.exec(dtype)?.[0] ?? 8);
  const kind = dtype.startsWith('complex') ? 'c' : hasNaN(dtype) ? 'f' : dtype.startsWith('int') ? 'i' : 'u';
  if (dtype === 'bool') return '|b1';
  return `${bits === 8 ? '|' : '<'}${kind}${bits / 8}`;
}
