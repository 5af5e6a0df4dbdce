/**
 * Replays a recording of what a publisher sent to Redis. This is the only part that writes to a Redis.
 * From outside use `replay`; everything else here is its making.
 */
export { replay, type ReplayOptions, type ReplayProgress, type ReplayResult } from './replay.js';
