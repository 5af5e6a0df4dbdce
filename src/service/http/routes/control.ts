import { isLogLevel, LOG_LEVELS, type LogLevel } from '../../logLevel.js';
import type { ApiContext } from '../apiContext.js';
import { HttpError, json, type Answer, type ApiRequest } from '../answers.js';
import { NO_PARAMETERS, parseQuery } from '../query.js';
import { knownScan } from '../knownScan.js';
import type { Route } from '../router.js';
import { scanView } from '../views.js';

const ACCEPTED = 202;
const NOTHING_TO_STOP = (state: string): string => `is ${state}: there is nothing to stop.`;

/** Stopping and going on, of a scan or of all, and what is logged. */
export function controlRoutes({ status, control }: ApiContext): Route[] {
  const onScan = (act: (dbName: string) => boolean, refusal: (state: string) => string) => {
    return ({ query, params: { scan: dbName = '' } }: ApiRequest): Answer => {
      parseQuery(query, NO_PARAMETERS);
      const before = knownScan(status, dbName);
      if (!act(dbName)) throw new HttpError(409, 'wrongState', `Scan ${dbName} ${refusal(before.state)}`);
      return json(scanView(status.scan(dbName) ?? before), ACCEPTED);
    };
  };
  const resume = (dbName: string): boolean => {
    if (!status.isDraining) return control.resumeScan(dbName);
    throw new HttpError(503, 'draining', 'The service is being stopped: start it again before.');
  };
  return [
    {
      method: 'POST',
      path: '/api/scans/:scan/stop',
      access: 'token',
      answer: onScan(
        (dbName) => status.scan(dbName)?.state === 'stopped' || control.stopScan(dbName),
        NOTHING_TO_STOP,
      ),
    },
    {
      method: 'POST',
      path: '/api/scans/:scan/kill',
      access: 'token',
      answer: onScan(
        (dbName) => status.scan(dbName)?.state === 'stopped' || control.killScan(dbName),
        NOTHING_TO_STOP,
      ),
    },
    {
      method: 'POST',
      path: '/api/scans/:scan/resume',
      access: 'token',
      answer: onScan(resume, (state) => {
        return state === 'finished'
          ? 'is complete: "scan-writer backfill --force" writes it again.'
          : `is ${state} already.`;
      }),
    },
    {
      method: 'POST',
      path: '/api/log-level',
      access: 'token',
      answer: ({ query, body }) => {
        parseQuery(query, NO_PARAMETERS);
        const level = levelIn(body);
        control.setLogLevel(level);
        return json({ level });
      },
    },
    {
      method: 'POST',
      path: '/api/drain',
      access: 'token',
      answer: ({ query }) => {
        parseQuery(query, NO_PARAMETERS);
        control.drain();
        return json({ is_draining: true }, ACCEPTED);
      },
    },
  ];
}

/** @throws HttpError 400 */
function levelIn(body: string): LogLevel {
  try {
    const { level } = JSON.parse(body) as { level?: unknown };
    if (isLogLevel(level)) return level;
  } catch {
    // The sentence below says what it should be.
  }
  throw new HttpError(
    400,
    'badBody',
    `The body has to be JSON with a level, ${LOG_LEVELS.join(', ')}: {"level": "debug"}.`,
  );
}
