import { describe, expect, it } from 'vitest';
import { elements, isNumericArray, type InfoValue } from '../../../src/scan/index.js';
import { toInfo, unpickle } from '../../../src/subscriber/pickle/index.js';
import { assemble, bytes, call, integer, numpyArray, repeat, STOP, text, tuple } from './assemble.js';
import { CORPUS, pickleOf } from './corpus.js';

const infoOf = (name: string, protocol?: number): InfoValue => toInfo(unpickle(pickleOf(name, protocol)));
const infoOfParts = (...parts: (string | Uint8Array)[]): InfoValue =>
  toInfo(unpickle(assemble(...parts, STOP)));

describe('toInfo', () => {
  it('keeps numbers, text and the order of a scan_info', () => {
    const info = infoOf('bliss_scan_info') as Map<string, InfoValue>;
    expect([...info.keys()].slice(0, 4)).toEqual(['name', 'npoints', 'count_time', 'start']);
    expect(info.get('npoints')).toBe(10n);
    expect(info.get('count_time')).toBe(0.1);
    expect(info.get('start')).toEqual([0]);
    expect(info.get('start_time')).toEqual({
      kind: 'datetime',
      year: 2021,
      month: 7,
      day: 28,
      hour: 8,
      minute: 45,
      second: 9,
      microsecond: 99,
    });
    const instrument = info.get('instrument') as Map<string, Map<string, InfoValue>>;
    const current = instrument.get('machine')?.get('current');
    expect(current).toEqual({ dtype: 'float32', shape: [], bytes: expect.any(Uint8Array) as Uint8Array });
    expect(isNumericArray(current) && elements(current)).toEqual([190.5]);
  });

  it('writes keys that are no text as Python does', () => {
    const keys = [...(infoOf('dict_keys') as Map<string, InfoValue>).keys()];
    expect(keys).toEqual(['1', '(1, 2)', 'None', 'x', '2.5', '{1}']);
  });

  it('makes lists of tuples, lists, sets, deques and list subclasses', () => {
    for (const name of ['tuple_2', 'list_one', 'set', 'frozenset', 'deque', 'list_subclass']) {
      expect(infoOf(name)).toBeInstanceOf(Array);
    }
    expect(infoOf('list_subclass', 0)).toEqual([1n, 2n]);
  });

  it.each([0, 1, 2, 3, 4, 5])('makes dictionaries of all dict classes in protocol %i', (protocol) => {
    expect(infoOf('ordered_dict', protocol)).toEqual(new Map([['z', 1n], ['a', 2n]])); // prettier-ignore
    expect(infoOf('defaultdict', protocol)).toEqual(new Map([['a', [1n]]]));
    expect(infoOf('counter', protocol)).toEqual(new Map([['a', 2n], ['b', 1n]])); // prettier-ignore
    expect(infoOf('dict_subclass', protocol)).toEqual(new Map([['a', 1n]]));
  });

  it('makes a dictionary of the controller parameters of an image', () => {
    const start = assemble('cbliss.scanning.chain\nCompletedCtrlParamsDict\n)\x81');
    expect(infoOfParts(start)).toEqual(new Map());
    expect(infoOfParts(start, '(', text('exposure'), integer(3), 'u')).toEqual(new Map([['exposure', 3n]]));
  });

  it('writes dates, times and zones as ISO 8601', () => {
    expect(infoOf('datetime_utc')).toBe('2021-07-28T08:45:09.000001+00:00');
    expect(infoOf('datetime_zone')).toBe('2021-07-28T08:45:09+02:00');
    expect(infoOf('date')).toBe('2021-07-28');
    expect(infoOf('time')).toBe('01:02:03.000004');
    expect(infoOf('timedelta')).toBeCloseTo(-3 * 86_400 + 5 + 7e-6, 9);
  });

  it('keeps the numbers of numpy arrays and complex numbers', () => {
    const array = infoOf('array_fortran_3d');
    expect(array).toMatchObject({ dtype: 'uint16', shape: [2, 3, 4] });
    expect(isNumericArray(array) && elements(array).slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
    const complex = infoOf('complex');
    expect(isNumericArray(complex) && elements(complex)).toEqual([[3, -4.5]]);
    expect(infoOf('array_scalar_?')).toMatchObject({ dtype: 'bool', shape: [] });
  });

  it('writes numpy text, times and records as text in nested lists', () => {
    expect(infoOf('array_2d_U4')).toEqual(new Array(3).fill(['ab', 'é日', '😀', 'ab']).map((_, row) => [0, 1, 2, 3].map((column) => ['ab', 'é日', '😀'][(row * 4 + column) % 3]))); // prettier-ignore
    expect(infoOf('array_scalar_U4')).toBe('ab');
    expect(infoOf('array_0d_S5')).toBe('ab');
    expect(infoOf('array_empty_U4')).toEqual([]);
    expect(infoOf('array_scalar_M8[ns]')).toBe('1970-01-01T00:00:00.000000003');
    expect(infoOf('array_record_scalar')).toBe("(2, [0.0, 0.0], b'', (0, 0j))");
  });

  it('gives the objects of object arrays', () => {
    expect(infoOf('array_2d_O')).toEqual([
      [1n, 'a', null, [1n]],
      [new Map([['k', 2n]]), [3n], 1n, 'a'],
      [null, [1n], new Map([['k', 2n]]), [3n]],
    ]);
  });

  it('names classes and dtypes', () => {
    expect(infoOf('class_float64')).toBe('numpy.float64');
    expect(infoOf('class_int', 2)).toBe('builtins.int');
    expect(infoOf('dtype_>f8')).toBe('>f8');
  });

  it('keeps what an unknown object carried', () => {
    const opaque = (className: string, content: InfoValue): InfoValue => ({
      kind: 'opaque',
      className,
      content,
    });
    expect(infoOf('enum')).toEqual(opaque('somewhere.module.Color', 'RED'));
    expect(infoOfParts(call('bliss.scanning.scan', 'ScanState', integer(4)))).toEqual(
      opaque('bliss.scanning.scan.ScanState', 4n),
    );
    expect(infoOf('namedtuple')).toEqual(opaque('somewhere.module.Named', [1n, 2n]));
    expect(infoOf('object')).toEqual(
      opaque('somewhere.module.Thing', new Map<string, InfoValue>([
        ['a', 1n],
        ['b', opaque('somewhere.module.Thing', new Map([['c', 2n]]))],
      ])), // prettier-ignore
    );
    expect(infoOf('own_error')).toEqual(
      opaque('somewhere.module.MyError', new Map<string, InfoValue>([
        ['args', ['bad']],
        ['state', new Map([['code', 7n]])],
      ])), // prettier-ignore
    );
  });

  it('ends at a value that holds itself', () => {
    const recursion = { kind: 'opaque', className: 'recursion', content: null };
    expect(infoOf('recursive_list')).toEqual([recursion]);
    expect(infoOf('recursive_dict')).toEqual(new Map([['me', recursion]]));
  });

  it('holds no memory of the pickle', () => {
    const pickle = pickleOf('array_d');
    const info = toInfo(unpickle(pickle)) as { bytes: Uint8Array };
    expect(info.bytes.buffer).not.toBe(pickle.buffer);
    expect(info.bytes.buffer.byteLength).toBe(96);
    const content = toInfo(unpickle(pickleOf('bytes_all'))) as Uint8Array;
    expect(content.buffer.byteLength).toBe(256);
  });

  it('converts what is shared once', () => {
    const large = numpyArray(text('>f8'), tuple(integer(100_000)), bytes(Buffer.alloc(800_000)));
    const list = infoOfParts('](', large, 'q\x00', repeat('h\x00', 10_000), 'e') as InfoValue[];
    expect(list).toHaveLength(10_001);
    expect(new Set(list).size).toBe(1);
  });

  it('takes every value of the corpus', () => {
    for (const { name, pickle } of CORPUS) expect(() => toInfo(unpickle(pickle)), name).not.toThrow();
  });
});
