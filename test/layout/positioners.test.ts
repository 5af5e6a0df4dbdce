import { describe, expect, it } from 'vitest';
import { subScansOf } from '../../src/layout/chain.js';
import { elements } from '../../src/scan/index.js';
import { chainOf, channelOf, infoOf, type Plain } from '../support/scanInfo.js';
import type { TreeChecker } from '../support/treeChecker.js';
import { announced, reportOf, treeOf, wholeFile } from './support.js';

const positionersOf = (plain: Record<string, Plain>): string[][] =>
  subScansOf(infoOf(plain)).map(({ positioners }) => [...positioners]);

describe('which channels are positioners (LAYOUT 1.4)', () => {
  it('ascan: the motor, not the timer', () => {
    const devices = { axis: ['axis:robx'], timer: ['timer:elapsed_time', 'timer:epoch'], ct: ['c:diode'] };
    expect(positionersOf(chainOf({ axis: { devices } }))).toEqual([['axis:robx']]);
  });

  it('a2scan and mesh: both motors', () => {
    const devices = { axis: ['axis:robx', 'axis:roby'], timer: ['timer:elapsed_time'] };
    expect(positionersOf(chainOf({ axis: { devices } }))).toEqual([['axis:robx', 'axis:roby']]);
  });

  it('loopscan: the timer, which triggers', () => {
    const devices = { timer: ['timer:elapsed_time', 'timer:epoch'], ct: ['c:diode'] };
    expect(positionersOf(chainOf({ timer: { devices } }))).toEqual([['timer:elapsed_time', 'timer:epoch']]);
  });

  it('two top masters: each its own', () => {
    const chain = chainOf({
      t1: { devices: { t1: ['t1:elapsed_time'], c: ['c:a'] } },
      t2: { devices: { t2: ['t2:elapsed_time'], d: ['d:a'] } },
    });
    expect(positionersOf(chain)).toEqual([['t1:elapsed_time'], ['t2:elapsed_time']]);
  });

  it('never spectra and images of the triggering device', () => {
    const devices = { m: ['m:pos', 'm:spectrum', 'm:image'], c: ['c:a'] };
    const chain = chainOf({ m: { devices, spectra: ['m:spectrum'], images: ['m:image'] } });
    expect(positionersOf(chain)).toEqual([['m:pos']]);
    // Custom scans publish no `dim`: the lists of the chain tell.
    expect(positionersOf({ ...chain, channels: {} })).toEqual([['m:pos']]);
    expect(positionersOf({ ...chain, channels: { 'm:pos': { dim: 'one' }, 'm:image': 5n } })).toEqual([
      ['m:pos'],
    ]);
  });

  it('none where no device triggers another', () => {
    expect(positionersOf(chainOf({ m: { devices: { only: ['m:a'] } } }))).toEqual([[]]);
  });
});

describe('positions', () => {
  const positioners = {
    positioners_start: { robx: 1.5, roby: 2n, broken: 'ERR', none: null, 'a/b': 1.0, a_b: 2.0 },
    positioners_dial_start: { robx: 3.0 },
    positioners_end: { robx: 9.0, roby: 2.0 },
    positioners_dial_end: { robx: 10.0 },
    positioners_units: { robx: 'mm', broken: null },
  };
  const devices = { axis: ['axis:robx'], timer: ['timer:elapsed_time'] };
  const info = infoOf({ ...chainOf({ axis: { devices } }), positioners, scan_nb: 1n });

  const valueAt = (file: TreeChecker, name: string): unknown => {
    const { operation } = file.at(`/1.1/instrument/${name}`);
    return operation.op === 'array' ? elements(operation.array)[0] : operation.op;
  };

  it('are scalars but for scanned motors, which link to their points', () => {
    const { file } = wholeFile(info);
    expect(valueAt(file, 'positioners/roby')).toBe(2);
    expect(file.target('/1.1/instrument/positioners/robx')).toBe('/1.1/instrument/robx/value');
    expect(file.at('/1.1/instrument/robx').attributes).toEqual({ NX_class: 'NXpositioner' });
    expect(file.names('/1.1/instrument/positioners')).toHaveLength(5);
  });

  it('at start and end stand in groups of their own, with units', () => {
    const { file } = wholeFile(info);
    expect(valueAt(file, 'positioners_start/robx')).toBe(1.5);
    expect(file.at('/1.1/instrument/positioners_start/robx').attributes).toEqual({ units: 'mm' });
    expect(valueAt(file, 'positioners_dial_start/robx')).toBe(3);
    expect(valueAt(file, 'positioners_end/robx')).toBe(9);
    expect(valueAt(file, 'positioners_dial_end/robx')).toBe(10);
  });

  it('that could not be read are NaN and say why; None is left out', () => {
    const { file } = wholeFile(info);
    expect(valueAt(file, 'positioners/broken')).toBeNaN();
    expect(file.at('/1.1/instrument/positioners/broken').attributes).toEqual({ error: 'ERR' });
    expect(file.has('/1.1/instrument/positioners/none')).toBe(false);
  });

  it('of motors whose names only differ in a slash are both kept', () => {
    const { file } = wholeFile(info);
    expect(valueAt(file, 'positioners/a_b')).toBe(1);
    expect(valueAt(file, 'positioners/a_b_2')).toBe(2);
  });

  it('of a scanned motor without points are its start position, at the end', () => {
    const without = announced(info).filter(({ name }) => name !== 'axis:robx');
    const { file } = wholeFile(info, without);
    expect(valueAt(file, 'positioners/robx')).toBe(1.5);
  });

  it('are not linked before the first point', () => {
    const tree = treeOf(info);
    const motor = channelOf('axis:robx');
    const operations = [...tree.start(), ...tree.addChannel(motor)];
    expect(operations.filter(({ op }) => op === 'softLink')).toEqual([]);
    expect(tree.firstPoints(motor, 'float64', []).map(({ op }) => op)).toEqual([
      'points',
      'group',
      'softLink',
      'softLink',
    ]);
  });

  it.each([
    ['missing', undefined],
    ['text', 'nothing'],
    ['lists', { positioners_start: ['robx'], positioners_units: 5n }],
  ])('that are %s cost nothing else', (_, published) => {
    const bare = infoOf({ ...chainOf({ axis: { devices } }), positioners: published, scan_nb: 1n });
    const { file } = wholeFile(bare);
    expect(file.names('/1.1/instrument/positioners')).toEqual(['robx']);
    expect(treeOf(bare).end(reportOf(bare))).not.toEqual([]);
  });
});
