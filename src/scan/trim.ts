import type { Channel } from './scan.js';

/**
 * How near a channel's next point is to being trimmed from Redis, while its reader is behind. Redis drops the oldest
 * events of a stream (PROTOCOL 4.3): as long as some are left that were read already, nothing is lost.
 */
export interface TrimMargin {
  readonly channel: Channel;
  /** Events in Redis before the next one that is wanted; 0 when the next one to be dropped is wanted. */
  readonly entries: number;
  /** Points that are published and not read yet. */
  readonly behind: number;
  /** All events that Redis has of the channel. */
  readonly length: number;
  /** Until the wanted event is dropped, at the rate of the last minute; undefined while nothing is dropped. */
  readonly seconds: number | undefined;
  /** Whether it is time to say so: less than a minute or a tenth of the events is left, and events are being dropped. */
  readonly isAtRisk: boolean;
}
