import type { Logger } from 'pino';
import { messageOf, sessionOf } from '../scan/index.js';
import { pointsOf, type ServiceReports } from '../service/index.js';
import { shortNumber } from './terminal.js';
import { trimWarning } from './trimWarning.js';

/** What `run` says: a line for each step in the life of a scan, with the scan, its session and its file. */
export function logReports(log: Logger): ServiceReports {
  const files = new Map<string, string>();
  const about = (dbName: string) => {
    return { scan: dbName, session: sessionOf(dbName), file: files.get(dbName) };
  };
  return {
    onHttp: (address, warning) => {
      log.info({ http: address }, `answering HTTP at ${address}`);
      if (warning !== undefined) log.warn({ http: address }, `${address}: ${warning}`);
    },
    onHttpFault: (error) => {
      log.error({ err: error }, `the HTTP side has a fault: ${messageOf(error)}; writing goes on`);
    },
    onDraining: () => {
      log.info('stopping: what was read is written');
    },
    onReady: () => {
      log.info('following');
    },
    onSession: (session) => {
      log.debug({ session }, `following session ${session}`);
    },
    onSessionLeft: (session) => {
      log.info({ session }, `session ${session} is not followed any more; its running scans are written`);
    },
    onConnection: (state, why) => {
      if (state === 'lost')
        log.warn({ why }, `connection to Redis lost${why === '' ? '' : ` (${why})`}, trying again`);
      else log.info('connected to Redis again');
    },
    onScanFound: ({ dbName }) => {
      log.info(about(dbName), `${dbName} found`);
    },
    onScanOpen: ({ scan, file }) => {
      files.set(scan.dbName, file);
      log.info(about(scan.dbName), `${scan.dbName} is written to ${file}`);
    },
    onScanKnown: (dbName) => {
      log.info(about(dbName), `${dbName} was written before`);
    },
    onScanPassed: ({ dbName }) => {
      log.debug(about(dbName), `${dbName} had ended before the first start: left alone`);
    },
    onScanStopped: (dbName) => {
      log.info(about(dbName), `${dbName} is stopped by request`);
    },
    onScanWaits: (dbName, error, milliseconds) => {
      const next = `trying again in ${milliseconds / 1_000} s`;
      log.warn({ ...about(dbName), reason: error.tag }, `${dbName} waits: ${error.message} (${next})`);
    },
    onDisk: (dbName, error) => {
      if (error === undefined) log.info(about(dbName), `${dbName} goes on: the disk takes it again`);
      else {
        const fields = { ...about(dbName), reason: error.tag };
        log.warn(fields, `${dbName} waits for its disk: ${error.message}`);
      }
    },
    onDiskFills: (place, { freeBytes, seconds }) => {
      const room = `${shortNumber(freeBytes)} bytes`;
      const minutes = `${Math.max(1, Math.round(seconds / 60))} min`;
      log.warn(
        { place, freeBytes },
        `the disk of ${place} has room for ${minutes} more (${room}): free some`,
      );
    },
    onRoom: (place, state) => {
      if (state === undefined) return;
      const { freeBytes, rate } = state;
      log.debug({ place, freeBytes, rate }, `the disk of ${place} has ${shortNumber(freeBytes)} bytes left`);
    },
    onSilence: (place, seconds) => {
      if (seconds === undefined) log.info({ place }, `the disk of ${place} answers again`);
      else {
        const silence = `the disk of ${place} has not answered for ${Math.round(seconds)} s`;
        log.warn({ place }, `${silence}: scans on it wait, all others go on`);
      }
    },
    onScanDone: (outcome) => {
      const { scan, status, file, missing, message } = outcome;
      const points = pointsOf(outcome);
      const level = status === 'SUCCEEDED' ? 'info' : 'warn';
      const note = message === '' ? '' : ` (${message})`;
      log[level](
        { ...about(scan.dbName), status, file, points, missing },
        `${scan.dbName} ${status}: ${points} points in ${file}${note}`,
      );
      files.delete(scan.dbName);
    },
    onScanRefused: (dbName, error) => {
      const level = error.tag === 'unsaved' ? 'info' : 'error';
      log[level]({ ...about(dbName), reason: error.tag }, `${dbName} not written: ${error.message}`);
      files.delete(dbName);
    },
    onGap: (dbName, count) => {
      const points = count < 0 ? 'points of a channel' : `${count} points of a channel`;
      log.debug({ ...about(dbName), count }, `${dbName}: ${points} cannot be had any more`);
    },
    onWarning: (dbName, message) => {
      log.warn(about(dbName), message);
    },
    onTrimRisk: (dbName, margins) => {
      const [fields, sentence] = trimWarning(dbName, margins);
      log.warn({ ...about(dbName), ...fields }, sentence);
    },
    onTrimSafe: (dbName) => {
      log.info(about(dbName), `${dbName} is not at risk any more`);
    },
  };
}
