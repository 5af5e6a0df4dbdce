import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanName, shortNames, UniqueNames } from '../../src/layout/names.js';

const short = (...names: string[]): Record<string, string> => Object.fromEntries(shortNames(names));

describe('shortNames', () => {
  it('takes the shortest ending that no other name has', () => {
    expect(short('axis:robx', 'ctrl:diode1', 'ctrl:diode2')).toEqual({
      'axis:robx': 'robx',
      'ctrl:diode1': 'diode1',
      'ctrl:diode2': 'diode2',
    });
  });

  it('keeps as many parts as two names need to differ', () => {
    expect(short('simu1:roi1', 'simu2:roi1', 'x:cam:roi:sum', 'y:cam:roi:sum')).toEqual({
      'simu1:roi1': 'simu1:roi1',
      'simu2:roi1': 'simu2:roi1',
      'x:cam:roi:sum': 'x:cam:roi:sum',
      'y:cam:roi:sum': 'y:cam:roi:sum',
    });
  });

  it('lengthens the other when a name of one part (an alias) equals its ending', () => {
    expect(short('diode', 'ctrl:diode')).toEqual({ diode: 'diode', 'ctrl:diode': 'ctrl:diode' });
    expect(short('b:c', 'a:b:c', 'c')).toEqual({ 'b:c': 'b:c', 'a:b:c': 'a:b:c', c: 'c' });
  });

  it('takes a name that is listed twice once', () => {
    expect(short('axis:robx', 'axis:robx')).toEqual({ 'axis:robx': 'robx' });
  });

  it('always gives different endings of the names, in whole parts', () => {
    const part = fc.constantFrom('a', 'b', 'c');
    const fullName = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(':'));
    fc.assert(
      fc.property(fc.uniqueArray(fullName), (names) => {
        const endings = shortNames(names);
        expect(new Set(endings.values()).size).toBe(names.length);
        for (const [name, ending] of endings) expect(`:${name}`.endsWith(`:${ending}`)).toBe(true);
      }),
    );
  });

  it('is quick with thousands of channels that share an ending', () => {
    const names = Array.from({ length: 5_000 }, (_, n) => `ctrl${n}:value`);
    expect(shortNames(names).get('ctrl4999:value')).toBe('ctrl4999:value');
  });
});

describe('cleanName', () => {
  it.each([
    ['simu1:roi1', 'simu1_roi1'],
    ['a - b', 'a_b'],
    ['température', 'temp_rature'],
    ['', '_'],
    ['..', '_'],
    ['a/b\0c', 'a_b_c'],
    ['_ok_1', '_ok_1'],
  ])('makes of %j %j', (name, clean) => {
    expect(cleanName(name)).toBe(clean);
  });
});

describe('UniqueNames', () => {
  it('gives every name once and says so in the second', () => {
    const names = new UniqueNames(['title']);
    expect(['samx', 'samx', 'samx', 'title', 'samx_2'].map((name) => names.take(name))).toEqual([
      'samx',
      'samx_2',
      'samx_3',
      'title_2',
      'samx_2_2',
    ]);
  });

  it('gives out nothing that stands elsewhere', () => {
    expect(new UniqueNames().take('data', (name) => name === 'data')).toBe('data_2');
  });
});
