import type { ScanStatus, ServiceStatus } from '../status/index.js';
import { HttpError } from './answers.js';

/**
 * The scan that a request names.
 * @throws HttpError 404 when the service does not know it
 */
export function knownScan(status: ServiceStatus, dbName: string): ScanStatus {
  const scan = status.scan(dbName);
  if (scan !== undefined) return scan;
  throw new HttpError(
    404,
    'unknownScan',
    `The service knows no scan "${dbName}": /api/scans lists those that it knows.`,
  );
}
