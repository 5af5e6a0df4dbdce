import {
  itemSize,
  type Channel,
  type Chunk,
  type DType,
  type InfoDateTime,
  type InfoDict,
  type InfoValue,
  type NumericArray,
  type ScanEvent,
  type ScanEventOf,
  type ScanIdentity,
} from '../../src/scan/index.js';

/** A value as a person writes it: objects for dictionaries. A number is a Python float, a bigint an int. */
export type Plain = InfoValue | readonly Plain[] | { readonly [key: string]: Plain | undefined };

/** scan_info, or a part of it, from plain objects; keys that are undefined are left out. */
export function infoOf(plain: { readonly [key: string]: Plain | undefined }): InfoDict {
  const entries = Object.entries(plain).filter((entry): entry is [string, Plain] => entry[1] !== undefined);
  return new Map(entries.map(([key, value]) => [key, valueOf(value)]));
}

function valueOf(value: Plain): InfoValue {
  if (Array.isArray(value)) return value.map((item: Plain) => valueOf(item));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (value instanceof Map || 'kind' in value || 'dtype' in value) return value as InfoValue;
  return infoOf(value as { readonly [key: string]: Plain });
}

/** One top master with its devices, each a list of channels; the first device triggers the others. */
export interface ChainShape {
  readonly devices: Readonly<Record<string, readonly string[]>>;
  /** Channels below it that are spectra or images. */
  readonly spectra?: readonly string[];
  readonly images?: readonly string[];
}

/** `acquisition_chain`, `devices` and `channels` as BLISS publishes them (PROTOCOL 6). */
export function chainOf(chain: Readonly<Record<string, ChainShape>>): Record<string, Plain> {
  const acquisitionChain: Record<string, Plain> = {};
  const devices: Record<string, Plain> = {};
  const channels: Record<string, Plain> = {};
  for (const [topMaster, { devices: shape, spectra = [], images = [] }] of Object.entries(chain)) {
    const ids = Object.keys(shape).map((name) => `${topMaster}_1:${name}`);
    Object.entries(shape).forEach(([name, names], index) => {
      const triggered = index === 0 ? ids.slice(1) : undefined;
      devices[`${topMaster}_1:${name}`] = {
        channels: names,
        ...(triggered?.length ? { triggered_devices: triggered } : {}),
      };
      for (const channel of names) {
        channels[channel] = { dim: spectra.includes(channel) ? 1n : images.includes(channel) ? 2n : 0n };
      }
    });
    acquisitionChain[topMaster] = { devices: ids, scalars: [], spectra, images };
  }
  return { acquisition_chain: acquisitionChain, devices, channels };
}

/** The chain of an ascan of one motor with one counter. */
export const ASCAN_CHAIN = chainOf({
  axis: { devices: { axis: ['axis:robx'], timer: ['timer:elapsed_time'], diode: ['ctrl:diode1'] } },
});

export function scanOf(dbName = 's:mnt:data:12_ascan', startTimestamp = 1_700_000_000.25): ScanIdentity {
  return { dbName, startTimestamp };
}

let ids = 0;

export function channelOf(name: string, overrides: Partial<Channel> = {}): Channel {
  const kind = 'data' as const;
  const id = `s:mnt:data:12_ascan:axis:${name}:${++ids}`;
  const shared = { devices: ['axis'], dtype: 'float64' as const, shape: [], unit: undefined };
  return { id, name, kind, ...shared, ...overrides };
}

export function dateTime(
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
  microsecond = 0,
): InfoDateTime {
  return { kind: 'datetime', year, month, day, hour, minute, second, microsecond };
}

/** Numbers as little-endian bytes; complex ones as pairs in a row. */
export function bytesOf(dtype: DType, values: readonly number[]): Uint8Array {
  const isComplex = dtype.startsWith('complex');
  const size = isComplex ? itemSize(dtype) / 2 : itemSize(dtype);
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    const at = index * size;
    if (dtype.startsWith('float') || isComplex) {
      if (size === 4) view.setFloat32(at, value, true);
      else view.setFloat64(at, value, true);
    } else if (size === 8) view.setBigInt64(at, BigInt(value), true);
    else if (size === 4) view.setInt32(at, value, true);
    else if (size === 2) view.setInt16(at, value, true);
    else view.setInt8(at, value);
  });
  return bytes;
}

export function arrayOf(dtype: DType, shape: readonly number[], values: readonly number[]): NumericArray {
  return { dtype, shape, bytes: bytesOf(dtype, values) };
}

/** A chunk of points of this shape, scalars when none is named. */
export function chunkOf(
  channel: Channel,
  firstIndex: number,
  values: readonly number[],
  { dtype = channel.dtype ?? 'float64', shape = [] }: { dtype?: DType; shape?: readonly number[] } = {},
): Chunk {
  const pointLength = shape.reduce((product, length) => product * length, 1);
  const count = pointLength === 0 ? 1 : values.length / pointLength;
  return { channel, firstIndex, count, dtype, shape, bytes: bytesOf(dtype, values) };
}

/** Makes the events of one scan. */
export class EventsOf {
  readonly scan: ScanIdentity;
  readonly info: InfoDict;

  constructor(scan: ScanIdentity, info: InfoDict) {
    this.scan = scan;
    this.info = info;
  }

  started(): ScanEvent {
    return { type: 'scanStarted', scan: this.scan, session: 's', info: this.info };
  }
  added(channel: Channel): ScanEvent {
    return { type: 'channelAdded', scan: this.scan, channel };
  }
  chunk(...args: Parameters<typeof chunkOf>): ScanEventOf<'chunk'> {
    return { type: 'chunk', scan: this.scan, ...chunkOf(...args) };
  }
  records(channel: Channel, firstIndex: number, values: readonly string[]): ScanEvent {
    return { type: 'records', scan: this.scan, channel, firstIndex, values };
  }
  gap(channel: Channel, from: number, to: number | undefined, cause = 'trimmed by Redis'): ScanEvent {
    return { type: 'gap', scan: this.scan, channel, from, to, cause };
  }
  ended(state: ScanEventOf<'scanEnded'>['state'] = 'DONE', info = this.info): ScanEvent {
    const reason = state === 'DONE' ? 'SUCCESS' : state === 'USER_ABORTED' ? 'USER_ABORT' : 'FAILURE';
    return { type: 'scanEnded', scan: this.scan, info, state, reason };
  }
  abandoned(): ScanEvent {
    return { type: 'scanAbandoned', scan: this.scan, info: this.info, state: 'RUNNING', mark: 'mark' };
  }
  lost(why: string): ScanEvent {
    return { type: 'scanLost', scan: this.scan, why };
  }
}
