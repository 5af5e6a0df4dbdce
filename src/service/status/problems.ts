import { WARN_SECONDS } from '../diskForecast.js';
import type { ScanStatus } from './scanStatus.js';
import type { DiskStatus } from './serviceStatus.js';

/** Something that a person should know of, and what to do about it. */
export interface Problem {
  readonly tag: 'starting' | 'draining' | 'redisLost' | 'diskSilent' | 'diskFills' | 'scanWaits' | 'trimRisk';
  readonly message: string;
  readonly advice: string;
  /** The scan concerned, if it is one. */
  readonly scan: string | undefined;
  /** Whether a new scan would not be written now. */
  readonly isBlocking: boolean;
}

/** What problems are told by. */
export interface ServiceFacts {
  readonly isReady: boolean;
  readonly isDraining: boolean;
  /** Why there is no connection to Redis; undefined when there is one. */
  readonly whyLost: string | undefined;
  /** By directory. */
  readonly disks: ReadonlyMap<string, DiskStatus>;
  readonly scans: readonly ScanStatus[];
}

/** What keeps a scan waiting and would do so with others too. */
const DISK_TAGS: readonly string[] = ['full', 'target'];

/** What keeps new scans from being written first. */
export function problemsOf({ isReady, isDraining, whyLost, disks, scans }: ServiceFacts): Problem[] {
  const problems = [
    ...(isReady ? [] : [STARTING]),
    ...(isDraining ? [DRAINING] : []),
    ...(whyLost === undefined ? [] : [redisLost(whyLost)]),
    ...[...disks].flatMap(([place, disk]) => diskProblem(place, disk) ?? []),
    ...scans.flatMap((scan) => scanProblems(scan)),
  ];
  return [...problems.filter(({ isBlocking }) => isBlocking), ...problems.filter((each) => !each.isBlocking)];
}

const STARTING: Problem = {
  tag: 'starting',
  message: 'The service is starting.',
  advice: 'It is ready in a moment.',
  scan: undefined,
  isBlocking: true,
};

const DRAINING: Problem = {
  tag: 'draining',
  message: 'The service is being stopped: what was read is written.',
  advice: 'Start it again: it then goes on where it was.',
  scan: undefined,
  isBlocking: true,
};

function redisLost(why: string): Problem {
  return {
    tag: 'redisLost',
    message: `The connection to Redis is lost (${why.replace(/\.$/, '')}).`,
    advice:
      'Writing goes on by itself when Redis answers, with all that it still holds. Look whether the data server of the beamline runs, and whether this machine reaches it.',
    scan: undefined,
    isBlocking: true,
  };
}

function diskProblem(place: string, { state, silentSeconds }: DiskStatus): Problem | undefined {
  if (silentSeconds !== undefined) {
    return {
      tag: 'diskSilent',
      message: `The disk of ${place} does not answer.`,
      advice:
        'Scans on it wait, all others go on. Look at its file server and at how it is mounted on this machine.',
      scan: undefined,
      isBlocking: true,
    };
  }
  if (state === undefined || state.seconds >= WARN_SECONDS) return undefined;
  return {
    tag: 'diskFills',
    message: `The disk of ${place} has room for ${Math.max(1, Math.round(state.seconds / 60))} min more.`,
    advice: 'Delete or move something from it: scans wait when it is full.',
    scan: undefined,
    isBlocking: false,
  };
}

function scanProblems({ scan: { dbName }, state, why, isAtTrimRisk }: ScanStatus): Problem[] {
  const problems: Problem[] = [];
  if (state === 'waiting') {
    problems.push({
      tag: 'scanWaits',
      message: `${dbName} waits: ${why?.message ?? ''}`,
      advice: 'It is tried again by itself. Its points stay in Redis for as long as Redis keeps them.',
      scan: dbName,
      isBlocking: DISK_TAGS.includes(why?.tag ?? ''),
    });
  }
  if (isAtTrimRisk) {
    problems.push({
      tag: 'trimRisk',
      message: `${dbName}: Redis is about to drop points that were not read yet.`,
      advice:
        'Writing is too slow: look at the load of its disk and of this machine, or slow the scan down. What is dropped is named as a gap in the file.',
      scan: dbName,
      isBlocking: false,
    });
  }
  return problems;
}
