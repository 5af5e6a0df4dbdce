import type { ApiContext } from '../apiContext.js';
import type { Route } from '../router.js';
import { controlRoutes } from './control.js';
import { dataRoutes } from './data.js';
import { eventRoutes } from './events.js';
import { healthRoutes } from './health.js';
import { scanRoutes } from './scans.js';
import { targetRoutes } from './target.js';
import { waitRoutes } from './wait.js';

/** All that the service answers. */
export function allRoutes(context: ApiContext): Route[] {
  return [
    ...healthRoutes(context),
    ...scanRoutes(context),
    ...waitRoutes(context),
    ...dataRoutes(context),
    ...eventRoutes(context),
    ...targetRoutes(context),
    ...controlRoutes(context),
  ];
}
