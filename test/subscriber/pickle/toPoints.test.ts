import { describe, expect, it } from 'vitest';
import { elements, type NumericArray } from '../../../src/scan/index.js';
import {
  NdArray,
  PythonGlobal,
  toPointData,
  toPointType,
  unpickle,
  type PointData,
} from '../../../src/subscriber/pickle/index.js';
import { pickleOf } from './corpus.js';

const pointsOf = (name: string, protocol?: number): PointData | undefined =>
  toPointData(unpickle(pickleOf(name, protocol)));

function numbersOf(name: string, protocol?: number): NumericArray {
  const points = pointsOf(name, protocol);
  if (points?.kind !== 'numbers') throw new Error(`${name} has no numbers`);
  return points.array;
}

function textsOf(name: string): string[] {
  const points = pointsOf(name);
  if (points?.kind !== 'texts') throw new Error(`${name} has no texts`);
  return points.values;
}

const RAMP = Array.from({ length: 12 }, (_, index) => index * 1.5 - 3);

describe('toPointData of numbers', () => {
  it.each([3, 4, 5])('is a view on the pickle in protocol %i', (protocol) => {
    for (const name of ['array_d', 'array_2d_i', 'array_scalar_f', 'array_0d_?']) {
      expect(numbersOf(name, protocol).bytes.buffer).toBe(pickleOf(name, protocol).buffer);
    }
  });

  it('keeps shape and dtype', () => {
    expect(numbersOf('array_2d_H')).toMatchObject({ dtype: 'uint16', shape: [3, 4] });
    expect(numbersOf('array_scalar_e')).toMatchObject({ dtype: 'float16', shape: [] });
    expect(numbersOf('array_empty_F')).toMatchObject({ dtype: 'complex64', shape: [0, 3] });
  });

  it.each([2, 3, 4, 5])('swaps big-endian elements in protocol %i', (protocol) => {
    expect(elements(numbersOf('array_>f4', protocol))).toEqual(RAMP);
    expect(elements(numbersOf('array_scalar_>i2', protocol))).toEqual([11]);
    expect(elements(numbersOf('array_>c8', protocol)).slice(0, 2)).toEqual([
      [-3, 0],
      [-1.5, 0],
    ]);
  });

  it('leaves the pickle as it is when it swaps', () => {
    const array = unpickle(pickleOf('array_>i4')) as NdArray;
    const before = Buffer.from(array.bytes);
    toPointData(array);
    expect(before.equals(array.bytes)).toBe(true);
  });

  it.each([2, 3, 4, 5])('turns Fortran order into C order in protocol %i', (protocol) => {
    const source = unpickle(pickleOf('array_fortran_d', protocol)) as NdArray;
    expect(source.isFortran).toBe(true);
    expect(elements(numbersOf('array_fortran_d', protocol))).toEqual(RAMP);
    expect(elements(numbersOf('array_fortran_3d', protocol))).toEqual([...new Array(24).keys()]);
    expect(elements(numbersOf('array_fortran_>f8', protocol))).toEqual(RAMP);
  });

  it('does not copy a Fortran array whose order is the same', () => {
    const array = new NdArray(
      'numpy.ndarray',
      false,
      (unpickle(pickleOf('array_d')) as NdArray).dtype,
      [1, 12],
    );
    array.bytes = (unpickle(pickleOf('array_d')) as NdArray).bytes;
    array.isFortran = true;
    const points = toPointData(array);
    expect(points?.kind === 'numbers' && points.array.bytes).toBe(array.bytes);
  });

  it('narrows long doubles', () => {
    for (const name of ['array_g', 'array_>f16', 'array_fortran_g']) {
      expect(numbersOf(name).dtype).toBe('float64');
      expect(elements(numbersOf(name))).toEqual(RAMP);
    }
    expect(numbersOf('array_G').dtype).toBe('complex128');
    expect(elements(numbersOf('array_G')).slice(0, 2)).toEqual([[-3, 0], [-1.5, 0]]); // prettier-ignore
    expect(elements(numbersOf('array_written_long_doubles'))).toEqual(
      elements(numbersOf('array_written_long_doubles_double')),
    );
  });

  it('takes the numbers of Python', () => {
    const numbers = (name: string): unknown => [
      numbersOf(name).dtype,
      numbersOf(name).shape,
      ...elements(numbersOf(name)),
    ];
    expect(numbers('True')).toEqual(['bool', [], true]);
    expect(numbers('int_2')).toEqual(['int64', [], 2n]);
    expect(numbers('int_-9223372036854775808')).toEqual(['int64', [], -(2n ** 63n)]);
    expect(numbers('int_9223372036854775808')).toEqual(['uint64', [], 2n ** 63n]);
    expect(numbers('float_2.0')).toEqual(['float64', [], 2]);
    expect(numbers('complex')).toEqual(['complex128', [], [3, -4.5]]);
    expect(pointsOf('int_-9223372036854775809')).toBeUndefined();
    expect(toPointData(2n ** 64n)).toBeUndefined();
  });
});

describe('toPointData of text', () => {
  it('takes str and bytes', () => {
    expect(pointsOf('str_emoji')).toEqual({ kind: 'texts', shape: [], values: ['😀x'] });
    expect(textsOf('bytes_ascii')).toEqual(['abc']);
    expect(toPointData(Buffer.from('é'))).toMatchObject({ values: ['é'] });
    expect(toPointData(Buffer.from([0xe9]))).toMatchObject({ values: ['é'] });
  });

  it('takes numpy text of every byte order without the NULs at its end', () => {
    expect(pointsOf('array_2d_U4')).toMatchObject({ kind: 'texts', shape: [3, 4] });
    for (const name of ['array_U4', 'array_>U4', 'array_fortran_U4', 'array_fortran_>U4']) {
      expect(textsOf(name).slice(0, 4)).toEqual(['ab', 'é日', '😀', 'ab']);
    }
    expect(textsOf('array_S5').slice(0, 3)).toEqual(['ab', 'cdefg', '']);
    expect(pointsOf('array_scalar_S5')).toEqual({ kind: 'texts', shape: [], values: ['ab'] });
  });

  it('writes the elements of object arrays as Python does', () => {
    expect(textsOf('array_O').slice(0, 6)).toEqual(['1', 'a', 'None', '[1]', "{'k': 2}", '(3,)']);
    expect(textsOf('array_fortran_O')).toEqual(textsOf('array_O'));
  });

  it('writes numbers and containers as Python does', () => {
    expect(textsOf('array_written_objects')).toEqual(textsOf('array_written_objects_text'));
    expect(textsOf('array_written_mixed')).toEqual(textsOf('array_written_mixed_text'));
  });

  it.each(['Y', 'M', 'W', 'D', 'h', 'm', 's', 'ms', 'us', 'ns', 'ps', '7D', '25s'])(
    'writes times in units of %s as numpy does',
    (unit) => {
      expect(textsOf(`array_written_${unit}`)).toEqual(textsOf(`array_written_${unit}_text`));
    },
  );

  it('writes times without a unit and durations', () => {
    expect(textsOf('array_M8[D]').slice(0, 2)).toEqual(['1970-01-01', '1970-01-02']);
    expect(textsOf('array_>M8[s]').at(-1)).toBe('1970-01-01T00:00:11');
    expect(textsOf('array_M8[25s]')[4]).toBe('1970-01-01T00:01:40');
    expect(textsOf('array_M8')[0]).toBe('NaT');
    expect(textsOf('array_m8[us]')[5]).toBe('5 us');
  });

  it('writes records as tuples', () => {
    expect(textsOf('array_records')[2]).toBe("(3, [0.0, 0.0], b'', (0, 0j))");
  });
});

describe('toPointData of anything else', () => {
  it.each(['None', 'dict_one', 'list_one', 'tuple_2', 'object', 'datetime_naive', 'class_int', 'dtype_d'])(
    'is undefined: %s',
    (name) => {
      expect(pointsOf(name)).toBeUndefined();
    },
  );
});

describe('toPointType', () => {
  it('takes dtype objects', () => {
    expect(toPointType(unpickle(pickleOf('dtype_?')))).toBe('bool');
    expect(toPointType(unpickle(pickleOf('dtype_>u2')))).toBe('uint16');
    expect(toPointType(unpickle(pickleOf('dtype_g')))).toBe('float64');
    expect(toPointType(unpickle(pickleOf('dtype_U4')))).toBe('text');
    expect(toPointType(unpickle(pickleOf('dtype_O')))).toBe('text');
    expect(toPointType(unpickle(pickleOf('dtype_M8[ns]')))).toBeUndefined();
    expect(toPointType(unpickle(pickleOf('dtype_subarray')))).toBeUndefined();
  });

  it.each([
    ['numpy', 'float64', 'float64'],
    ['numpy', 'bool_', 'bool'],
    ['numpy', 'longlong', 'int64'],
    ['numpy', 'str_', 'text'],
    ['numpy', 'clongdouble', 'complex128'],
    ['builtins', 'float', 'float64'],
    ['builtins', 'int', 'int64'],
    ['builtins', 'str', 'text'],
    ['builtins', 'bytes', 'text'],
    ['builtins', 'object', 'text'],
    ['numpy', 'ndarray', undefined],
    ['os', 'float', undefined],
    ['numpy', '__proto__', undefined],
  ])('takes classes: %s.%s', (module, name, expected) => {
    expect(toPointType(new PythonGlobal(module, name))).toBe(expected);
  });

  it.each([
    ['float64', 'float64'],
    ['<f8', 'float64'],
    ['>i2', 'int16'],
    ['|b1', 'bool'],
    ['?', 'bool'],
    ['int', 'int64'],
    ['str', 'text'],
    ['|S5', 'text'],
    ['M8[ns]', undefined],
    ['nonsense', undefined],
    ['', undefined],
    ['toString', undefined],
  ])('takes names: %s', (name, expected) => {
    expect(toPointType(name)).toBe(expected);
  });

  it('is undefined for what names no type', () => {
    for (const value of [null, 8n, 2.5, true, new Map(), []]) expect(toPointType(value)).toBeUndefined();
  });
});
