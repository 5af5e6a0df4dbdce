import path from 'node:path';
import {
  findSessions,
  listScans,
  lostBeginnings,
  type RedisConnection,
  type ScanSummary,
} from '../../subscriber/index.js';
import { isFinalState } from '../../scan/index.js';
import { isBelowOrSame, namedRoots, type TargetPolicy } from '../../writer/index.js';
import { noBlissHint } from '../backfill.js';
import type { Sessions } from '../runOptions.js';
import { counted, ok, warning, type Finding } from './finding.js';

/** What a person should do about scans that another writer is to write, by their `data_writer`. */
const OTHER_WRITERS: Readonly<Record<string, string>> = {
  hdf5: 'BLISS writes these files itself. For us: SCAN_SAVING.writer = "nexus" in the session.',
  null: 'Nobody writes them, and they name no file: --accept-writer null --unnamed DIR writes them.',
};

/** Which sessions and scans Redis has, and would they be written? */
export async function examineScans(
  connection: RedisConnection,
  wanted: Sessions,
  policy: TargetPolicy,
  signal: AbortSignal,
): Promise<{ findings: Finding[]; scans: ScanSummary[] }> {
  const known = (await connection.attempt(() => findSessions(connection.commands), signal)) ?? [];
  const named = wanted === 'all' ? known : wanted;
  const scans: ScanSummary[] = [];
  for (const session of named) scans.push(...(await listScans(connection, session, signal)));
  const findings = [
    sessionFinding(connection.address, known, named),
    ...writerFindings(scans, policy.acceptWriters),
    ...placeFindings(scans, policy),
    ...(await trimFindings(connection, scans, signal)),
  ];
  return { findings, scans };
}

function sessionFinding(address: string, known: readonly string[], named: readonly string[]): Finding {
  const about = 'sessions';
  if (known.length === 0) {
    return warning(
      about,
      noBlissHint(address),
      'A session that has not scanned for a day has nothing there.',
    );
  }
  const missing = named.filter((session) => !known.includes(session));
  if (missing.length === 0) return ok(about, `Redis has scans of ${known.join(', ')}.`);
  return warning(
    about,
    `Redis has nothing of ${missing.join(', ')}, but of ${known.join(', ')}.`,
    'Compare the names with SESSION_NAME in BLISS; "run" waits for a session that is to come.',
  );
}

function writerFindings(scans: readonly ScanSummary[], accepted: readonly string[]): Finding[] {
  const saved = scans.filter((scan) => scan.saved);
  const about = 'scans';
  if (scans.length === 0) return [];
  const isOurs = ({ writer }: ScanSummary): boolean => writer === undefined || accepted.includes(writer);
  const ours = saved.filter(isOurs).length;
  const others = new Set(saved.filter((scan) => !isOurs(scan)).map(({ writer = '' }) => writer));
  return [
    ok(
      about,
      `Redis has ${counted(scans.length, 'scan')}: ${saved.length} to be saved, ${ours} of them by us.`,
    ),
    ...[...others].map((writer) => {
      const count = saved.filter((scan) => scan.writer === writer).length;
      return warning(
        about,
        `${counted(count, 'scan')} for the data writer "${writer}", not for us.`,
        OTHER_WRITERS[writer] ?? `--accept-writer ${writer} writes them all the same.`,
      );
    }),
  ];
}

/** Scans whose files would be outside of all that may be written. */
function placeFindings(scans: readonly ScanSummary[], policy: TargetPolicy): Finding[] {
  const allowed = namedRoots(policy);
  const outside = scans
    .filter(({ saved, filename }) => saved && path.isAbsolute(filename))
    .map(({ filename }) => path.dirname(policy.map.apply(filename)))
    .filter((directory) => !allowed.some((root) => isBelowOrSame(directory, root)));
  const [first] = outside;
  if (first === undefined || allowed.length === 0) return [];
  return [
    warning(
      'scans',
      `The file of ${counted(outside.length, 'scan')} would be outside of ${allowed.join(', ')}, such as in ${first}.`,
      'Add --root DIR, or --map FROM=TO where this machine has the disk elsewhere.',
    ),
  ];
}

async function trimFindings(
  connection: RedisConnection,
  scans: readonly ScanSummary[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const running = scans.filter(({ state, saved }) => saved && !isFinalState(state) && state !== 'UNKNOWN');
  const findings: Finding[] = [];
  for (const { scan } of running) {
    const lost = await connection.attempt(() => lostBeginnings(connection.commands, scan), signal);
    if (lost === undefined || lost.length === 0) continue;
    findings.push(
      warning(
        'scans',
        `Redis has dropped the first points of ${counted(lost.length, 'channel')} of ${scan} already.`,
        'A writer that was there from the start has them; one that starts now names them as missing.',
      ),
    );
  }
  return findings;
}
