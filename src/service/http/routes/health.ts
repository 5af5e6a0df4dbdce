import type { ApiContext } from '../apiContext.js';
import { json } from '../answers.js';
import { NO_PARAMETERS, parseQuery } from '../query.js';
import type { Route } from '../router.js';

/** Whether it lives, whether it would write a scan, and numbers for Prometheus. */
export function healthRoutes({ status, metrics }: ApiContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      access: 'anybody',
      answer: () => json({ is_alive: true }),
    },
    {
      method: 'GET',
      path: '/readyz',
      access: 'anybody',
      answer: () => {
        const reasons = status.reasons();
        return json({ is_ready: reasons.length === 0, reasons }, reasons.length === 0 ? 200 : 503);
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      access: 'anybody',
      answer: async ({ query }) => {
        parseQuery(query, NO_PARAMETERS);
        return { status: 200, headers: { 'Content-Type': metrics.contentType }, body: await metrics.text() };
      },
    },
  ];
}
