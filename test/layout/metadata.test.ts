import { describe, expect, it } from 'vitest';
import { elements } from '../../src/scan/index.js';
import { ASCAN_CHAIN, channelOf, infoOf, type Plain } from '../support/scanInfo.js';
import type { TreeChecker } from '../support/treeChecker.js';
import { wholeFile } from './support.js';

/** The file of a scan that publishes these categories. */
function fileWith(categories: Record<string, Plain>, rest: Record<string, Plain> = {}): TreeChecker {
  const info = infoOf({
    ...ASCAN_CHAIN,
    scan_nb: 1n,
    title: 'ascan robx',
    positioners: { positioners_start: { robx: 1.0, roby: 2.0 } },
    nexuswriter: { instrument: 'id00' },
    scan_meta_categories: Object.keys(categories),
    ...categories,
    ...rest,
  });
  return wholeFile(info, undefined, () => true).file;
}

describe('published metadata', () => {
  it('becomes groups, datasets, attributes and links', () => {
    const file = fileWith({
      technique: {
        '@NX_class': 'NXprocess',
        '@version': 2n,
        xrf: { '@NX_class': 'NXsubentry', energy: 12.5, 'energy@units': 'keV', '>me': '.', '>up': '../robx' },
        plain: { a: 1n },
        none: null,
        list: [1n, 2n, 3n],
        mixed: [1n, 2.5],
        words: ['a', 'b'],
        odd: [1n, 'b', null],
        empty: [],
        flag: true,
      },
    });
    const at = (name: string) => file.at(`/1.1/technique${name}`);
    expect(at('').attributes).toEqual({ NX_class: 'NXprocess', version: 2 });
    expect(at('/xrf').attributes).toEqual({ NX_class: 'NXsubentry' });
    expect(at('/xrf/energy').attributes).toEqual({ units: 'keV' });
    expect(at('/plain').attributes).toEqual({ NX_class: 'NXcollection' });
    expect(file.target('/1.1/technique/xrf/me')).toBe('/1.1/technique/xrf');
    expect(file.target('/1.1/technique/xrf/up')).toBe('/1.1/technique/robx');
    expect(file.has('/1.1/technique/none')).toBe(false);
    expect(at('/list').operation).toMatchObject({ op: 'array', array: { dtype: 'int64', shape: [3] } });
    expect(at('/mixed').operation).toMatchObject({ op: 'array', array: { dtype: 'float64', shape: [2] } });
    expect(at('/words').operation).toMatchObject({ op: 'texts', values: ['a', 'b'] });
    expect(at('/odd').operation).toMatchObject({ op: 'texts', values: ['1', 'b', 'None'] });
    expect(at('/empty').operation).toMatchObject({ op: 'texts', values: [] });
    expect(at('/flag').operation).toMatchObject({ op: 'array', array: { dtype: 'bool', shape: [] } });
  });

  it('is only taken from the categories that are named, each once', () => {
    const file = fileWith(
      { mine: { a: 1n } },
      {
        other: { a: 1n },
        scan_meta_categories: ['mine', 'mine', 'absent', 5n, 'nexuswriter', 'positioners'],
      },
    );
    expect(file.has('/1.1/mine/a')).toBe(true);
    expect(file.has('/1.1/mine/a_2')).toBe(false);
    expect(file.names('/1.1')).not.toEqual(expect.arrayContaining(['other']));
    expect(file.names('/1.1')).not.toEqual(expect.arrayContaining(['nexuswriter']));
  });

  it('keeps whole numbers of any size', () => {
    const file = fileWith({ mine: { big: 2n ** 63n, huge: 2n ** 64n, negative: -(2n ** 63n) } });
    const { operation } = file.at('/1.1/mine/big');
    expect(operation.op === 'array' && elements(operation.array)).toEqual([2n ** 63n]);
    expect(file.at('/1.1/mine/negative').operation).toMatchObject({ array: { dtype: 'int64' } });
    expect(file.text('/1.1/mine/huge')).toBe(String(2n ** 64n));
  });

  it('of other classes is their text', () => {
    const opaque = { kind: 'opaque', className: 'a.B', content: null } as const;
    expect(fileWith({ mine: { opaque } }).text('/1.1/mine/opaque')).toBe('a.B()');
  });
});

describe('metadata merged into what is there', () => {
  it('adds to a group of ours and leaves its class', () => {
    const file = fileWith({
      instrument: {
        '@NX_class': 'NXhostile',
        '@note': 'x',
        machine: { '@NX_class': 'NXsource', current: 200.0 },
      },
    });
    expect(file.at('/1.1/instrument').attributes).toEqual({ NX_class: 'NXinstrument', note: 'x' });
    expect(file.at('/1.1/instrument/machine').attributes).toEqual({ NX_class: 'NXsource' });
  });

  it('never takes the place of a channel, a position or a link', () => {
    const file = fileWith({
      instrument: {
        diode1: { data: 'hostile', 'data@units': 'hostile', mode: 'x' },
        positioners: { robx: 'hostile', roby: 99.0 },
        name: 'hostile',
        robx: 5n,
      },
      measurement: { diode1: 'hostile', mine: 1n },
    });
    expect(file.at('/1.1/instrument/diode1/data').op).toBe('points');
    expect(file.at('/1.1/instrument/diode1/data').attributes).toEqual({});
    expect(file.text('/1.1/instrument/diode1/data_2')).toBe('hostile');
    expect(file.target('/1.1/instrument/positioners/robx')).toBe('/1.1/instrument/robx/value');
    expect(file.text('/1.1/instrument/positioners/robx_2')).toBe('hostile');
    expect(file.text('/1.1/instrument/name')).toBe('id00');
    expect(file.at('/1.1/instrument/robx').op).toBe('group');
    expect(file.has('/1.1/instrument/robx_2')).toBe(true);
    expect(file.target('/1.1/measurement/diode1')).toBe('/1.1/instrument/diode1/data');
    expect(file.has('/1.1/measurement/mine')).toBe(true);
  });

  it('never replaces the title of the entry', () => {
    const file = fileWith({ title: 'of both' });
    expect([file.text('/1.1/title'), file.text('/1.1/title_2')]).toEqual(['of both', 'of both']);
  });

  it.each(['start_time', 'end_time', 'end_reason', 'writer', 'instrument', 'measurement'])(
    'never replaces %s of the entry',
    (name) => {
      const rest = { start_timestamp: 1_700_000_000.25, end_timestamp: 1_700_000_050.0 };
      for (const hostile of ['hostile', { status: 'SUCCEEDED', '@NX_class': 'NXhostile' }]) {
        const file = fileWith({ [name]: hostile }, rest);
        expect(file.text('/1.1/title')).toBe('ascan robx');
        expect(file.text('/1.1/writer/program')).toBe('scan-writer');
        expect(file.text('/1.1/end_reason')).toBe('SUCCESS');
        expect(file.at('/1.1/instrument').attributes['NX_class']).toBe('NXinstrument');
        const classes = ['/1.1/measurement', '/1.1/writer'].map(
          (path) => file.at(path).attributes['NX_class'],
        );
        expect(classes).toEqual(['NXcollection', 'NXcollection']);
      }
    },
  );

  it('gives an attribute once, however many say it', () => {
    const file = fileWith(
      { sample: { '@a': 1n, 'b@NX_class': 'NXnote', b: { c: 1n } } },
      { scan_meta_categories: ['sample', 'sample'] },
    );
    expect(file.at('/1.1/sample').attributes).toEqual({ NX_class: 'NXcollection', a: 1 });
    expect(file.at('/1.1/sample/b').attributes).toEqual({ NX_class: 'NXnote' });
  });
});

describe('names that HDF5 cannot have', () => {
  it.each([
    ['a/b', 'a_b'],
    ['/', '_'],
    ['', '_'],
    ['.', '_'],
    ['..', '__'],
    ['nul\0nul', 'nul_nul'],
    ['lone \ud800 surrogate', 'lone \ufffd surrogate'],
  ])('%j becomes %j', (key, name) => {
    const file = fileWith({ mine: { [key]: 'value', deeper: [{ x: 1n }], deep: { [key]: 1n } } });
    expect(file.text(`/1.1/mine/${name}`)).toBe('value');
    expect(file.has(`/1.1/mine/deep/${name}`)).toBe(true);
    expect(
      fileWith({ [`c${key}`]: 'value' }).has(`/1.1/c${name}`) || key === '.' || key === '..' || key === '',
    ).toBe(true);
  });

  it('stay two when they become the same, also in what a device publishes', () => {
    const both = { 'a/b': 1n, a_b: 2n };
    const file = fileWith(
      { mine: both },
      {
        nexuswriter: {
          devices: { 'ctrl:diode1': { device_type: 'x', device_info: { nested: both, ...both } } },
        },
      },
    );
    for (const group of ['mine', 'instrument/diode1', 'instrument/diode1/nested']) {
      expect(file.names(`/1.1/${group}`)).toEqual(expect.arrayContaining(['a_b', 'a_b_2']));
    }
  });

  it('as links lead nowhere outside the file', () => {
    const file = fileWith({
      mine: { '>up': '../../../../x', '>bad': 'a\0b', '>no': 5n, '>': 'x', '>/': 'y' },
    });
    expect(file.target('/1.1/mine/up')).toBe('/x');
    expect(file.target('/1.1/mine/bad')).toBe('/1.1/mine/a_b');
    expect(file.names('/1.1/mine')).toEqual(['up', 'bad', '_']);
  });

  it('in channels are cleaned', () => {
    const info = infoOf({ scan_nb: 1n });
    const { file } = wholeFile(
      info,
      ['..', 'a/b', 'x\0y', ''].map((name) => channelOf(name)),
    );
    expect(file.names('/1.1/measurement')).toHaveLength(4);
  });
});
