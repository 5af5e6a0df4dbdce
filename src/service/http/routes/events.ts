import type { ApiContext } from '../apiContext.js';
import { NO_PARAMETERS, parseQuery } from '../query.js';
import type { Route } from '../router.js';

/** What happens, as it happens: server-sent events. */
export function eventRoutes({ events }: ApiContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/events',
      access: 'anybody',
      answer: ({ query, headers }) => {
        parseQuery(query, NO_PARAMETERS);
        events.assertRoom();
        const lastId = headers['last-event-id'];
        return {
          stream: (response) => {
            events.join(response, typeof lastId === 'string' ? lastId : undefined);
          },
        };
      },
    },
  ];
}
