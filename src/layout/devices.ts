import { dictOf, EMPTY_INFO, lookUp, textOf, textsOf, type InfoDict, type InfoValue } from '../scan/index.js';
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
  /** What the channel's device node tells of itself belongs to this group: not so for regions of a camera's images. */
  readonly isDevice: boolean;
  /** Region of a camera whose place in the images stands beside its values, as `selection`. */
  readonly region?: string;
}

/** What BLISS says of a channel's device, or what its name tells when BLISS does not. */
interface DeviceFacts {
  readonly type: string | undefined;
  /** The channel that the device is for, not one of its statistics. */
  readonly isSignal: boolean;
  readonly info: InfoDict;
}

const UNTYPED: DeviceFacts = { type: undefined, isSignal: false, info: EMPTY_INFO };

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

/** Further channels `<counter>_<ending>` of a sampling counter, by its mode. */
const MODE_ENDINGS: ReadonlyMap<string, readonly string[]> = new Map([
  ['STATS', ['N', 'std', 'var', 'min', 'max', 'p2v']],
  ['SAMPLES', ['samples']],
]);

/** Values that a camera computes from one region; the sum is the principal one. */
const ROI_VALUE = /^(.+)_(sum|avg|std|min|max)$/;

/**
 * The place of a detector channel by the type of its device: as BLISS published it for the writer
 * (`scan_info["nexuswriter"]["devices"]`), else by our own rules; a group of its own when neither tells.
 * @param shortName the unique ending of the full name, see {@link shortNames}
 * @param generic whether all channels have groups of their own
 */
export function placeDetector(
  fullName: string,
  shortName: string,
  info: InfoDict,
  generic: boolean,
): DetectorPlace {
  const facts = generic ? UNTYPED : deviceFacts(fullName, info);
  const ownGroup = {
    device: shortName,
    dataset: 'data',
    unit: undefined,
    deviceInfo: facts.info,
    isDevice: true,
  };
  switch (facts.type) {
    case 'mca':
      return placeMca(fullName, facts.info);
    case 'lima':
      return placeLima(fullName, facts.info) ?? ownGroup;
    case 'samplingcounter':
      return placeSamplingCounter(shortName, facts);
    default:
      return ownGroup;
  }
}

function deviceFacts(fullName: string, info: InfoDict): DeviceFacts {
  const published = lookUp(info, 'nexuswriter', 'devices', fullName);
  if (published !== undefined) {
    const device = dictOf(published);
    return {
      type: textOf(device.get('device_type')),
      isSignal: textOf(device.get('data_type')) === 'signal',
      info: dictOf(device.get('device_info')),
    };
  }
  const type = typeByRules(fullName, info);
  return {
    type,
    isSignal: false,
    info: type === undefined ? EMPTY_INFO : new Map<string, InfoValue>([['type', type]]),
  };
}

/** MCAs and cameras name their type in `scan_info["devices"]` also when nothing was published for the writer. */
function typeByRules(fullName: string, info: InfoDict): string | undefined {
  const controller = fullName.split(':')[0] ?? fullName;
  const own = deviceOf(fullName, info);
  const type = textOf(own.get('type'));
  if (type === 'mca' || type === 'lima') return type;
  // ROI counters and the like are devices of their own below the camera, without a type.
  return textOf(deviceOf(`${controller}:image`, info).get('type')) === 'lima' ? 'lima' : undefined;
}

/** The entry of `scan_info["devices"]` that has a channel. */
function deviceOf(fullName: string, info: InfoDict): InfoDict {
  for (const device of dictOf(info.get('devices')).values()) {
    if (textsOf(dictOf(device).get('channels')).includes(fullName)) return dictOf(device);
  }
  return EMPTY_INFO;
}

/** Where a region of a camera's images is; BLISS tells it when the scan is prepared. */
export function selectionOf(fullName: string, region: string, info: InfoDict): InfoValue | undefined {
  return deviceOf(fullName, info).get(region);
}

/** `ctrl:spectrum_det0` stands in group `ctrl_det0`; what belongs to no element (ROI sums) in `ctrl_sum`. */
function placeMca(fullName: string, deviceInfo: InfoDict): DetectorPlace {
  const controller = fullName.split(':').slice(0, -1);
  const counter = lastPart(fullName);
  const element = /^(.+)_(det\d+)$/.exec(counter);
  const [name, owner] = element ? [element[1] ?? counter, element[2] ?? 'sum'] : [counter, 'sum'];
  const statistic = MCA_STATISTICS.get(name);
  return {
    device: [...controller, owner].join(':'),
    dataset: statistic?.dataset ?? cleanName(name),
    unit: statistic?.unit,
    deviceInfo,
    isDevice: true,
  };
}

/**
 * `cam:image` is the camera itself; regions are devices of their own, with what was selected beside their values.
 * @returns undefined for a counter that a camera of the facility does not have
 */
function placeLima(fullName: string, deviceInfo: InfoDict): DetectorPlace | undefined {
  const [camera = fullName, group, ...rest] = fullName.split(':');
  const counter = rest.join(':');
  const ofRegion = (name: string, dataset: string, region: string): DetectorPlace => {
    return { device: `${camera}:${name}`, dataset, unit: undefined, deviceInfo, isDevice: false, region };
  };
  switch (group) {
    case 'image':
      return rest.length === 0
        ? { device: camera, dataset: 'data', unit: undefined, deviceInfo, isDevice: true }
        : undefined;
    case 'roi_counters': {
      const [, roi = counter, value = 'sum'] = ROI_VALUE.exec(counter) ?? [];
      return ofRegion(roi, value === 'sum' ? 'data' : value, roi);
    }
    case 'roi_profiles':
      return ofRegion(counter, 'data', counter);
    case 'roi_collection':
      return ofRegion('roi_collection', 'data', counter);
    case 'bpm':
      return {
        device: `${camera}:bpm`,
        dataset: cleanName(counter),
        unit: undefined,
        deviceInfo,
        isDevice: false,
      };
    default:
      return undefined;
  }
}

/** Counters in the modes STATS and SAMPLES publish further channels `<counter>_<ending>` that belong to the counter. */
function placeSamplingCounter(shortName: string, { isSignal, info }: DeviceFacts): DetectorPlace {
  const endings = isSignal ? [] : (MODE_ENDINGS.get(textOf(info.get('mode')) ?? '') ?? []);
  const ending = endings.find((candidate) => shortName.endsWith(`_${candidate}`));
  const counter = ending === undefined ? shortName : shortName.slice(0, -ending.length - 1);
  return { device: counter, dataset: ending ?? 'data', unit: undefined, deviceInfo: info, isDevice: true };
}

/**
 * A positioner stands in a group of its own, or with those that move together in the group of what moves them
 * (`axis:robx`, `axis:roby` in `axis`), of which the first is the principal one.
 * @param together full names of those that stand together
 */
export function placePositioner(
  fullName: string,
  shortName: string,
  together: readonly string[],
): DetectorPlace {
  const rank = together.indexOf(fullName);
  const [device, dataset] =
    rank < 0
      ? [shortName, 'value']
      : [fullName.split(':').slice(0, -1).join(':'), rank === 0 ? 'value' : cleanName(lastPart(fullName))];
  return { device, dataset, unit: undefined, deviceInfo: EMPTY_INFO, isDevice: true };
}

function lastPart(fullName: string): string {
  return fullName.split(':').at(-1) ?? fullName;
}
