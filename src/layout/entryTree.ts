import {
  elementCount,
  integerOf,
  lookUp,
  sameItems,
  textOf,
  type Channel,
  type InfoDict,
  type NumericArray,
} from '../scan/index.js';
import type { SubScan } from './chain.js';
import { float64List, pathComponents, valueOperations } from './dictionary.js';
import { EntryImages } from './entryImages.js';
import type { ImagePlan } from './images.js';
import type { MasterLink } from './master.js';
import { KnownPaths } from './knownPaths.js';
import { applicationOperations } from './applications.js';
import { selectionOf } from './devices.js';
import { gridOf, plannedShape } from './grid.js';
import { categoryOperations, mergeOperations } from './metadata.js';
import { notesOf, sampleOf } from './notes.js';
import { livePlot, type LivePlot } from './livePlot.js';
import { plotOperations, type PlotField } from './plots.js';
import { ChannelPlaces, type ChannelPlace } from './places.js';
import type { Attributes, PointType, TreeOperation } from './operation.js';
import type { LayoutOptions } from './options.js';
import {
  END_POSITIONS,
  positionNames,
  positionOperation,
  positionsGroup,
  START_POSITIONS,
} from './positioners.js';
import { interpretationOf, storageOf } from './storage.js';

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
  readonly #options: LayoutOptions;
  readonly #places: ChannelPlaces;
  readonly #known = new KnownPaths();
  /** Channels whose datasets hold numbers, with the shape of their first point. */
  readonly #plottable = new Map<Channel, readonly number[]>();
  readonly #images: EntryImages;
  /** Channels whose one point has no dimension of points. */
  readonly #scalars = new Set<Channel>();
  /** Shape of a mesh that is kept, the slow motor first; else `[]`. */
  readonly #meshShape: readonly number[];

  constructor(name: string, subScan: SubScan, info: InfoDict, options: LayoutOptions) {
    this.name = name;
    this.path = `/${name}`;
    this.topMaster = subScan.topMaster;
    this.#info = info;
    this.#options = options;
    this.#meshShape = options.keepShape ? plannedShape(info) : [];
    for (const name of WRITTEN_LATER) this.#known.reserve(`${this.path}/${name}`);
    this.#images = new EntryImages(info, options, this.#known);
    this.#places = new ChannelPlaces(this.instrument, subScan, info, options, this.#known);
  }

  get instrument(): string {
    return `${this.path}/instrument`;
  }

  /** Entry, title, start_time, instrument with the positions that are known now (LAYOUT 1.2, 1.3). */
  start(title: string, startTime: string | undefined): TreeOperation[] {
    const beamline = textOf(lookUp(this.#info, 'nexuswriter', 'instrument'));
    const { scanned } = this.#places;
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
    const place = this.#places.of(channel);
    const group = `${this.instrument}/${place.group}`;
    const isPositioner = place.positioner !== undefined;
    const operations: TreeOperation[] = this.#once(group, () => [
      { op: 'group', path: group, attributes: { NX_class: isPositioner ? 'NXpositioner' : 'NXdetector' } },
    ]);
    const { calibration } = place;
    if (calibration !== undefined) {
      const path = `${group}/calibration`;
      operations.push(...this.#once(path, () => [{ op: 'array', path, array: float64List(calibration) }]));
    }
    const names = pathComponents(place.deviceInfo.keys());
    for (const [key, value] of place.deviceInfo) {
      const path = `${group}/${names.get(key) ?? key}`;
      // The place of a channel's points is kept for them.
      if (this.#places.holdPoints(path)) continue;
      operations.push(...this.#once(path, () => valueOperations(path, value)));
    }
    return operations;
  }

  /** Path of the dataset that holds the channel's points. */
  datasetOf(channel: Channel): string {
    const place = this.#places.of(channel);
    return `${this.instrument}/${place.group}/${place.dataset}`;
  }

  /** The dataset and the links to it, when the first points are there: links cannot be replaced later. */
  firstPoints(channel: Channel, type: PointType, pointShape: readonly number[]): TreeOperation[] {
    const meshShape = type === 'text' ? [] : this.#meshShape;
    const [, ...meshLines] = meshShape;
    const shape = { pointShape, ...(meshLines.length === 0 ? {} : { meshLines }) };
    const storage = storageOf(type, pointShape, integerOf(this.#info.get('npoints')), this.#options);
    const attributes = this.#attributesOf(channel, pointShape.length > 0 ? pointShape : meshShape);
    if (type !== 'text') this.#plottable.set(channel, pointShape);
    const path = this.datasetOf(channel);
    return this.#linked(channel, { op: 'points', path, type, ...shape, ...storage, attributes });
  }

  /**
   * The dataset with the length of each point in each dimension, beside the points of a channel that differ in it; 0
   * where no point is.
   */
  lengths(channel: Channel): { path: string; operations: TreeOperation[] } {
    const rank = this.#plottable.get(channel)?.length ?? 1;
    const path = this.#known.free(`${this.datasetOf(channel)}_lengths`);
    const pointShape = rank === 1 ? [] : [rank];
    const storage = storageOf('int64', [], integerOf(this.#info.get('npoints')), this.#options);
    return {
      path,
      operations: this.#record([{ op: 'points', path, type: 'int64', pointShape, ...storage }]),
    };
  }

  /** Points turned out to be longer than the first. */
  setExtents(channel: Channel, extents: readonly number[]): void {
    this.#plottable.set(channel, extents);
  }

  /** The one point of a scan that has no more, in a dataset without a dimension of points. */
  onlyPoint(channel: Channel, point: NumericArray | string): TreeOperation[] {
    const path = this.datasetOf(channel);
    if (typeof point === 'string') {
      return this.#linked(channel, {
        op: 'text',
        path,
        value: point,
        attributes: this.#attributesOf(channel, []),
      });
    }
    this.#plottable.set(channel, point.shape);
    this.#scalars.add(channel);
    const attributes = this.#attributesOf(channel, point.shape);
    return this.#linked(channel, { op: 'array', path, array: point, attributes });
  }

  #linked(channel: Channel, dataset: TreeOperation): TreeOperation[] {
    return [
      ...this.addChannel(channel),
      ...this.#record([dataset]),
      ...this.#link(channel),
      ...this.#positionerLink(this.#places.of(channel), dataset.path),
    ];
  }

  #attributesOf(channel: Channel, shape: readonly number[]): Attributes {
    const place = this.#places.of(channel);
    const unit = channel.unit ?? place.unit;
    const interpretation = interpretationOf(shape);
    return {
      ...(unit === undefined || unit === '' ? {} : { units: unit }),
      ...(interpretation === undefined ? {} : { interpretation }),
      ...(place.isRenamed ? { fullname: channel.name } : {}),
    };
  }

  /** Positions at the end, the start position of each scanned motor that never got a point, and published metadata. */
  end(end: EntryEnd): TreeOperation[] {
    const { info } = end;
    const positioners = `${this.instrument}/positioners`;
    const { scanned } = this.#places;
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
      ...this.#meshPadding(end.rows),
      ...categoryOperations(this.path, info, this.#known),
      ...this.#selections(info),
      ...end.devices.flatMap((device) => this.#deviceOperations(device)),
      ...mergeOperations(this.path, 'notes', notesOf(info, end.offsetMinutes), this.#known),
      ...mergeOperations(this.path, 'sample', sampleOf(end.dataset), this.#known),
      ...applicationOperations(this.path, info, this.#fields(end.rows), end.endTime, this.#known),
      ...this.#plots(end),
    ];
  }

  /** A detector's images, see {@link EntryImages}. */
  images(channel: Channel, plan: ImagePlan): TreeOperation[] {
    const isFirst = plan.kind !== 'copied';
    const isReachable = isFirst && plan.kind !== 'list';
    return [
      ...(isFirst ? this.addChannel(channel) : []),
      ...this.#record(this.#images.operations(channel, this.datasetOf(channel), plan)),
      ...(isReachable ? this.#link(channel) : []),
    ];
  }

  /** Elements of one image, 0 where no image is reachable. */
  imageElements(channel: Channel): number {
    return this.#images.elements(channel);
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
    return [...this.#plottable.keys()].filter((channel) => this.#places.of(channel).positioner !== undefined);
  }

  /** What to draw of the points that came until now; undefined while there is nothing. */
  get livePlot(): LivePlot | undefined {
    return livePlot(this.#info, this.#fields(new Map()), this.#options.generic);
  }

  /** A mesh in its own shape has all its places in the end, as it was planned. */
  #meshPadding(rows: ReadonlyMap<Channel, number>): TreeOperation[] {
    return [...this.#plottable.keys()].flatMap((channel): TreeOperation[] => {
      const [lines] = this.#finalMesh(rows.get(channel) ?? 0);
      return lines === undefined ? [] : [{ op: 'pad', path: this.datasetOf(channel), rows: lines }];
    });
  }

  /** Where the regions of cameras are, beside their values. */
  #selections(info: InfoDict): TreeOperation[] {
    return [...this.#places.all].flatMap(([channel, { group, region }]) => {
      const selection = region === undefined ? undefined : selectionOf(channel.name, region, info);
      const path = `${this.instrument}/${group}/selection`;
      if (selection === undefined || !this.#known.has(`${this.instrument}/${group}`)) return [];
      return this.#once(path, () => valueOperations(path, selection));
    });
  }

  /** What a device told of itself, in each group of its channels. */
  #deviceOperations({ devices, info }: DeviceInfo): TreeOperation[] {
    const groups = new Set<string>();
    for (const [channel, place] of this.#places.all) {
      const isOwn = place.isDevice && place.positioner === undefined;
      if (isOwn && sameItems(channel.devices, devices)) groups.add(place.group);
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
        name: this.#places.of(channel).link,
        positions: positions.get(channel) ?? [],
      };
    });
    const grid = gridOf(info, scanned);
    const { operations, hasDefault } = plotOperations(
      this.path,
      info,
      this.#fields(rows),
      grid,
      this.#known,
      this.#options.generic,
    );
    if (!hasDefault) return [...operations];
    return [...operations, { op: 'attributes', path: this.path, attributes: { default: 'plotselect' } }];
  }

  #fields(rows: ReadonlyMap<Channel, number>): PlotField[] {
    // As published in the chain: which channel came first differs from reading to reading.
    const ranks = new Map(this.#places.announced.map((name, rank) => [name, rank]));
    const rank = ([{ name }]: [Channel, unknown]): number => ranks.get(name) ?? ranks.size;
    const inOrder = [...this.#plottable, ...this.#images.linked].sort((a, b) => rank(a) - rank(b));
    return inOrder.map(([channel, pointShape]) => {
      const place = this.#places.of(channel);
      const points = rows.get(channel) ?? 0;
      const isLinked = this.#images.linked.has(channel);
      const meshShape = isLinked ? [] : this.#finalMesh(points);
      return {
        channel: channel.name,
        name: place.link,
        path: this.datasetOf(channel),
        pointShape,
        rows: meshShape.length === 0 ? points : elementCount(meshShape),
        meshShape,
        isScalar: this.#scalars.has(channel),
        isLinked,
        isPositioner: place.positioner !== undefined,
        deviceType: textOf(place.deviceInfo.get('type')) ?? `unknown${pointShape.length}D`,
        calibration: place.calibration,
      };
    });
  }

  /** The shape of a mesh that a dataset has in the end, all planned points and those that came; `[]` when flat. */
  #finalMesh(points: number): number[] {
    const [planned, ...lines] = this.#meshShape;
    if (planned === undefined) return [];
    return [Math.max(planned, Math.ceil(points / elementCount(lines))), ...lines];
  }

  /** The link in `measurement`. */
  #link(channel: Channel): TreeOperation[] {
    const measurement = `${this.path}/measurement`;
    const path = `${measurement}/${this.#places.of(channel).link}`;
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

  #once(path: string, operations: () => TreeOperation[]): TreeOperation[] {
    return this.#known.has(path) ? [] : this.#record(operations());
  }

  #record(operations: TreeOperation[]): TreeOperation[] {
    this.#known.record(operations);
    return operations;
  }
}

/** Without what the group has already, such as `type`. */
function withoutKnown(group: string, info: InfoDict, known: KnownPaths): InfoDict {
  return new Map([...info].filter(([key]) => !known.has(`${group}/${key}`)));
}
