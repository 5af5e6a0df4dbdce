import { z } from 'zod';
import { nodeName } from '../../../scan/index.js';
import type { ApiContext } from '../apiContext.js';
import { json } from '../answers.js';
import { Count, NO_PARAMETERS, parseQuery } from '../query.js';
import type { Route } from '../router.js';
import { knownScan } from '../knownScan.js';
import { isLive, SCAN_STAGES, type ScanStatus } from '../../status/index.js';
import { channelViews, endedChannelView, plotView, scanView, type ChannelView } from '../views.js';

const DEFAULT_SCANS = 100;
const MOST_SCANS = 10_000;

const ListQuery = z.object({
  session: z.string().optional(),
  name: z.string().optional(),
  state: z.enum([...SCAN_STAGES, 'live'], { error: `takes live, ${SCAN_STAGES.join(', ')}` }).optional(),
  limit: Count.refine((limit) => limit <= MOST_SCANS, `takes ${MOST_SCANS} at most`).optional(),
});

/** Scans as the service knows them. */
export function scanRoutes(context: ApiContext): Route[] {
  const { status } = context;
  return [
    {
      method: 'GET',
      path: '/api/scans',
      access: 'anybody',
      answer: ({ query }) => {
        const { session, name, state, limit = DEFAULT_SCANS } = parseQuery(query, ListQuery);
        const wanted = status.scans().filter((scan) => {
          const isState = state === undefined || (state === 'live' ? isLive(scan) : scan.state === state);
          const isNamed = name === undefined || nodeName(scan.scan.dbName) === name;
          return isState && isNamed && (session === undefined || scan.session === session);
        });
        return json({ scans: wanted.slice(0, limit).map(scanView), total: wanted.length });
      },
    },
    {
      method: 'GET',
      path: '/api/scans/:scan',
      access: 'anybody',
      answer: async ({ query, params: { scan: dbName = '' } }) => {
        parseQuery(query, NO_PARAMETERS);
        const scan = knownScan(status, dbName);
        return json({ ...scanView(scan), plot: plotView(scan), channels: await channelsOf(context, scan) });
      },
    },
  ];
}

/** Of a scan that another process wrote only its file still knows. */
async function channelsOf({ points }: ApiContext, scan: ScanStatus): Promise<ChannelView[]> {
  const known = channelViews(scan);
  if (known.length > 0 || isLive(scan) || scan.file === undefined) return known;
  try {
    const { channels, missing } = await points.words(scan);
    return channels.map(({ name, received, dataset }) => {
      const gaps = missing.filter(({ channel }) => channel === name);
      return endedChannelView(name, -1, received, gaps, dataset);
    });
  } catch {
    // The file may have been moved, or its disk be busy: what the service knows by itself is told all the same.
    return [];
  }
}
