import { describe, expect, it } from 'vitest';
import {
  toInfo,
  toPointData,
  unpickle,
  UnpickleError,
  type PythonValue,
  type UnpickleErrorCode,
  type UnpickleLimits,
} from '../../../src/subscriber/pickle/index.js';
import {
  assemble,
  bytes,
  call,
  int32,
  integer,
  numpyArray,
  repeat,
  STOP,
  text,
  tuple,
  uint32,
  uint64,
} from './assemble.js';
import { CORPUS } from './corpus.js';

/** The code of the error, which must be a deliberate one; undefined when there is a value. */
function codeOf(pickle: Uint8Array, limits?: Partial<UnpickleLimits>): UnpickleErrorCode | undefined {
  try {
    const value = unpickle(pickle, limits);
    toInfo(value);
    toPointData(value);
    return undefined;
  } catch (error) {
    if (!(error instanceof UnpickleError) || error.cause !== undefined) throw error;
    return error.code;
  }
}

const none = assemble('N');
const byteArray = (dtype: string, shape: Uint8Array, content: Uint8Array): Buffer =>
  assemble(numpyArray(text(dtype), shape, bytes(content)), STOP);
/** State of a record dtype, for BUILD. */
const recordState = (names: Uint8Array, fields: Uint8Array, size: number): Buffer =>
  tuple(integer(3), text('|'), none, names, fields, integer(size), integer(1), integer(0));

describe('a pickle that ends early', () => {
  it('is refused at every byte of every kind of value', () => {
    const whole = CORPUS.filter(({ name, pickle }) => pickle.length < 160 && !name.endsWith('(numpy 2)'));
    expect(whole.length).toBeGreaterThan(800);
    for (const { name, pickle } of whole) {
      for (let length = 0; length < pickle.length; length++) {
        const code = codeOf(pickle.subarray(0, length));
        if (code !== 'truncated') expect([name, length, code]).toEqual([name, length, 'truncated']);
      }
    }
  });
});

describe('a length that is made up', () => {
  it.each([
    ['BINBYTES', assemble('B', uint32(0xffffffff))],
    ['BINUNICODE', assemble('X', uint32(0xffffffff))],
    ['BINBYTES8', assemble(0x8e, uint64(2n ** 64n - 1n))],
    ['BINBYTES8 of 2^53', assemble(0x8e, uint64(2n ** 53n))],
    ['BINUNICODE8', assemble(0x8d, uint64(2n ** 63n))],
    ['BYTEARRAY8', assemble(0x96, uint64(2n ** 40n))],
    ['FRAME', assemble(0x95, uint64(2n ** 40n))],
  ])('is refused: %s', (_, start) => {
    expect(codeOf(assemble(start, 'abc', STOP))).toBe('truncated');
  });

  it.each([
    ['LONG4 negative', assemble(0x8b, int32(-1)), 'number'],
    ['BINSTRING negative', assemble('T', int32(-5)), 'number'],
    ['LONG4 huge', assemble(0x8b, int32(2 ** 31 - 1)), 'limit'],
    ['LONG4 of a megabyte', assemble(0x8b, int32(2 ** 20), Buffer.alloc(2 ** 20, 1)), 'limit'],
    ['LONG of many digits', assemble('L', '9'.repeat(100_000), 'L\n'), 'limit'],
    ['INT that is none', assemble('I12x\n'), 'number'],
    ['FLOAT that is none', assemble('F0x10\n'), 'number'],
  ] as const)('is refused: %s', (_, start, code) => {
    expect(codeOf(assemble(start, STOP))).toBe(code);
  });
});

describe('opcodes without what they need', () => {
  it.each([
    ['empty', '', 'truncated'],
    ['only STOP', '.', 'stack'],
    ['unknown opcode', '\xff.', 'opcode'],
    ['protocol 6', '\x80\x06N.', 'opcode'],
    ['TUPLE without mark', 'Nt.', 'stack'],
    ['TUPLE2 of one', 'N\x86.', 'stack'],
    ['values left over', 'NN.', 'stack'],
    ['mark left over', 'N(N.', 'stack'],
    ['DUP of nothing', '2.', 'stack'],
    ['POP of nothing', '0N.', 'stack'],
    ['GET of nothing', 'h\x07.', 'stack'],
    ['OBJ of nothing', '(o.', 'stack'],
    ['odd entries', '}(Nu.', 'stack'],
    ['memo index in words', 'Np12x\n.', 'number'],
    ['memo index negative', 'Np-1\n.', 'number'],
    ['append to None', 'NNa.', 'type'],
    ['append to a tuple', ')Na.', 'type'],
    ['entry in a list', ']NNs.', 'type'],
    ['element in a list', '](N\x90.', 'type'],
    ['list as key', '}]Ns.', 'type'],
    ['dict in a set', '\x8f(}\x90.', 'type'],
    ['state of None', 'NNb.', 'type'],
    ['arguments that are no tuple', 'cos\nsystem\nNR.', 'type'],
    ['global of numbers', 'K\x01K\x02\x93.', 'type'],
    ['persistent id', 'Pabc\n.', 'unsupported'],
    ['persistent id on the stack', 'NQ.', 'unsupported'],
    ['extension', '\x82\x01.', 'unsupported'],
    ['out-of-band buffer', '\x97.', 'unsupported'],
    ['text that is not UTF-8', 'X\x02\x00\x00\x00\xc3(.', 'text'],
    ['text that is longer than it need be', 'X\x02\x00\x00\x00\xc0\x80.', 'text'],
    ['string without quotes', 'Sabc\n.', 'text'],
  ] as const)('are refused: %s', (_, pickle, code) => {
    expect(codeOf(assemble(pickle))).toBe(code);
  });

  it.each([
    ['LONG_BINPUT of 2^31', assemble('Nr', uint32(2 ** 31)), 'limit'],
    ['LONG_BINPUT of 1000 in the third opcode', assemble('NNr', uint32(1000), '0'), 'limit'],
    ['PUT of 9999999999', assemble('Np9999999999\n'), 'limit'],
    ['LONG_BINGET of 2^31', assemble('j', uint32(2 ** 31)), 'stack'],
  ] as const)('are refused: %s', (_, start, code) => {
    expect(codeOf(assemble(start, STOP))).toBe(code);
  });
});

describe('a pickle that is small and its value large', () => {
  it('is refused when it nests lists', () => {
    expect(codeOf(assemble(repeat(']', 100_000), repeat('a', 99_999), STOP))).toBe('limit');
  });

  it('is refused when it nests tuples, which never deepens the stack', () => {
    expect(codeOf(assemble('N', repeat('\x85', 100_000), STOP))).toBe('limit');
  });

  it('is decoded up to the depth that is allowed', () => {
    expect(codeOf(assemble('N', repeat('\x85', 200), STOP))).toBeUndefined();
    expect(codeOf(assemble('N', repeat('\x85', 201), STOP))).toBe('limit');
    expect(codeOf(assemble('N', repeat('\x85', 21), STOP), { depth: 20 })).toBe('limit');
  });

  it('is refused when shared parts expand to billions ("billion laughs")', () => {
    const laughs = Array.from({ length: 40 }, (_, index) =>
      assemble('0(h', index, 'h', index, 'lq', index + 1),
    );
    expect(codeOf(assemble(']q\x00', ...laughs.slice(0, 10), STOP))).toBeUndefined();
    expect(codeOf(assemble(']q\x00', ...laughs, STOP))).toBe('limit');
  });

  it('is refused when DUP doubles it', () => {
    expect(codeOf(assemble('N', repeat('2\x86', 60), STOP))).toBe('limit');
  });

  it('is refused when marks or copies flood the stack', () => {
    expect(codeOf(assemble(repeat('(', 1_000_000), STOP))).toBe('limit');
    expect(codeOf(assemble('N', repeat('2', 3_000_000), STOP))).toBe('limit');
  });

  it('is refused when a few opcodes copy a large argument again and again', () => {
    const large = assemble('](', repeat('N', 100_000), 'e\x85q\x00');
    const copy = assemble('cbuiltins\nset\nh\x00R0');
    expect(codeOf(assemble(large, repeat(copy, 1000), STOP))).toBe('limit');
  });

  it('is refused when it has more bytes or opcodes than allowed', () => {
    expect(codeOf(assemble(bytes(Buffer.alloc(100)), STOP), { bytes: 100 })).toBe('limit');
    expect(codeOf(assemble(repeat('N0', 50), 'N', STOP), { operations: 100 })).toBe('limit');
    expect(codeOf(assemble('](', repeat('N', 50), 'e', STOP), { nodes: 50 })).toBe('limit');
  });
});

describe('a value that holds itself', () => {
  it.each(['recursive_list', 'recursive_dict', 'recursive_tuple', 'recursive_object'])('ends: %s', (name) => {
    for (const { pickle } of CORPUS.filter((candidate) => candidate.name === name)) {
      expect(codeOf(pickle)).toBeUndefined();
    }
  });

  it('ends as a key and as an element of an object array', () => {
    const inner = assemble(']q\x01', '(h\x01ta');
    const selfInTuple = assemble(inner, '\x85');
    expect(codeOf(assemble('}', selfInTuple, 'Ns', STOP))).toBeUndefined();
    const objects = numpyArray(text('O'), tuple(integer(1)), inner);
    expect(codeOf(assemble(objects, STOP))).toBeUndefined();
  });
});

describe('a numpy array that contradicts itself', () => {
  const eight = Buffer.alloc(8);
  it.each([
    ['too few bytes', byteArray('f8', tuple(integer(2)), eight), 'shape'],
    ['too many bytes', byteArray('u1', tuple(integer(7)), eight), 'shape'],
    ['negative length', byteArray('u1', tuple(integer(-8)), eight), 'shape'],
    ['two negative lengths', byteArray('u1', tuple(integer(-2), integer(-4)), eight), 'shape'],
    [
      'product over 2^53',
      byteArray('u1', tuple(...new Array<Buffer>(8).fill(integer(2 ** 30))), eight),
      'shape',
    ],
    [
      'product over 2^53 times 0',
      byteArray('u1', tuple(...new Array<Buffer>(8).fill(integer(2 ** 30)), integer(0)), Buffer.alloc(0)),
      'shape',
    ],
    [
      'too many dimensions',
      byteArray('u1', tuple(...new Array<Buffer>(65).fill(integer(1))), Buffer.alloc(1)),
      'shape',
    ],
    ['elements without bytes', byteArray('U0', tuple(integer(2 ** 30)), Buffer.alloc(0)), 'shape'],
    ['shape of text', byteArray('u1', text('8'), eight), 'type'],
    ['unknown dtype', byteArray('x8', tuple(integer(1)), eight), 'dtype'],
    ['size that numbers do not have', byteArray('f7', tuple(integer(1)), eight), 'dtype'],
    ['huge item size', byteArray('V9999999999', tuple(integer(1)), eight), 'dtype'],
    ['item size over a C int', byteArray('U2147483647', tuple(integer(0)), Buffer.alloc(0)), 'dtype'],
    ['__proto__ as dtype', byteArray('__proto__', tuple(integer(1)), eight), 'dtype'],
    ['constructor as dtype', byteArray('constructor', tuple(integer(1)), eight), 'dtype'],
    ['too few objects', assemble(numpyArray(text('O'), tuple(integer(3)), assemble('](NNe')), STOP), 'shape'],
    ['objects as bytes', byteArray('O', tuple(integer(1)), eight), 'type'],
  ] as const)('is refused: %s', (_, pickle, code) => {
    expect(codeOf(pickle)).toBe(code);
  });

  it('keeps its elements when the list of them grows afterwards', () => {
    const objects = numpyArray(text('O'), tuple(integer(1)), assemble(']q\x00Na'));
    const value = unpickle(assemble('(', objects, 'h\x00Nal', STOP));
    expect(toPointData((value as PythonValue[])[0] ?? null)).toMatchObject({ shape: [1], values: ['None'] });
  });

  it('is refused when a record has fields outside itself or more of them than bytes', () => {
    const start = call('numpy', 'dtype', text('V8'), assemble('\x89'), assemble('\x88'));
    const field = (offset: number): Buffer => tuple(text('i4'), integer(offset));
    const outside = recordState(tuple(text('a')), assemble('}', text('a'), field(6), 's'), 8);
    expect(codeOf(assemble(start, outside, 'b', STOP))).toBe('dtype');
    const inside = recordState(tuple(text('a')), assemble('}', text('a'), field(4), 's'), 8);
    expect(codeOf(assemble(start, inside, 'b', STOP))).toBeUndefined();
    // Each level has the level below twice at the same place.
    const levels = Array.from({ length: 15 }, (_, level) => {
      const below = level === 0 ? text('i4') : assemble('h', level);
      const fields = assemble(
        '}',
        ...['a', 'b'].map((name) => assemble(text(name), tuple(below, integer(0)), 's')),
      );
      return assemble(start, recordState(tuple(text('a'), text('b')), fields, 8), 'bq', level + 1, '0');
    });
    expect(codeOf(assemble(...levels, 'N', STOP))).toBe('dtype');
  });

  it('is refused when a subarray does not fill its item', () => {
    const start = call('numpy', 'dtype', text('V8'), assemble('\x89'), assemble('\x88'));
    const state = (length: number): Buffer =>
      tuple(
        integer(3),
        text('|'),
        tuple(text('i2'), tuple(integer(length))),
        none,
        none,
        integer(8),
        integer(2),
        integer(0),
      );
    expect(codeOf(assemble(start, state(4), 'b', STOP))).toBeUndefined();
    expect(codeOf(assemble(start, state(5), 'b', STOP))).toBe('dtype');
  });
});
