import { EMPTY_INFO, type InfoDict, type ScanEvent, type ScanEventOf } from '../scan/index.js';
import { followScan } from '../subscriber/index.js';
import type { ScanEventSource } from '../writer/index.js';
import type { ScanTask } from './scanTask.js';
import { trimAlarm } from './trimAlarm.js';

/** Why a file has an end and its scan has none. */
export const STOPPED = 'The writing of the scan was stopped by request, before its end.';

/**
 * The events of a scan as the service wants them: told how it goes on, and ended when no more is to be read.
 * @param onMark what Redis had of a scan that was abandoned
 */
export function scanSource(
  dbName: string,
  task: ScanTask,
  onMark: (mark: string | undefined) => void,
): ScanEventSource {
  const { connection, settings, reports, hasNewer, stopReading } = task;
  return async function* (stop, startOf) {
    const quiet = { milliseconds: settings.quiet, hasNewer };
    let last: { scan: ScanEvent['scan']; info: InfoDict } | undefined;
    const events = followScan(connection, dbName, {
      wait: true,
      signal: AbortSignal.any([stop, stopReading]),
      quiet,
      startOf,
      onTrimMargins: trimAlarm(dbName, reports),
      onDecoded: (seconds) => reports.onDecoded?.(seconds),
    });
    for await (const event of events) {
      if (event.type === 'scanAbandoned') onMark(event.mark);
      if (event.type === 'gap') reports.onGap?.(dbName, countOf(event));
      last = {
        scan: event.scan,
        info: 'info' in event && isOfScan(event) ? event.info : (last?.info ?? EMPTY_INFO),
      };
      yield event;
    }
    if (!stopReading.aborted || stop.aborted || last === undefined) return;
    yield { type: 'scanAbandoned', ...last, state: 'UNKNOWN', mark: undefined, why: STOPPED };
  };
}

function countOf({ from, to }: ScanEventOf<'gap'>): number {
  return to === undefined ? -1 : to - from;
}

/** Devices, datasets and members have infos of their own. */
function isOfScan({ type }: ScanEvent): boolean {
  return type === 'scanStarted' || type === 'scanPrepared' || type === 'infoChanged';
}
