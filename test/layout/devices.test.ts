import { describe, expect, it } from 'vitest';
import { chainOf, channelOf, infoOf, type Plain } from '../support/scanInfo.js';
import { TreeChecker } from '../support/treeChecker.js';
import { reportOf, treeOf, wholeFile } from './support.js';

/** scan_info with the devices that BLISS publishes for the writer: channel -> type and what its group says. */
function infoWith(
  devices: Readonly<Record<string, { type: string; data?: string; info?: Record<string, Plain> }>>,
  spectra: readonly string[] = [],
) {
  const channels = Object.keys(devices);
  const published = Object.entries(devices).map(([name, { type, data = 'signal', info = {} }]) => [
    name,
    { device_type: type, data_type: data, device_info: info },
  ]);
  return infoOf({
    ...chainOf({ axis: { devices: { axis: ['axis:robx'], counters: channels }, spectra } }),
    nexuswriter: { devices: Object.fromEntries(published) as Record<string, Plain> },
    npoints: 10n,
  });
}

/** Where each channel of scan_info stands below `instrument`, and the links to them in `measurement`. */
function placesOf(info: ReturnType<typeof infoWith>): Record<string, string> {
  const { file } = wholeFile(info);
  const links = file.names('/0.1/measurement');
  return Object.fromEntries(
    links.map((name) => [name, file.target(`/0.1/measurement/${name}`).replace('/0.1/instrument/', '')]),
  );
}

const INFO = { scan_nb: 0n };
const entry = (info: ReturnType<typeof infoWith>) => new Map([...info, ...infoOf(INFO)]);

describe('the place of a sampling counter (LAYOUT 1.4)', () => {
  it('in mode MEAN is a group of its own', () => {
    const info = { type: 'samplingcounter', info: { mode: 'MEAN', type: 'samplingcounter' } };
    const { file } = wholeFile(entry(infoWith({ 'ctrl:diode1': info })));
    expect(file.at('/0.1/instrument/diode1').attributes).toEqual({ NX_class: 'NXdetector' });
    expect(file.names('/0.1/instrument/diode1')).toEqual(['mode', 'type', 'data']);
    expect(file.text('/0.1/instrument/diode1/mode')).toBe('MEAN');
    expect(file.target('/0.1/measurement/diode1')).toBe('/0.1/instrument/diode1/data');
  });

  it('in mode STATS has its statistics beside it', () => {
    const signal = { type: 'samplingcounter', info: { mode: 'STATS' } };
    const statistic = { ...signal, data: '' };
    const endings = ['N', 'std', 'var', 'min', 'max', 'p2v'];
    const devices = Object.fromEntries([
      ['ctrl:diode7', signal],
      ...endings.map((ending) => [`ctrl:diode7_${ending}`, statistic]),
    ]) as Record<string, typeof statistic>;
    expect(placesOf(entry(infoWith(devices)))).toEqual({
      robx: 'robx/value',
      diode7: 'diode7/data',
      ...Object.fromEntries(endings.map((ending) => [`diode7_${ending}`, `diode7/${ending}`])),
    });
  });

  it('in mode SAMPLES has its samples beside it', () => {
    const info = { mode: 'SAMPLES' };
    const devices = {
      'ctrl:diode9': { type: 'samplingcounter', info },
      'ctrl:diode9_samples': { type: 'samplingcounter', data: '', info },
    };
    expect(placesOf(entry(infoWith(devices)))).toMatchObject({
      diode9: 'diode9/data',
      diode9_samples: 'diode9/samples',
    });
  });

  it('whose own name ends like a statistic is a counter', () => {
    const devices = { 'ctrl:beam_max': { type: 'samplingcounter', info: { mode: 'STATS' } } };
    expect(placesOf(entry(infoWith(devices)))).toMatchObject({ beam_max: 'beam_max/data' });
  });
});

describe('the place of an MCA channel (LAYOUT 1.4)', () => {
  const mca = { type: 'mca', info: { type: 'mca' } };
  const statistics = {
    icr: 'trigger_count_rate',
    ocr: 'event_count_rate',
    triggers: 'triggers',
    events: 'events',
    deadtime: 'fractional_dead_time',
    trigger_livetime: 'trigger_live_time',
    energy_livetime: 'live_time',
    realtime: 'elapsed_time',
    roi1: 'roi1',
  };

  it('of one element is the element’s group, with statistics under names that PyMca knows', () => {
    const devices = Object.fromEntries(
      ['spectrum', ...Object.keys(statistics)].map((name) => [`simu1:${name}_det0`, mca]),
    );
    const info = entry(infoWith(devices, ['simu1:spectrum_det0']));
    expect(placesOf(info)).toEqual({
      robx: 'robx/value',
      simu1_det0: 'simu1_det0/data',
      ...Object.fromEntries(
        Object.values(statistics).map((name) => [`simu1_det0_${name}`, `simu1_det0/${name}`]),
      ),
    });
    const { file } = wholeFile(info);
    expect(file.text('/0.1/instrument/simu1_det0/type')).toBe('mca');
    const units = ['trigger_count_rate', 'event_count_rate', 'live_time', 'events'].map(
      (name) => file.at(`/0.1/instrument/simu1_det0/${name}`).attributes['units'],
    );
    expect(units).toEqual(['hertz', 'hertz', 's', undefined]);
  });

  it('that is a sum over elements stands in a group for sums', () => {
    expect(placesOf(entry(infoWith({ 'simu1:roi1': mca })))).toMatchObject({
      simu1_sum_roi1: 'simu1_sum/roi1',
    });
  });

  it('of two MCAs are two devices', () => {
    const devices = { 'simu1:spectrum_det0': mca, 'simu2:spectrum_det0': mca, 'simu2:icr_det0': mca };
    expect(placesOf(entry(infoWith(devices)))).toMatchObject({
      simu1_det0: 'simu1_det0/data',
      simu2_det0: 'simu2_det0/data',
      simu2_det0_trigger_count_rate: 'simu2_det0/trigger_count_rate',
    });
  });

  it('publishes a unit of its own, which is taken before ours', () => {
    const info = entry(infoWith({ 'simu1:icr_det0': mca }));
    const { file } = wholeFile(info, [channelOf('simu1:icr_det0', { unit: 'kHz' })]);
    expect(file.at('/0.1/instrument/simu1_det0/trigger_count_rate').attributes).toEqual({ units: 'kHz' });
  });

  it('gives its group the interpretation of spectra', () => {
    const info = entry(infoWith({ 'simu1:spectrum_det0': mca }));
    const { file } = wholeFile(info, [channelOf('simu1:spectrum_det0', { shape: [1024], dtype: 'uint32' })]);
    const data = file.at('/0.1/instrument/simu1_det0/data');
    expect(data.attributes).toEqual({ interpretation: 'spectrum' });
    expect(data.operation).toMatchObject({ type: 'uint32', pointShape: [1024], chunkRows: 10 });
  });
});

describe('any other channel', () => {
  it('has a group of its own', () => {
    expect(placesOf(entry(infoWith({ 'a:b:c': { type: 'something new' } })))).toMatchObject({ c: 'c/data' });
  });

  it('that was not announced gets a place', () => {
    const info = entry(infoWith({}));
    const { file } = wholeFile(info, [channelOf('surprise:x', { devices: ['unknown master'] })]);
    expect(file.target('/0.1/measurement/surprise_x')).toBe('/0.1/instrument/surprise_x/data');
  });

  it('keeps two names that are only the same when they are cleaned, and says what they were', () => {
    const info = entry(infoWith({ 'a-b': { type: 'x' }, 'a.b': { type: 'x' }, 'a:a_b': { type: 'x' } }));
    const { file } = wholeFile(info);
    expect(
      ['a_b', 'a_b_2', 'a_b_3'].map((name) => file.at(`/0.1/instrument/${name}/data`).attributes['fullname']),
    ).toEqual(['a-b', 'a.b', 'a:a_b']);
    expect(file.names('/0.1/measurement')).toEqual(expect.arrayContaining(['a_b', 'a_b_2', 'a_b_3']));
  });

  it('with the full name of another keeps a dataset of its own', () => {
    const info = infoOf({ scan_nb: 0n });
    const channels = [channelOf('timer:elapsed_time'), channelOf('timer:elapsed_time')];
    const { file, tree } = wholeFile(info, channels);
    const [first, second] = channels.map((channel) => tree.datasetOf(channel));
    expect(first).not.toBe(second);
    expect(file.names('/0.1/measurement')).toHaveLength(2);
  });

  it.each(['title', 'name', 'positioners', 'positioners_start', 'positioners_end'])(
    'named %s does not take the place of what stands beside devices',
    (name) => {
      const { file } = wholeFile(entry(infoWith({ [name]: { type: 'x' } })));
      expect(file.target(`/0.1/measurement/${name}_2`)).toBe(`/0.1/instrument/${name}_2/data`);
    },
  );

  it('whose device publishes a field with the name of a dataset loses no point', () => {
    const info = { data: 'hostile', 'a/b': 1n, a_b: 2n, mode: 'STATS' };
    const devices = {
      'c:d': { type: 'samplingcounter', info },
      'c:d_N': { type: 'samplingcounter', data: '', info: { ...info, N: 'hostile' } },
    };
    const { file } = wholeFile(entry(infoWith(devices)));
    const points = file.paths().filter((path) => file.at(path).op === 'points');
    expect(points).toHaveLength(3);
    expect(file.names('/0.1/instrument/d')).toEqual(expect.arrayContaining(['a_b', 'a_b_2']));
  });
});

it('knows where a channel’s points go before any come', () => {
  const info = entry(infoWith({ 'ctrl:diode1': { type: 'samplingcounter' } }));
  expect(treeOf(info).datasetOf(channelOf('ctrl:diode1'))).toBe('/0.1/instrument/diode1/data');
});

it('a region of a camera has its place in the images also when BLISS tells it while the scan is prepared', () => {
  const name = 'cam:roi_counters:roi1_sum';
  const devices = { [name]: { type: 'lima' } };
  const early = entry(infoWith(devices));
  const device = (roi: Record<string, Plain>) =>
    infoOf({ devices: { 'axis_1:rois': { channels: [name], ...roi } } });
  const late = new Map([...early, ...device({ roi1: { shape: 'rect' } })]);
  const channel = channelOf(name);
  const tree = treeOf(new Map([...early, ...device({})]));
  const file = new TreeChecker().apply(tree.start()).apply(tree.firstPoints(channel, 'float64', []));
  const counts = new Map([[channel, 1]]);
  file.apply(tree.end(reportOf(late, { counts })));
  expect(file.names('/0.1/instrument/cam_roi1')).toContain('selection');
  expect(file.text('/0.1/instrument/cam_roi1/selection/shape')).toBe('rect');
});
