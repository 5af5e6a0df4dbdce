import type { TrimMargin } from '../scan/index.js';
import type { ServiceReports } from './reports.js';

type TrimReports = Pick<ServiceReports, 'onTrimMargins' | 'onTrimRisk' | 'onTrimSafe'>;

/** Passes the margins of a scan on, and tells once when points are at risk and once when they are not any more. */
export function trimAlarm(dbName: string, reports: TrimReports): (margins: readonly TrimMargin[]) => void {
  let isTold = false;
  return (margins) => {
    reports.onTrimMargins?.(dbName, margins);
    const atRisk = margins
      .filter(({ isAtRisk }) => isAtRisk)
      .sort((a, b) => (a.seconds ?? Infinity) - (b.seconds ?? Infinity));
    if (atRisk.length > 0 === isTold) return;
    isTold = !isTold;
    if (isTold) reports.onTrimRisk?.(dbName, atRisk);
    else reports.onTrimSafe?.(dbName);
  };
}
