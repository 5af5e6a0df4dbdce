import {
  numberOf,
  ScanWriterError,
  sessionOf,
  type Channel,
  type InfoDict,
  type ScanEvent,
  type ScanIdentity,
  type TrimMargin,
} from '../../scan/index.js';
import type { RedisConnection } from '../redis/index.js';
import { isScan, nodesByStreams, readInfo, readNode } from './nodes.js';
import { ScanReader } from './scanReader.js';
import { TrimWatch } from './trimWatch.js';

/** A publisher that was killed never says that its scan has ended. */
export interface Quiet {
  /**
   * After so long without a word the scan is abandoned if no publisher is connected to Redis; after ten times as long also
   * if it has published a newer scan.
   */
  readonly milliseconds: number;
  /** Whether the session has a scan that was started later. */
  readonly hasNewer: () => boolean;
}

export interface FollowScanOptions {
  /** `true`: until the scan ends; `false`: what Redis holds now, and `scanAbandoned` when there is no END. */
  readonly wait: boolean;
  readonly signal: AbortSignal;
  /** When a scan without END is given up; without it, never. */
  readonly quiet?: Quiet;
  /** Index of a channel's first point that is wanted, 0 when absent; asked when its node is known. */
  readonly startOf?: (channel: Channel) => number;
  /**
   * Told every few seconds while reading is behind what is published, also when that is since nobody takes the events:
   * how far each channel is from losing points. Told with an empty list when it is behind no more.
   */
  readonly onTrimMargins?: (margins: readonly TrimMargin[]) => void;
  /** Told for the events of a channel in one reply how many seconds it took to decode them. */
  readonly onDecoded?: (seconds: number) => void;
}

/**
 * All events of one scan from its first point on, or from those that are wanted (PROTOCOL 7 and 8). Reading by index: safe
 * to start again anywhere.
 * Ends early and silently when aborted.
 * @throws ScanWriterError `unknownScan` when the scan is not in Redis; `unreachable`, `refused`
 */
export async function* followScan(
  connection: RedisConnection,
  dbName: string,
  options: FollowScanOptions,
): AsyncGenerator<ScanEvent> {
  const started = await connection.attempt(() => identify(connection, dbName), options.signal);
  if (started === undefined) return;
  const { scan, info } = started;
  const { onTrimMargins } = options;
  const reader = connection.openReader();
  const scanReader = new ScanReader(connection, reader, scan, info, options);
  const watch = onTrimMargins && new TrimWatch(connection.commands, scanReader, onTrimMargins);
  try {
    yield { type: 'scanStarted', scan, session: sessionOf(dbName), info };
    yield* scanReader.events();
  } finally {
    watch?.stop();
    reader.disconnect();
  }
}

async function identify(
  { commands }: RedisConnection,
  dbName: string,
): Promise<{ scan: ScanIdentity; info: InfoDict }> {
  const node = (await readNode(commands, dbName)) ?? (await nodesByStreams(commands, [dbName]))[0];
  if (node === undefined) {
    throw new ScanWriterError(
      'unknownScan',
      `Scan "${dbName}" is not in Redis: it never was, or it expired (BLISS keeps scans for a day). "scan-writer list" shows what is there.`,
      { subject: dbName },
    );
  }
  if (!isScan(node)) {
    throw new ScanWriterError(
      'unknownScan',
      `"${dbName}" is a ${node.type}, not a scan: "scan-writer list" shows the scans.`,
      { subject: dbName },
    );
  }
  const info = await readInfo(commands, dbName);
  return { scan: identityOf(dbName, info), info };
}

function identityOf(dbName: string, info: InfoDict): ScanIdentity {
  return { dbName, startTimestamp: numberOf(info.get('start_timestamp')) ?? NaN };
}
