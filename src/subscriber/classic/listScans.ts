import {
  booleanOf,
  integerOf,
  nodeName,
  numberOf,
  sessionOf,
  textOf,
  type ScanState,
} from '../../scan/index.js';
import type { RedisConnection } from '../redis/index.js';
import { readInfos } from './nodes.js';
import { stateOf } from './state.js';
import { watchScans } from './watchScans.js';

/** What is known of a scan without reading its data. */
export interface ScanSummary {
  readonly scan: string;
  readonly name: string;
  readonly number: number | undefined;
  readonly session: string;
  readonly state: ScanState;
  readonly saved: boolean;
  /** `SCAN_SAVING.writer` of the session. */
  readonly writer: string | undefined;
  readonly filename: string;
  /** Seconds since the epoch. */
  readonly startTimestamp: number | undefined;
}

const BATCH = 100;

/** All scans of a session that Redis holds, oldest first. */
export async function listScans(
  connection: RedisConnection,
  session: string,
  signal: AbortSignal,
): Promise<ScanSummary[]> {
  const names: string[] = [];
  for await (const { dbName } of watchScans(connection, session, { wait: false, signal })) names.push(dbName);
  const summaries: ScanSummary[] = [];
  for (let i = 0; i < names.length; i += BATCH) {
    const batch = names.slice(i, i + BATCH);
    const infos = await connection.attempt(() => readInfos(connection.commands, batch), signal);
    infos?.forEach((info, index) => {
      const scan = batch[index] ?? '';
      summaries.push({
        scan,
        name: nodeName(scan),
        number: integerOf(info.get('scan_nb')),
        session: sessionOf(scan),
        state: stateOf(info),
        saved: booleanOf(info.get('save')) ?? false,
        writer: textOf(info.get('data_writer')),
        filename: textOf(info.get('filename')) ?? '',
        startTimestamp: numberOf(info.get('start_timestamp')),
      });
    });
  }
  return summaries.sort((a, b) => (a.startTimestamp ?? 0) - (b.startTimestamp ?? 0));
}
