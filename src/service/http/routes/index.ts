import type { ApiContext } from '../apiContext.js';
import type { Route } from '../router.js';
import { controlRoutes } from './control.js';
import { dataRoutes } from './data.js';
import { eventRoutes } from './events.js';
import { fileRoutes } from './files.js';
import { healthRoutes } from './health.js';
import { pageRoutes } from './page.js';
import { scanRoutes } from './scans.js';
import { serviceRoutes } from './service.js';
import { sessionRoutes } from './sessions.js';
import { targetRoutes } from './target.js';
import { waitRoutes } from './wait.js';

/** All that the service answers. */
export function allRoutes(context: ApiContext): Route[] {
  return [
    ...pageRoutes(),
    ...healthRoutes(context),
    ...serviceRoutes(context),
    ...sessionRoutes(context),
    ...scanRoutes(context),
    ...waitRoutes(context),
    ...dataRoutes(context),
    ...fileRoutes(context),
    ...eventRoutes(context),
    ...targetRoutes(context),
    ...controlRoutes(context),
  ];
}
