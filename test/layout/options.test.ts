import { describe, expect, it } from 'vitest';
import { chainOf, channelOf, infoOf, type Plain } from '../support/scanInfo.js';
import { wholeFile } from './support.js';

const A2SCAN = {
  scan_nb: 12n,
  npoints: 5n,
  ...chainOf({
    axis: {
      devices: {
        axis: ['axis:robx', 'axis:roby'],
        diode: ['ctrl:diode1'],
        mca: ['simu1:spectrum_det0', 'simu1:realtime_det0'],
      },
      spectra: ['simu1:spectrum_det0'],
    },
  }),
  positioners: { positioners_start: { robx: 1, roby: 2 } },
};
const MCA_DEVICE = { device_type: 'mca', device_info: { type: 'mca' } };
const MCA = {
  nexuswriter: {
    instrument: 'id00',
    devices: { 'simu1:spectrum_det0': MCA_DEVICE, 'simu1:realtime_det0': MCA_DEVICE },
  },
};
const withMca = (rest: Record<string, Plain> = {}) => infoOf({ ...A2SCAN, ...MCA, ...rest });

describe('several motors in one positioner', () => {
  const options = { multivaluePositioners: true };

  it('stand in the group of what moves them, the first as its value', () => {
    const { file } = wholeFile(infoOf(A2SCAN), undefined, undefined, options);
    expect(file.names('/12.1/instrument/axis')).toEqual(expect.arrayContaining(['value', 'roby']));
    expect(file.at('/12.1/instrument/axis').attributes).toEqual({ NX_class: 'NXpositioner' });
    expect(file.target('/12.1/measurement/axis')).toBe('/12.1/instrument/axis/value');
    expect(file.target('/12.1/measurement/axis_roby')).toBe('/12.1/instrument/axis/roby');
    expect(file.target('/12.1/instrument/positioners/axis_roby')).toBe('/12.1/instrument/axis/roby');
    expect(file.at('/12.1/instrument/positioners/robx').operation).toMatchObject({ op: 'array' });
    expect(file.at('/12.1/plotselect').attributes).toMatchObject({ axes: ['axis'] });
  });

  it.each([
    ['a mesh', { data_dim: 2n, npoints1: 1n, npoints2: 5n }],
    ['one motor', chainOf({ axis: { devices: { axis: ['axis:robx'], diode: ['ctrl:diode1'] } } })],
  ])('is not for %s', (_, rest) => {
    const { file } = wholeFile(infoOf({ ...A2SCAN, ...rest }), undefined, undefined, options);
    expect(file.target('/12.1/measurement/robx')).toBe('/12.1/instrument/robx/value');
  });
});

describe('a generic file', () => {
  it('gives every channel a group, and knows nothing of what BLISS tells the facility’s writer', () => {
    const { file } = wholeFile(withMca(), undefined, undefined, { generic: true });
    expect(file.target('/12.1/measurement/spectrum_det0')).toBe('/12.1/instrument/spectrum_det0/data');
    expect(file.target('/12.1/measurement/realtime_det0')).toBe('/12.1/instrument/realtime_det0/data');
    expect(file.names('/12.1/instrument')).not.toContain('name');
    expect(file.names('/12.1')).toEqual(expect.arrayContaining(['plot0D', 'plotselect']));
  });
});

describe('the calibration of an MCA', () => {
  const calibrated = (calibrations: Record<string, number[]>) => {
    const channels = [
      channelOf('simu1:spectrum_det0', { shape: [4], dtype: 'uint32' }),
      channelOf('simu1:realtime_det0'),
    ];
    const options = { mcaCalibrations: new Map(Object.entries(calibrations)) };
    return wholeFile(withMca(), channels, undefined, options).file;
  };

  it.each([
    ['its element', { simu1: [9, 9, 9], simu1_det0: [1, 2, 0.5] }],
    ['its controller', { simu1: [1, 2, 0.5], simu1_det1: [9, 9, 9] }],
  ])('of %s stands beside its spectra', (_, calibrations) => {
    const { operation } = calibrated(calibrations).at('/12.1/instrument/simu1_det0/calibration');
    const bytes = operation.op === 'array' ? operation.array.bytes : new Uint8Array();
    expect([...new Float64Array(bytes.slice().buffer)]).toEqual([1, 2, 0.5]);
  });

  it('is nowhere when it is for another', () => {
    expect(calibrated({ simu2: [1, 2, 0] }).names('/12.1/instrument/simu1_det0')).not.toContain(
      'calibration',
    );
  });

  it('never takes the place of a channel of that name', () => {
    const roi = channelOf('simu1:calibration_det0');
    const options = { mcaCalibrations: new Map([['simu1', [0, 1, 0]]]) };
    const devices = { ...MCA.nexuswriter.devices, 'simu1:calibration_det0': MCA_DEVICE };
    const chain = chainOf({
      axis: { devices: { axis: ['axis:robx'], mca: ['simu1:spectrum_det0', 'simu1:calibration_det0'] } },
    });
    const info = infoOf({ ...A2SCAN, ...chain, nexuswriter: { devices } });
    const { file } = wholeFile(info, [channelOf('simu1:spectrum_det0'), roi], undefined, options);
    expect(file.at('/12.1/instrument/simu1_det0/calibration').operation).toMatchObject({ op: 'array' });
    expect(file.target('/12.1/measurement/simu1_det0_calibration_2')).toBe(
      '/12.1/instrument/simu1_det0/calibration_2',
    );
  });
});
