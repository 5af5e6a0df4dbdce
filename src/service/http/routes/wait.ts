import { z } from 'zod';
import type { ApiContext } from '../apiContext.js';
import { busy, json, type Answer, type ApiRequest } from '../answers.js';
import { parseQuery } from '../query.js';
import { knownScan } from '../knownScan.js';
import type { Route } from '../router.js';
import { isLive, type ScanStatus, type ServiceStatus } from '../../status/index.js';
import { scanView } from '../views.js';

const DEFAULT_SECONDS = 30;
const MOST_SECONDS = 300;
const MOST_WAITING = 200;

const Until = z.string().transform((text, context): { rows: number } | 'complete' => {
  if (text === 'complete') return 'complete';
  const [, digits] = /^rows=(\d{1,15})$/.exec(text) ?? [];
  if (digits !== undefined) return { rows: Number(digits) };
  context.addIssue({ code: 'custom', message: 'takes complete or rows=N' });
  return z.NEVER;
});

const WaitQuery = z.object({
  until: Until.optional(),
  channel: z.string().min(1).optional(),
  timeout: z
    .string()
    .regex(/^\d{1,3}(\.\d{1,3})?$/, 'takes seconds')
    .transform(Number)
    .refine((seconds) => seconds <= MOST_SECONDS, `takes ${MOST_SECONDS} seconds at most`)
    .optional(),
});

type Wanted = { readonly rows: number; readonly channel: string | undefined } | 'complete';

/** Waiting for a scan, so that a script needs not look again and again. */
export function waitRoutes({ status }: ApiContext): Route[] {
  let waiting = 0;
  return [
    {
      method: 'GET',
      path: '/api/scans/:scan/wait',
      access: 'anybody',
      answer: async ({ query, params: { scan: dbName = '' }, onGone }) => {
        const { until = 'complete', channel, timeout = DEFAULT_SECONDS } = parseQuery(query, WaitQuery);
        const wanted = until === 'complete' ? until : { ...until, channel };
        knownScan(status, dbName);
        if (waiting >= MOST_WAITING) throw busy(`${MOST_WAITING} clients wait already: ask again later.`);
        waiting++;
        try {
          await untilReached(status, dbName, wanted, timeout * 1_000, onGone);
        } finally {
          waiting--;
        }
        return answerOf(knownScan(status, dbName), wanted);
      },
    },
  ];
}

/** Waits until it is reached or cannot be reached any more, for a time, and as long as somebody wants to know. */
function untilReached(
  status: ServiceStatus,
  dbName: string,
  wanted: Wanted,
  milliseconds: number,
  onGone: ApiRequest['onGone'],
): Promise<void> {
  return new Promise((resolve) => {
    const isOver = (): boolean => {
      const scan = status.scan(dbName);
      return scan === undefined || isReached(scan, wanted) || !isLive(scan);
    };
    if (isOver()) {
      resolve();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      stopListening();
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    const stopListening = status.listen((event) => {
      if (event.type === 'draining' || (event.dbName === dbName && isOver())) end();
    });
    onGone(end);
  });
}

function isReached(scan: ScanStatus, wanted: Wanted): boolean {
  if (wanted === 'complete') return scan.state === 'finished';
  return rowsOf(scan, wanted.channel) >= wanted.rows;
}

/** On disk, of one channel or of the longest. */
function rowsOf({ open, outcome, rows }: ScanStatus, channel: string | undefined): number {
  if (channel === undefined) return rows;
  const progress = open?.channels().find(({ channel: { name } }) => name === channel);
  return progress?.rows ?? outcome?.channels.find(({ name }) => name === channel)?.received ?? 0;
}

function answerOf(scan: ScanStatus, wanted: Wanted): Answer {
  const isThere = isReached(scan, wanted);
  return json({ reached: isThere, timed_out: !isThere && isLive(scan), scan: scanView(scan) });
}
