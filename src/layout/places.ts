import { integerOf, textOf, type Channel, type InfoDict } from '../scan/index.js';
import type { SubScan } from './chain.js';
import { placeDetector, placePositioner, type DetectorPlace } from './devices.js';
import { pathComponents } from './dictionary.js';
import type { KnownPaths } from './knownPaths.js';
import { cleanName, shortNames, UniqueNames } from './names.js';
import type { LayoutOptions } from './options.js';
import { END_POSITIONS, START_POSITIONS } from './positioners.js';

/** Where one channel stands in the file. */
export interface ChannelPlace {
  readonly group: string;
  readonly dataset: string;
  readonly unit: string | undefined;
  readonly deviceInfo: InfoDict;
  readonly isDevice: boolean;
  readonly region: string | undefined;
  /** The full name cannot be told from the place: it is kept as `@fullname` (LAYOUT 5.3 rule 1). */
  readonly isRenamed: boolean;
  /** Name of the link in `measurement`. */
  readonly link: string;
  /** Name of the link in `instrument/positioners` of a scanned motor. */
  readonly positioner: string | undefined;
  /** Energy calibration of an MCA's spectra. */
  readonly calibration: readonly number[] | undefined;
}

/** Groups that stand in `instrument` beside the devices. */
const RESERVED_GROUPS = ['name', 'title', 'positioners', ...START_POSITIONS, ...END_POSITIONS];

/** Gives every channel of an entry a place of its own: nothing is dropped because of its name. */
export class ChannelPlaces {
  readonly #instrument: string;
  readonly #info: InfoDict;
  readonly #options: LayoutOptions;
  readonly #known: KnownPaths;
  /** Full name -> place, as scan_info announced the channels. */
  readonly #planned = new Map<string, ChannelPlace>();
  /** Id -> place of each channel that came: two below one entry can have the same full name. */
  readonly #byId = new Map<string, ChannelPlace>();
  readonly #byChannel = new Map<Channel, ChannelPlace>();
  readonly #groupNames = new UniqueNames(RESERVED_GROUPS);
  readonly #linkNames = new UniqueNames();
  readonly #datasetNames = new Map<string, UniqueNames>();
  /** Paths where channels' points stand or will stand. */
  readonly #datasets = new Set<string>();
  /** Full names of the channels that came. */
  readonly #names = new Set<string>();
  /** Device in BLISS's words -> the group that it was given. */
  readonly #groups = new Map<string, string>();

  /** @param known everything else that the entry has */
  constructor(
    instrument: string,
    subScan: SubScan,
    info: InfoDict,
    options: LayoutOptions,
    known: KnownPaths,
  ) {
    this.#instrument = instrument;
    this.#info = info;
    this.#options = options;
    this.#known = known;
    const short = shortNames(subScan.channels);
    const group = positionerGroup(subScan, info, options);
    for (const fullName of subScan.channels) {
      const shortName = short.get(fullName) ?? fullName;
      const isPositioner = subScan.positioners.has(fullName);
      const place = isPositioner
        ? placePositioner(fullName, shortName, group)
        : placeDetector(fullName, shortName, this.#info, options.generic);
      this.#planned.set(fullName, this.#plan(place, isPositioner));
    }
  }

  /** A channel that scan_info did not list, or another of the same name, gets a place of its own. */
  of(channel: Channel): ChannelPlace {
    const known = this.#byId.get(channel.id);
    if (known !== undefined) return known;
    const { name } = channel;
    const planned = this.#names.has(name) ? undefined : this.#planned.get(name);
    const place = planned ?? this.#plan(placeDetector(name, name, this.#info, this.#options.generic), false);
    this.#names.add(name);
    this.#byId.set(channel.id, place);
    this.#byChannel.set(channel, place);
    return place;
  }

  /** Every channel that came. */
  get all(): Iterable<[Channel, ChannelPlace]> {
    return this.#byChannel;
  }

  /** Full names in the order of the chain. */
  get announced(): string[] {
    return [...this.#planned.keys()];
  }

  /** Names in `positioners` of the motors that are scanned. */
  get scanned(): Set<string> {
    return new Set([...this.#planned.values()].flatMap(({ positioner }) => positioner ?? []));
  }

  /** Whether a path is kept for the points of a channel. */
  holdPoints(path: string): boolean {
    return this.#datasets.has(path);
  }

  #plan(wanted: DetectorPlace, isPositioner: boolean): ChannelPlace {
    const kind = isPositioner ? 'positioner' : 'detector';
    const group = this.#groupFor(`${kind} ${wanted.device}`, wanted.device);
    const calibration = this.#calibrationOf(group, wanted);
    const dataset = this.#takeDataset(group, wanted, [
      ...(calibration === undefined ? [] : ['calibration']),
      ...(wanted.region === undefined ? [] : ['selection']),
    ]);
    const isPrincipal = dataset === 'data' || dataset === 'value';
    const name = isPrincipal ? group : `${group}_${dataset}`;
    return {
      group,
      dataset,
      unit: wanted.unit,
      deviceInfo: wanted.deviceInfo,
      isDevice: wanted.isDevice,
      region: wanted.region,
      isRenamed: group !== wanted.device.replaceAll(':', '_') || dataset !== wanted.dataset,
      link: this.#linkNames.take(name),
      positioner: isPositioner ? name : undefined,
      calibration,
    };
  }

  /** Of the element itself, else of its controller. */
  #calibrationOf(
    group: string,
    { device, dataset, deviceInfo }: DetectorPlace,
  ): readonly number[] | undefined {
    const { mcaCalibrations } = this.#options;
    if (dataset !== 'data') return undefined;
    const own = mcaCalibrations.get(group);
    if (own !== undefined || textOf(deviceInfo.get('type')) !== 'mca') return own;
    return mcaCalibrations.get(cleanName(device.split(':').slice(0, -1).join(':')));
  }

  /**
   * Channels of one device share its group. Two devices whose names only differ in characters HDF5 names do not have
   * (`a-b`, `a.b`) stay two: the second gets a name of its own.
   */
  #groupFor(key: string, device: string): string {
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group = this.#groupNames.take(cleanName(device));
    this.#groups.set(key, group);
    return group;
  }

  #takeDataset(group: string, wanted: DetectorPlace, reserved: readonly string[]): string {
    let names = this.#datasetNames.get(group);
    if (names === undefined) {
      names = new UniqueNames([...pathComponents(wanted.deviceInfo.keys()).values(), ...reserved]);
      this.#datasetNames.set(group, names);
    }
    const pathOf = (name: string): string => `${this.#instrument}/${group}/${name}`;
    const dataset = names.take(wanted.dataset, (name) => this.#known.has(pathOf(name)));
    this.#datasets.add(pathOf(dataset));
    return dataset;
  }
}

/**
 * The motors that stand together in one group, in the order of the chain: those of one axis master, but not of a mesh
 * (REFERENCE_WRITER, "Devices, names"); none unless asked for.
 */
function positionerGroup(
  { positioners }: SubScan,
  info: InfoDict,
  { multivaluePositioners }: LayoutOptions,
): readonly string[] {
  const isMesh = (integerOf(info.get('data_dim')) ?? 1) > 1;
  const together = [...positioners].filter((name) => name.includes(':'));
  return multivaluePositioners && !isMesh && positioners.size > 1 ? together : [];
}
