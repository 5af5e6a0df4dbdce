import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import {
  isFinalState,
  numberOf,
  type InfoDict,
  type ScanIdentity,
  type ScanState,
} from '../../scan/index.js';
import { childrenKey, endKey, infoKey, preparedKey } from './keys.js';
import { readInfo } from './nodes.js';
import { stateOf } from './state.js';

/** The final state is written after END_SCAN: some ms later, longer when hooks run in between (DESIGN decision 3). */
const FINAL_STATE_TIMEOUT = 10_000;
const FINAL_STATE_POLL = 50;

/** The info of a scan while it is followed, and whether it is still this scan's. */
export class ScanInfo {
  readonly #redis: Redis;
  readonly #scan: ScanIdentity;
  #latest: InfoDict;
  #whyLost: string | undefined;

  constructor(redis: Redis, scan: ScanIdentity, info: InfoDict) {
    this.#redis = redis;
    this.#scan = scan;
    this.#latest = info;
  }

  /** As last read. Info that expired or was evicted meanwhile stays as it was known. */
  get latest(): InfoDict {
    return this.#latest;
  }

  get state(): ScanState {
    return stateOf(this.#latest);
  }

  /** Set when the scan is not in Redis any more. */
  get whyLost(): string | undefined {
    return this.#whyLost;
  }

  /**
   * Reads it again.
   * @param dataKeys when given, it is also looked at whether any key of the scan, or of these, is still there
   * @returns true
   */
  async update(dataKeys?: readonly string[]): Promise<true> {
    const { dbName, startTimestamp } = this.#scan;
    const info = await readInfo(this.#redis, dbName);
    const found = numberOf(info.get('start_timestamp')) ?? NaN;
    // Without a start_timestamp nothing can be told; keys are evicted one by one (PROTOCOL 9.6).
    if (Number.isFinite(found) && Number.isFinite(startTimestamp) && found !== startTimestamp) {
      this.#whyLost = 'another scan has its name in Redis now';
    } else if (info.size > 0) {
      this.#latest = info;
    } else if (dataKeys !== undefined && !(await this.#isAnythingLeft(dataKeys))) {
      this.#whyLost = 'its keys are gone from Redis';
    }
    return true;
  }

  /** Reads it until it has a final state; not longer than some seconds. Undefined when aborted. */
  async waitForFinalState(
    attempt: (read: () => Promise<true>) => Promise<true | undefined>,
  ): Promise<true | undefined> {
    const deadline = performance.now() + FINAL_STATE_TIMEOUT;
    for (;;) {
      if ((await attempt(() => this.update())) === undefined) return undefined;
      const isOver = performance.now() > deadline || this.#whyLost !== undefined;
      if (isOver || isFinalState(this.state)) return true;
      await sleep(FINAL_STATE_POLL);
    }
  }

  async #isAnythingLeft(dataKeys: readonly string[]): Promise<boolean> {
    const { dbName } = this.#scan;
    const own = [dbName, infoKey(dbName), childrenKey(dbName), preparedKey(dbName), endKey(dbName)];
    return (await this.#redis.exists(...own, ...dataKeys)) > 0;
  }
}
