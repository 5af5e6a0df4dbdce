import { PROGRAM } from '../../../version.js';
import type { DiskStatus } from '../../status/index.js';
import type { ApiContext } from '../apiContext.js';
import { json } from '../answers.js';
import { NO_PARAMETERS, parseQuery } from '../query.js';
import type { Route } from '../router.js';
import { isoTime } from '../views.js';

/** How the service itself is, and what a person should do about it. */
export function serviceRoutes({ status, budget, dataAccess }: ApiContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/service',
      access: 'anybody',
      answer: ({ query }) => {
        parseQuery(query, NO_PARAMETERS);
        const problems = status.problems();
        return json({
          version: PROGRAM.version,
          start_time: isoTime(status.startedAt),
          is_ready: !problems.some(({ isBlocking }) => isBlocking),
          is_connected: status.isConnected,
          data_access: dataAccess,
          queue: { bytes: budget.used, budget: budget.limit },
          disks: [...status.disks].map(([directory, disk]) => diskView(directory, disk)),
          problems: problems.map(({ tag, message, advice, scan, isBlocking }) => {
            return { tag, message, advice, scan: scan ?? null, is_blocking: isBlocking };
          }),
        });
      },
    },
  ];
}

function diskView(directory: string, { state, silentSeconds }: DiskStatus): Record<string, unknown> {
  const seconds = state?.seconds ?? Infinity;
  return {
    directory,
    free_bytes: state?.freeBytes ?? null,
    full_seconds: Number.isFinite(seconds) ? Math.round(seconds) : null,
    silent_seconds: silentSeconds ?? null,
  };
}
