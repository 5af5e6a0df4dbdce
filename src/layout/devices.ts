import { dictOf, EMPTY_INFO, lookUp, textOf, type InfoDict } from '../scan/index.js';
import { cleanName } from './names.js';

/** Where a detector channel stands inside `instrument` and what its group says of the device (LAYOUT 1.4). */
export interface DetectorPlace {
  /** The device in BLISS's own words; channels of one device share its group. */
  readonly device: string;
  /** Name of the dataset in it; `data` is the device's principal one. */
  readonly dataset: string;
  /** Used when the channel itself publishes no unit. */
  readonly unit: string | undefined;
  /** Fields of the group: `type`, `mode` ... */
  readonly deviceInfo: InfoDict;
}

/** Statistics of an MCA element: name in BLISS -> name in the file and unit (LAYOUT 1.4). */
const MCA_STATISTICS: ReadonlyMap<string, { dataset: string; unit?: string }> = new Map([
  ['spectrum', { dataset: 'data' }],
  ['icr', { dataset: 'trigger_count_rate', unit: 'hertz' }],
  ['ocr', { dataset: 'event_count_rate', unit: 'hertz' }],
  ['deadtime', { dataset: 'fractional_dead_time' }],
  ['trigger_livetime', { dataset: 'trigger_live_time', unit: 's' }],
  ['energy_livetime', { dataset: 'live_time', unit: 's' }],
  ['realtime', { dataset: 'elapsed_time', unit: 's' }],
]);

const MODE_ENDINGS: ReadonlyMap<string, readonly string[]> = new Map([
  ['STATS', ['N', 'std', 'var', 'min', 'max', 'p2v']],
  ['SAMPLES', ['samples']],
]);

/**
 * The place of a detector channel by the device type that BLISS published for it
 * (`scan_info["nexuswriter"]["devices"]`); a group of its own when there is none.
 * @param shortName the unique ending of the full name, see {@link shortNames}
 */
export function placeDetector(fullName: string, shortName: string, info: InfoDict): DetectorPlace {
  const device = dictOf(lookUp(info, 'nexuswriter', 'devices', fullName));
  const deviceInfo = dictOf(device.get('device_info'));
  switch (textOf(device.get('device_type'))) {
    case 'mca':
      return placeMca(fullName, deviceInfo);
    case 'samplingcounter':
      return placeSamplingCounter(shortName, deviceInfo, textOf(device.get('data_type')) === 'signal');
    default:
      return { device: shortName, dataset: 'data', unit: undefined, deviceInfo };
  }
}

/** `ctrl:spectrum_det0` stands in group `ctrl_det0`; what belongs to no element (ROI sums) in `ctrl_sum`. */
function placeMca(fullName: string, deviceInfo: InfoDict): DetectorPlace {
  const controller = fullName.split(':').slice(0, -1);
  const counter = fullName.split(':').at(-1) ?? fullName;
  const element = /^(.+)_(det\d+)$/.exec(counter);
  const [name, owner] = element ? [element[1] ?? counter, element[2] ?? 'sum'] : [counter, 'sum'];
  const statistic = MCA_STATISTICS.get(name);
  return {
    device: [...controller, owner].join(':'),
    dataset: statistic?.dataset ?? cleanName(name),
    unit: statistic?.unit,
    deviceInfo,
  };
}

/** Counters in the modes STATS and SAMPLES publish further channels `<counter>_<ending>` that belong to the counter. */
function placeSamplingCounter(shortName: string, deviceInfo: InfoDict, isSignal: boolean): DetectorPlace {
  const endings = isSignal ? [] : (MODE_ENDINGS.get(textOf(deviceInfo.get('mode')) ?? '') ?? []);
  const ending = endings.find((candidate) => shortName.endsWith(`_${candidate}`));
  const counter = ending === undefined ? shortName : shortName.slice(0, -ending.length - 1);
  return { device: counter, dataset: ending ?? 'data', unit: undefined, deviceInfo };
}

/** A positioner stands in a group of its own. */
export function placePositioner(shortName: string): DetectorPlace {
  return { device: shortName, dataset: 'value', unit: undefined, deviceInfo: EMPTY_INFO };
}
