import { describe, expect, it } from 'vitest';
import { ScanWriterError } from '../../../src/scan/index.js';
import type { NdArray, PythonDtype } from '../../../src/subscriber/pickle/index.js';
import {
  PythonGlobal,
  PythonObject,
  PythonTuple,
  unpickle,
  UnpickleError,
} from '../../../src/subscriber/pickle/index.js';
import { assemble, call, integer, numpyArray, STOP, text, tuple, uint32 } from './assemble.js';
import { pickleOf } from './corpus.js';

const NO_BYTES = Buffer.from([0x43, 0]);

describe('unpickle', () => {
  it.each([0, 1, 2, 3, 4, 5])('tells an int from a float in protocol %i', (protocol) => {
    expect(unpickle(pickleOf('int_2', protocol))).toBe(2n);
    expect(unpickle(pickleOf('float_2.0', protocol))).toBe(2);
  });

  it('tells a tuple from a list', () => {
    expect(unpickle(pickleOf('tuple_2'))).toEqual(new PythonTuple([0n, 1n]));
    expect(unpickle(pickleOf('list_one'))).toEqual([1n]);
  });

  it.each([3, 4, 5])('gives bytes and arrays as views on the pickle in protocol %i', (protocol) => {
    const pickle = pickleOf('array_d', protocol);
    const array = unpickle(pickle) as NdArray;
    expect(array.bytes.buffer).toBe(pickle.buffer);
    expect(array.bytes.byteOffset).toBeGreaterThan(pickle.byteOffset);
    const content = unpickle(pickleOf('bytes_all', protocol)) as Uint8Array;
    expect(content.buffer).toBe(pickleOf('bytes_all', protocol).buffer);
  });

  it('reads a Uint8Array that is no Buffer and begins inside its memory', () => {
    const pickle = pickleOf('bliss_scan_info');
    const memory = new Uint8Array(pickle.length + 7);
    memory.set(pickle, 7);
    expect(unpickle(memory.subarray(7))).toEqual(unpickle(pickle));
  });

  it('ignores what follows the end, as Python does', () => {
    expect(unpickle(assemble(integer(1), STOP, 'nonsense'))).toBe(1n);
  });

  it('keeps keys that mean something to JavaScript as keys', () => {
    const dict = unpickle(pickleOf('dict_javascript_names'));
    expect(dict).toBeInstanceOf(Map);
    expect([...(dict as Map<unknown, unknown>).keys()]).toContain('__proto__');
    expect(({} as Record<string, unknown>)['index']).toBeUndefined();
  });

  it('gives what is shared once', () => {
    const [first, second] = unpickle(pickleOf('array_shared')) as NdArray[];
    expect(first).toBe(second);
  });

  it('does not mix up dtypes that begin the same and differ by their state', () => {
    const start = call('numpy', 'dtype', text('f8'), assemble('\x89'), assemble('\x88'));
    const state = (order: string): Buffer =>
      assemble(
        tuple(
          integer(3),
          text(order),
          ...['N', 'N', 'N'].map((none) => assemble(none)),
          integer(-1),
          integer(-1),
          integer(0),
        ),
        'b',
      );
    const pickle = assemble('(', start, 'q\x01', state('>'), start, 'q\x02', state('<'), 'h\x01', 'l', STOP);
    const types = (unpickle(pickle) as PythonDtype[]).map(({ type }) => type.str);
    expect(types).toEqual(['>f8', '<f8', '>f8']);
    const next = unpickle(assemble(start, STOP)) as PythonDtype;
    expect(next.type.str).toBe('<f8');
  });

  it('transposes an array that numpy >= 2.1 pickled in axis order', () => {
    const shape = tuple(integer(2), integer(3));
    const content = assemble('\x96', Buffer.from([6, 0, 0, 0, 0, 0, 0, 0]), Buffer.from([0, 1, 2, 3, 4, 5]));
    const axes = tuple(integer(1), integer(0));
    const array = call('numpy._core.numeric', '_frombuffer', content, text('u1'), shape, text('K'), axes);
    const { shape: transposed, bytes } = unpickle(assemble(array, STOP)) as NdArray;
    expect(transposed).toEqual([3, 2]);
    expect([...bytes]).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it('gives an enum member by value and by name as a placeholder', () => {
    const byValue = call('bliss.scanning.scan', 'ScanState', integer(4));
    expect(unpickle(assemble(byValue, STOP))).toEqual(
      new PythonObject('bliss.scanning.scan.ScanState', new PythonTuple([4n])),
    );
    const byName = call('builtins', 'getattr', assemble('cbliss.scanning.scan\nScanState\n'), text('DONE'));
    expect(unpickle(assemble(byName, STOP))).toEqual(
      new PythonObject('bliss.scanning.scan.ScanState', new PythonTuple(['DONE'])),
    );
  });

  it('never runs anything: functions are names and calls are placeholders', () => {
    for (const [module, name] of [
      ['os', 'system'],
      ['posix', 'system'],
      ['builtins', 'eval'],
      ['__builtin__', 'exec'],
      ['builtins', '__import__'],
      ['subprocess', 'Popen'],
      ['__proto__', 'constructor'],
    ] as const) {
      const value = unpickle(assemble(call(module, name, text('touch x')), STOP));
      expect(value).toBeInstanceOf(PythonObject);
      expect((value as PythonObject).args.items).toEqual(['touch x']);
    }
    expect(unpickle(assemble('cos\nsystem\n.'))).toEqual(new PythonGlobal('os', 'system'));
  });

  it('reads what Python 2 writes', () => {
    expect(unpickle(assemble("S'it\\'s \\x41\\n\\101'\n", STOP))).toBe("it's A\nA");
    expect(unpickle(assemble('U\x02\xe9a', STOP))).toBe('éa');
    expect(unpickle(assemble('L-12345678901234567890L\n', STOP))).toBe(-12345678901234567890n);
    expect(unpickle(assemble('(imodule\nOld\n', STOP))).toEqual(
      new PythonObject('module.Old', new PythonTuple([])),
    );
  });

  it('throws one kind of error that says what and where', () => {
    const decode = (): unknown => unpickle(assemble(text('abc'), 'B', uint32(2 ** 32 - 1), STOP));
    expect(decode).toThrow(UnpickleError);
    expect(decode).toThrow(ScanWriterError);
    expect(decode).toThrow(
      expect.objectContaining({ tag: 'undecodable', code: 'truncated', offset: 13, retryable: false }),
    );
    expect(decode).toThrow('This pickle cannot be read: it ends in the middle of a value at byte 13.');
  });

  it('keeps the memory of one pickle out of the next', () => {
    const dtype = assemble(text('i4'));
    unpickle(assemble(numpyArray(dtype, tuple(integer(0)), NO_BYTES), 'q\x00', STOP));
    expect(() => unpickle(assemble('h\x00', STOP))).toThrow(UnpickleError);
  });
});
