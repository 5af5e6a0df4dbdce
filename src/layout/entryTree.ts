import { textOf, lookUp, integerOf, type Channel, type InfoDict } from '../scan/index.js';
import type { SubScan } from './chain.js';
import { placeDetector, placePositioner, type DetectorPlace } from './devices.js';
import { pathComponents, valueOperations } from './dictionary.js';
import type { ImagePlan } from './images.js';
import type { MasterLink } from './master.js';
import { KnownPaths } from './knownPaths.js';
import { applicationOperations } from './applications.js';
import { gridOf } from './grid.js';
import { categoryOperations, mergeOperations } from './metadata.js';
import { notesOf, sampleOf } from './notes.js';
import { plotOperations, type PlotField } from './plots.js';
import { cleanName, shortNames, UniqueNames } from './names.js';
import type { Attributes, PointType, TreeOperation } from './operation.js';
import {
  END_POSITIONS,
  positionNames,
  positionOperation,
  positionsGroup,
  START_POSITIONS,
} from './positioners.js';
import { chunkRows, interpretationOf } from './storage.js';

/** Where one channel stands in the file. */
interface ChannelPlace {
  readonly group: string;
  readonly dataset: string;
  readonly unit: string | undefined;
  readonly deviceInfo: InfoDict;
  readonly isDevice: boolean;
  /** The full name cannot be told from the place: it is kept as `@fullname` (LAYOUT 5.3 rule 1). */
  readonly isRenamed: boolean;
  /** Name of the link in `measurement`. */
  readonly link: string;
  /** Name of the link in `instrument/positioners` of a scanned motor. */
  readonly positioner: string | undefined;
}

/** What a device below the scan told of itself. */
export interface DeviceInfo {
  /** Names of the nodes from the top master down to the device. */
  readonly devices: readonly string[];
  readonly info: InfoDict;
}

/** What is known of a scan when its last point is in the file. */
export interface EntryEnd {
  readonly info: InfoDict;
  readonly offsetMinutes: number;
  /** ISO 8601; undefined without an END. */
  readonly endTime: string | undefined;
  /** Rows of each channel's dataset. */
  readonly rows: ReadonlyMap<Channel, number>;
  /** Recorded positions of the scanned motors of a mesh. */
  readonly positions: ReadonlyMap<Channel, readonly number[]>;
  readonly devices: readonly DeviceInfo[];
  /** Fields of the dataset under the data policy. */
  readonly dataset: InfoDict;
}

/** Groups that stand in `instrument` beside the devices. */
const RESERVED_GROUPS = ['name', 'title', 'positioners', ...START_POSITIONS, ...END_POSITIONS];

/** Objects of the entry that others than this class write. */
const WRITTEN_LATER = ['writer', 'end_time', 'end_reason'];

/**
 * The NXentry of one sub-scan: says which operations build it as the scan goes on.
 * It remembers what it has asked for, and does nothing itself.
 */
export class EntryTree {
  /** Name of the entry, `12.1`. */
  readonly name: string;
  readonly path: string;
  readonly topMaster: string;
  readonly #info: InfoDict;
  /** Full name -> place, as scan_info announced the channels. */
  readonly #planned = new Map<string, ChannelPlace>();
  /** Id -> place of each channel that came: two below one entry can have the same full name. */
  readonly #places = new Map<string, ChannelPlace>();
  readonly #channelPlaces = new Map<Channel, ChannelPlace>();
  readonly #known = new KnownPaths();
  readonly #groupNames = new UniqueNames(RESERVED_GROUPS);
  readonly #linkNames = new UniqueNames();
  readonly #datasetNames = new Map<string, UniqueNames>();
  /** Paths where channels' points stand or will stand. */
  readonly #datasets = new Set<string>();
  /** Full names of the channels that came. */
  readonly #names = new Set<string>();
  /** Channels whose datasets hold numbers, with the shape of their first point. */
  readonly #plottable = new Map<Channel, readonly number[]>();
  /** Device in BLISS's words -> the group that it was given. */
  readonly #groups = new Map<string, string>();

  constructor(name: string, subScan: SubScan, info: InfoDict) {
    this.name = name;
    this.path = `/${name}`;
    this.topMaster = subScan.topMaster;
    this.#info = info;
    for (const name of WRITTEN_LATER) this.#known.reserve(`${this.path}/${name}`);
    const short = shortNames(subScan.channels);
    for (const fullName of subScan.channels) {
      const place = this.#plan(fullName, short.get(fullName) ?? fullName, subScan.positioners.has(fullName));
      this.#planned.set(fullName, place);
    }
  }

  get instrument(): string {
    return `${this.path}/instrument`;
  }

  /** Entry, title, start_time, instrument with the positions that are known now (LAYOUT 1.2, 1.3). */
  start(title: string, startTime: string | undefined): TreeOperation[] {
    const beamline = textOf(lookUp(this.#info, 'nexuswriter', 'instrument'));
    const scanned = this.#scannedMotors();
    const positioners = `${this.instrument}/positioners`;
    const motors = [...positionNames('positioners_start', this.#info)].filter(
      ([, name]) => !scanned.has(name),
    );
    return this.#record([
      { op: 'group', path: this.path, attributes: { NX_class: 'NXentry' } },
      { op: 'text', path: `${this.path}/title`, value: title },
      ...(startTime === undefined ? [] : valueOperations(`${this.path}/start_time`, startTime)),
      { op: 'group', path: this.instrument, attributes: { NX_class: 'NXinstrument' } },
      ...(beamline === undefined
        ? []
        : ['name', 'title'].flatMap((field) => valueOperations(`${this.instrument}/${field}`, beamline))),
      { op: 'group', path: positioners, attributes: { NX_class: 'NXcollection' } },
      ...motors.flatMap(([motor, name]) =>
        positionOperation(`${positioners}/${name}`, motor, 'positioners_start', this.#info),
      ),
      ...START_POSITIONS.flatMap((key) => positionsGroup(this.instrument, key, this.#info)),
    ]);
  }

  /** The group of the channel's device, once. */
  addChannel(channel: Channel): TreeOperation[] {
    const place = this.#placeOf(channel);
    const group = `${this.instrument}/${place.group}`;
    const isPositioner = place.positioner !== undefined;
    const operations: TreeOperation[] = this.#once(group, () => [
      { op: 'group', path: group, attributes: { NX_class: isPositioner ? 'NXpositioner' : 'NXdetector' } },
    ]);
    const names = pathComponents(place.deviceInfo.keys());
    for (const [key, value] of place.deviceInfo) {
      const path = `${group}/${names.get(key) ?? key}`;
      // The place of a channel's points is kept for them.
      if (this.#datasets.has(path)) continue;
      operations.push(...this.#once(path, () => valueOperations(path, value)));
    }
    return operations;
  }

  /** Path of the dataset that holds the channel's points. */
  datasetOf(channel: Channel): string {
    const place = this.#placeOf(channel);
    return `${this.instrument}/${place.group}/${place.dataset}`;
  }

  /** The dataset and the links to it, when the first points are there: links cannot be replaced later. */
  firstPoints(channel: Channel, type: PointType, pointShape: readonly number[]): TreeOperation[] {
    const place = this.#placeOf(channel);
    const path = this.datasetOf(channel);
    const unit = channel.unit ?? place.unit;
    const interpretation = interpretationOf(pointShape);
    const attributes: Attributes = {
      ...(unit === undefined || unit === '' ? {} : { units: unit }),
      ...(interpretation === undefined ? {} : { interpretation }),
      ...(place.isRenamed ? { fullname: channel.name } : {}),
    };
    if (type !== 'text') this.#plottable.set(channel, pointShape);
    const rows = chunkRows(type, pointShape, integerOf(this.#info.get('npoints')));
    return [
      ...this.addChannel(channel),
      ...this.#record([{ op: 'points', path, type, pointShape, chunkRows: rows, attributes }]),
      ...this.#link(channel),
      ...this.#positionerLink(place, path),
    ];
  }

  /** Positions at the end, the start position of each scanned motor that never got a point, and published metadata. */
  end(end: EntryEnd): TreeOperation[] {
    const { info } = end;
    const positioners = `${this.instrument}/positioners`;
    const scanned = this.#scannedMotors();
    const left = [...positionNames('positioners_start', this.#info)].filter(([, name]) => scanned.has(name));
    const positions = [
      ...left.flatMap(([motor, name]) => {
        const path = `${positioners}/${name}`;
        return this.#once(path, () => positionOperation(path, motor, 'positioners_start', this.#info));
      }),
      ...this.#record(END_POSITIONS.flatMap((key) => positionsGroup(this.instrument, key, info))),
    ];
    return [
      ...positions,
      ...categoryOperations(this.path, info, this.#known),
      ...end.devices.flatMap((device) => this.#deviceOperations(device)),
      ...mergeOperations(this.path, 'notes', notesOf(info, end.offsetMinutes), this.#known),
      ...mergeOperations(this.path, 'sample', sampleOf(end.dataset), this.#known),
      ...applicationOperations(this.path, info, this.#fields(end.rows), end.endTime, this.#known),
      ...this.#plots(end),
    ];
  }

  /**
   * A detector's images: mostly they stay where it saved them, and files that HDF5 cannot link are listed, not linked.
   */
  images(channel: Channel, plan: ImagePlan): TreeOperation[] {
    const path = this.datasetOf(channel);
    const attributes: Attributes = { interpretation: 'image' };
    const device = this.addChannel(channel);
    switch (plan.kind) {
      case 'list':
        return [...device, ...this.#record([{ op: 'texts', path, values: plan.names, attributes }])];
      case 'external': {
        const { file, dataset } = plan;
        return [
          ...device,
          ...this.#record([{ op: 'externalLink', path, file, target: dataset }]),
          ...this.#link(channel),
        ];
      }
      case 'virtual': {
        const [, ...pointShape] = plan.shape;
        return [
          ...device,
          ...this.#record([{ op: 'points', path, type: plan.dtype, pointShape, chunkRows: 1, attributes }]),
          ...this.#link(channel),
        ];
      }
      case 'copy': {
        const { dtype: type, frameShape: pointShape } = plan;
        const rows = chunkRows(type, pointShape, integerOf(this.#info.get('npoints')));
        return [
          ...device,
          ...this.#record([{ op: 'points', path, type, pointShape, chunkRows: rows, attributes }]),
          ...this.#link(channel),
        ];
      }
      case 'copied':
        return this.#record([{ op: 'texts', path: this.#known.free(`${path}_files`), values: plan.names }]);
    }
  }

  /** Links to the entries of the scans of a group (LAYOUT 1.10), in a group of the entry. */
  members(links: readonly MasterLink[]): TreeOperation[] {
    if (links.length === 0) return [];
    const group = this.#known.free(`${this.path}/members`);
    const operations = links.map(({ name, file, target }): TreeOperation => {
      return { op: 'externalLink', path: `${group}/${name}`, file, target };
    });
    return this.#record([
      { op: 'group', path: group, attributes: { NX_class: 'NXcollection' } },
      ...operations,
    ]);
  }

  /** Motors that were scanned. */
  get scannedMotors(): Channel[] {
    return [...this.#plottable.keys()].filter((channel) => this.#placeOf(channel).positioner !== undefined);
  }

  /** What a device told of itself, in each group of its channels. */
  #deviceOperations({ devices, info }: DeviceInfo): TreeOperation[] {
    const groups = new Set<string>();
    for (const [channel, place] of this.#channelPlaces) {
      const isOwn = place.isDevice && place.positioner === undefined;
      if (isOwn && sameList(channel.devices, devices)) groups.add(place.group);
    }
    return [...groups].flatMap((group) => {
      const news = withoutKnown(`${this.instrument}/${group}`, info, this.#known);
      return mergeOperations(this.instrument, group, news, this.#known);
    });
  }

  #plots({ info, rows, positions }: EntryEnd): TreeOperation[] {
    const scanned = this.scannedMotors.map((channel) => {
      return {
        channel: channel.name,
        name: this.#placeOf(channel).link,
        positions: positions.get(channel) ?? [],
      };
    });
    const grid = gridOf(info, scanned);
    const { operations, hasDefault } = plotOperations(this.path, info, this.#fields(rows), grid, this.#known);
    if (!hasDefault) return [...operations];
    return [...operations, { op: 'attributes', path: this.path, attributes: { default: 'plotselect' } }];
  }

  #fields(rows: ReadonlyMap<Channel, number>): PlotField[] {
    // As published in the chain: which channel came first differs from reading to reading.
    const ranks = new Map([...this.#planned.keys()].map((name, rank) => [name, rank]));
    const rank = ([{ name }]: [Channel, unknown]): number => ranks.get(name) ?? ranks.size;
    const inOrder = [...this.#plottable].sort((a, b) => rank(a) - rank(b));
    return inOrder.map(([channel, pointShape]) => {
      const place = this.#placeOf(channel);
      return {
        channel: channel.name,
        name: place.link,
        path: this.datasetOf(channel),
        pointShape,
        rows: rows.get(channel) ?? 0,
        isPositioner: place.positioner !== undefined,
        deviceType: textOf(place.deviceInfo.get('type')) ?? 'detector',
      };
    });
  }

  /** The link in `measurement`. */
  #link(channel: Channel): TreeOperation[] {
    const measurement = `${this.path}/measurement`;
    const path = `${measurement}/${this.#placeOf(channel).link}`;
    return [
      ...this.#once(measurement, () => [
        { op: 'group', path: measurement, attributes: { NX_class: 'NXcollection' } },
      ]),
      ...this.#record([{ op: 'softLink', path, target: this.datasetOf(channel) }]),
    ];
  }

  #positionerLink(place: ChannelPlace, target: string): TreeOperation[] {
    if (place.positioner === undefined) return [];
    const path = `${this.instrument}/positioners/${place.positioner}`;
    return this.#once(path, () => [{ op: 'softLink', path, target }]);
  }

  #scannedMotors(): Set<string> {
    return new Set([...this.#planned.values()].flatMap(({ positioner }) => positioner ?? []));
  }

  /** A channel that scan_info did not list, or another of the same name, gets a place of its own. */
  #placeOf(channel: Channel): ChannelPlace {
    const known = this.#places.get(channel.id);
    if (known !== undefined) return known;
    const isTaken = this.#names.has(channel.name);
    const planned = isTaken ? undefined : this.#planned.get(channel.name);
    const place = planned ?? this.#plan(channel.name, channel.name, false);
    this.#names.add(channel.name);
    this.#places.set(channel.id, place);
    this.#channelPlaces.set(channel, place);
    return place;
  }

  #plan(fullName: string, shortName: string, isPositioner: boolean): ChannelPlace {
    const wanted = isPositioner ? placePositioner(shortName) : placeDetector(fullName, shortName, this.#info);
    const group = this.#groupFor(
      `${isPositioner ? 'positioner' : 'detector'} ${wanted.device}`,
      wanted.device,
    );
    const dataset = this.#takeDataset(group, wanted);
    const isPrincipal = dataset === 'data' || dataset === 'value';
    return {
      group,
      dataset,
      unit: wanted.unit,
      deviceInfo: wanted.deviceInfo,
      isDevice: wanted.isDevice,
      isRenamed: group !== wanted.device.replaceAll(':', '_') || dataset !== wanted.dataset,
      link: this.#linkNames.take(isPrincipal ? group : `${group}_${dataset}`),
      positioner: isPositioner ? group : undefined,
    };
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

  #takeDataset(group: string, wanted: DetectorPlace): string {
    let names = this.#datasetNames.get(group);
    if (names === undefined) {
      names = new UniqueNames(pathComponents(wanted.deviceInfo.keys()).values());
      this.#datasetNames.set(group, names);
    }
    const pathOf = (name: string): string => `${this.instrument}/${group}/${name}`;
    const dataset = names.take(wanted.dataset, (name) => this.#known.has(pathOf(name)));
    this.#datasets.add(pathOf(dataset));
    return dataset;
  }

  #once(path: string, operations: () => TreeOperation[]): TreeOperation[] {
    return this.#known.has(path) ? [] : this.#record(operations());
  }

  #record(operations: TreeOperation[]): TreeOperation[] {
    this.#known.record(operations);
    return operations;
  }
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** Without what the group has already, such as `type`. */
function withoutKnown(group: string, info: InfoDict, known: KnownPaths): InfoDict {
  return new Map([...info].filter(([key]) => !known.has(`${group}/${key}`)));
}
