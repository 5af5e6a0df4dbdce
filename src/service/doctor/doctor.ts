import path from 'node:path';
import { messageOf, ScanWriterError } from '../../scan/index.js';
import { RedisConnection } from '../../subscriber/index.js';
import { FileSystemThreads } from '../../writer/index.js';
import type { Sessions } from '../runOptions.js';
import type { Settings } from '../settings.js';
import { targetPolicy } from '../writing.js';
import { examineDirectories } from './directories.js';
import { fault, type Finding } from './finding.js';
import { examineMachine } from './machine.js';
import { examineRedis } from './redis.js';
import { examineScans } from './scans.js';

export interface DoctorRequest {
  readonly redis: string;
  readonly sessions: Sessions;
  readonly settings: Settings;
  readonly state: string;
  readonly signal: AbortSignal;
}

/**
 * Looks whether a writer with these options would work. Changes nothing in Redis, and leaves nothing on the disk. A disk
 * that hangs keeps its thread: the process has to be ended.
 */
export async function examine(request: DoctorRequest): Promise<Finding[]> {
  const { settings, state } = request;
  const threads = new FileSystemThreads();
  const { findings, directories } = await examineServer(request);
  return [
    ...findings,
    ...(await examineDirectories(settings, threads, directories)),
    ...(await examineMachine(state)),
  ];
}

async function examineServer({
  redis,
  sessions,
  settings,
  signal,
}: DoctorRequest): Promise<{ findings: Finding[]; directories: string[] }> {
  const policy = targetPolicy(settings);
  const findings: Finding[] = [];
  let connection: RedisConnection | undefined;
  try {
    connection = await RedisConnection.open(redis, { reconnect: 'briefly' });
    findings.push(...(await examineRedis(connection)));
    const examined = await examineScans(connection, sessions, policy, signal);
    findings.push(...examined.findings);
    const named = examined.scans.filter(({ filename }) => path.isAbsolute(filename));
    const directories = named.map(({ filename }) => path.dirname(policy.map.apply(filename)));
    return { findings, directories };
  } catch (error) {
    if (!(error instanceof ScanWriterError) || error.tag === 'usage') throw error;
    const fix = 'Address, user and password are those of --redis URL or $SCAN_WRITER_REDIS.';
    return { findings: [...findings, fault('Redis', messageOf(error), fix)], directories: [] };
  } finally {
    connection?.close();
  }
}
