import { z } from 'zod';
import { ScanWriterError } from '../../scan/index.js';
import type { HttpClient } from './httpClient.js';

const Service = z.object({
  is_ready: z.boolean(),
  problems: z.array(z.object({ message: z.string(), advice: z.string() })),
});

const Session = z.object({
  name: z.string(),
  is_followed: z.boolean(),
  scans: z.record(z.string(), z.number()),
  points: z.number(),
  bytes: z.number(),
  gaps: z.number(),
});

const Scan = z.object({
  scan: z.string(),
  name: z.string(),
  session: z.string(),
  state: z.string(),
  is_live: z.boolean(),
  why: z.object({ tag: z.string(), message: z.string() }).nullable(),
  status: z.string().nullable(),
  file: z.string().nullable(),
  points: z.number(),
  rows: z.number(),
  expected: z.number(),
  end_time: z.string().nullable(),
});

const Channel = z.object({
  name: z.string(),
  lag: z.object({ points: z.number(), seconds: z.number() }),
  gaps: z.array(z.object({ first: z.number(), count: z.number(), reason: z.string() })),
});

const LiveScan = Scan.extend({ channels: z.array(Channel) });

export type SessionState = z.infer<typeof Session>;
export type ScanState = z.infer<typeof Scan>;
export type LiveScanState = z.infer<typeof LiveScan>;

/** What a service does at a moment. */
export interface ServiceState {
  readonly address: string;
  readonly isReady: boolean;
  readonly sessions: readonly SessionState[];
  readonly live: readonly LiveScanState[];
  /** The newest first. */
  readonly ended: readonly ScanState[];
  /** Sentences that say what is wrong, and what to do about it. */
  readonly problems: readonly string[];
}

/** Of more, only the number is told. */
const MOST_LIVE = 50;
const MOST_ENDED = 8;

/** @throws ScanWriterError `unreachable` or `refused` */
export async function readServiceState(client: HttpClient): Promise<ServiceState> {
  const Scans = z.object({ scans: z.array(Scan) });
  const service = await client.get('/api/service', Service);
  const { sessions } = await client.get('/api/sessions', z.object({ sessions: z.array(Session) }));
  const found = await client.get(`/api/scans?state=live&limit=${MOST_LIVE}`, Scans);
  const { scans: newest } = await client.get(`/api/scans?limit=${MOST_LIVE + MOST_ENDED}`, Scans);
  const live: LiveScanState[] = [];
  for (const { scan } of found.scans) live.push(...(await liveScan(client, scan)));
  const ended = newest.filter((scan) => !scan.is_live && scan.state !== 'passed').slice(0, MOST_ENDED);
  const problems = [
    ...service.problems.map(({ message, advice }) => `${message} ${advice}`),
    ...live.flatMap(problemsOfLive),
    ...ended.flatMap(problemsOfEnded),
  ];
  return { address: client.address, isReady: service.is_ready, sessions, live, ended, problems };
}

/** None when it has just been forgotten. */
async function liveScan(client: HttpClient, dbName: string): Promise<LiveScanState[]> {
  try {
    return [await client.get(`/api/scans/${encodeURIComponent(dbName)}`, LiveScan)];
  } catch (error) {
    if (error instanceof ScanWriterError && error.tag === 'refused') return [];
    throw error;
  }
}

function problemsOfLive({ scan, channels }: LiveScanState): string[] {
  const lost = channels.filter(({ gaps }) => gaps.length > 0).map(({ name }) => name);
  if (lost.length === 0) return [];
  return [`${scan}: points of ${lost.join(', ')} were lost before they could be read; the file names them.`];
}

/** What is not meant to be saved is no problem, nor is what somebody has stopped. */
function problemsOfEnded({ scan, state, status, why, file }: ScanState): string[] {
  if (state === 'refused' && why?.tag !== 'unsaved') return [`${scan} is not written: ${why?.message ?? ''}`];
  if (state === 'finished' && (status === 'INCOMPLETE' || status === 'FAILED')) {
    return [`${scan} is ${status}: "scan-writer verify ${file ?? scan}" says what is missing.`];
  }
  return [];
}
