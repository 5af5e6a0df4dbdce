/** A pickle by hand: texts are Latin-1 (opcodes are characters), numbers single bytes. */
export function assemble(...parts: readonly (string | number | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(part, 'latin1');
      return typeof part === 'number' ? Buffer.from([part]) : part;
    }),
  );
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

export function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** BININT */
export function integer(value: number): Buffer {
  return assemble('J', int32(value));
}

/** BINUNICODE */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return assemble('X', uint32(bytes.length), bytes);
}

/** BINBYTES */
export function bytes(content: Uint8Array): Buffer {
  return assemble('B', uint32(content.length), content);
}

export function tuple(...items: readonly Uint8Array[]): Buffer {
  return assemble('(', ...items, 't');
}

/** GLOBAL, its arguments and REDUCE. */
export function call(module: string, name: string, ...args: readonly Uint8Array[]): Buffer {
  return assemble(`c${module}\n${name}\n`, tuple(...args), 'R');
}

export function numpyArray(dtype: Uint8Array, shape: Uint8Array, content: Uint8Array): Buffer {
  const empty = call(
    'numpy.core.multiarray',
    '_reconstruct',
    assemble('cnumpy\nndarray\n'),
    tuple(integer(0)),
  );
  return assemble(empty, tuple(integer(1), shape, dtype, assemble('\x89'), content), 'b');
}

export function repeat(part: string | Uint8Array, times: number): Buffer {
  const bytes = assemble(part);
  return Buffer.alloc(bytes.length * times, bytes);
}

export const STOP = '.';
