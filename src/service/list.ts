import { findSessions, listScans, RedisConnection, type ScanSummary } from '../subscriber/index.js';

/**
 * The scans that Redis holds, of one session or of all, oldest first.
 * @throws ScanWriterError `usage`, `unreachable`, `refused`
 */
export async function list(
  redis: string,
  session: string | undefined,
  signal: AbortSignal,
): Promise<{ address: string; hasSessions: boolean; scans: ScanSummary[] }> {
  const connection = await RedisConnection.open(redis, { reconnect: 'briefly' });
  try {
    const known = await connection.attempt(() => findSessions(connection.commands), signal);
    const scans = [];
    for (const name of session === undefined ? (known ?? []) : [session]) {
      scans.push(...(await listScans(connection, name, signal)));
    }
    return { address: connection.address, hasSessions: (known ?? []).length > 0, scans };
  } finally {
    connection.close();
  }
}
