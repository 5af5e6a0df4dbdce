import type { DType } from './dtype.js';
import type { InfoDict } from './info.js';
import type { Channel, EndReason, ScanIdentity, ScanState } from './scan.js';

/** Points `[firstIndex, firstIndex + count)` of a channel: `count` times `shape`, little-endian, C order. */
export interface Chunk {
  readonly channel: Channel;
  readonly firstIndex: number;
  readonly count: number;
  readonly dtype: DType;
  /** Shape of one point, `[]` for a scalar. Can differ from chunk to chunk. */
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Points that are no numbers, as text. */
export interface Records {
  readonly channel: Channel;
  readonly firstIndex: number;
  readonly values: readonly string[];
}

/** Points `[from, to)` of a channel that cannot be had any more; `to` is undefined when nobody knows how many. */
export interface Gap {
  readonly channel: Channel;
  readonly from: number;
  readonly to: number | undefined;
  /** One clause that a person understands, such as "trimmed by Redis before it was read". */
  readonly cause: string;
}

/** Images that a detector wrote itself; cumulative. Counts are of the whole scan. */
export interface Images {
  readonly channel: Channel;
  /** Frames acquired and ready. */
  readonly ready: number;
  /** Frames that are in files. */
  readonly saved: number;
  /** Where and in which format: `_data_ref` and the node's info (PROTOCOL 9.1); empty when images are not saved. */
  readonly reference: InfoDict;
}

interface OfScan {
  readonly scan: ScanIdentity;
}

/**
 * All that passes from a subscriber to whoever uses the scan.
 * For each channel, chunks, records and gaps tile `[0, total)` in order.
 */
export type ScanEvent = OfScan &
  (
    | { readonly type: 'scanStarted'; readonly session: string; readonly info: InfoDict }
    | { readonly type: 'channelAdded'; readonly channel: Channel }
    | { readonly type: 'scanPrepared'; readonly info: InfoDict }
    | ({ readonly type: 'chunk' } & Chunk)
    | ({ readonly type: 'records' } & Records)
    | ({ readonly type: 'images' } & Images)
    | ({ readonly type: 'gap' } & Gap)
    /** The scan is a group and this scan belongs to it. */
    | {
        readonly type: 'memberScan';
        readonly channel: Channel;
        readonly index: number;
        readonly member: string;
        /** The member's scan_info; empty when it is gone from Redis. */
        readonly info: InfoDict;
      }
    /** Nothing more will come of this channel. `total` is one past the last index that was published. */
    | { readonly type: 'channelEnded'; readonly channel: Channel; readonly total: number }
    /** What a device below the scan told of itself, such as a camera's parameters; at the end, once each. */
    | { readonly type: 'deviceInfo'; readonly devices: readonly string[]; readonly info: InfoDict }
    /** What is known of the dataset that the scan belongs to (data policy), such as its sample; at the end. */
    | { readonly type: 'datasetInfo'; readonly info: InfoDict }
    /** The whole new info, never a patch. */
    | { readonly type: 'infoChanged'; readonly info: InfoDict }
    | { readonly type: 'stateChanged'; readonly state: ScanState }
    | {
        readonly type: 'scanEnded';
        readonly info: InfoDict;
        readonly state: ScanState;
        readonly reason: EndReason;
      }
    /** No END was published and none is waited for any more. */
    | {
        readonly type: 'scanAbandoned';
        readonly info: InfoDict;
        readonly state: ScanState;
        /** Changes when more is published of the scan; undefined when nothing of it is left. */
        readonly mark: string | undefined;
        /** A sentence, when somebody decided that no more is waited for. */
        readonly why?: string;
      }
    /** The scan's keys are gone from Redis before its end was seen. */
    | { readonly type: 'scanLost'; readonly why: string }
  );

export type ScanEventType = ScanEvent['type'];
export type ScanEventOf<T extends ScanEventType> = Extract<ScanEvent, { type: T }>;
