import type { ScanIdentity } from '../scan/index.js';
import type { ScanTarget } from '../writer/index.js';
import type { LogLevel } from './logLevel.js';
import type { Sessions } from './runOptions.js';

/** What a running service can be asked to do, by whoever may. */
export interface ServiceControl {
  /**
   * Where a scan goes, by what Redis has of it; undefined when Redis does not say in time.
   * @throws ScanWriterError `unsaved`, `usage`
   */
  targetOf(scan: ScanIdentity): Promise<ScanTarget | undefined>;
  /** Reads no more of a scan, and gives its file an end. @returns false when the service is not busy with it */
  stopScan(dbName: string): boolean;
  /** As `stopScan`, without plots and without waiting for images. */
  killScan(dbName: string): boolean;
  /**
   * Takes up a scan that is not written any more, or tries at once to write one that waits.
   * @returns false when there is nothing to do: its file is complete, or it is being written
   */
  resumeScan(dbName: string): boolean;
  /** Leaves new scans of a session alone. @returns false when it is not followed */
  pauseSession(session: string): boolean;
  /** Takes new scans of a session again. @returns false when it was not followed */
  resumeSession(session: string): boolean;
  /** Follows these sessions from now on. Scans that run in others are written to their end. */
  followSessions(sessions: Sessions): void;
  setLogLevel(level: LogLevel): void;
  /** Writes what was read and ends, as SIGTERM does. */
  drain(): void;
}
