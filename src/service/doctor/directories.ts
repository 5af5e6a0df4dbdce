import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../scan/index.js';
import type { DirectoryFacts, FileSystemThreads } from '../../writer/index.js';
import type { Settings } from '../settings.js';
import { diskOptions, writtenDirectories } from '../writing.js';
import { bytesText, fault, ok, warning, type Finding } from './finding.js';
import { clockFinding } from './redis.js';

const ANSWER_MILLISECONDS = 10_000;
const LOW_BYTES = 2 ** 30;
const FEW_FILES = 10_000;

/**
 * The directories that may be written.
 * @param scanDirectories those of scans that are in Redis, on this machine: who may not write at the top may below
 */
export async function examineDirectories(
  settings: Settings,
  threads: FileSystemThreads,
  scanDirectories: readonly string[],
): Promise<Finding[]> {
  const places = writtenDirectories(settings);
  if (places.length === 0) {
    return [
      fault(
        'directories',
        'Nothing may be written yet.',
        'Name the directories with --root DIR, as BLISS has them, or with --map FROM=TO.',
      ),
    ];
  }
  const findings = places.map((place) => {
    const below = scanDirectories.filter((directory) => directory.startsWith(`${place}/`));
    return examineDirectory(place, [...new Set(below)], settings, threads);
  });
  return (await Promise.all(findings)).flat();
}

async function examineDirectory(
  place: string,
  below: readonly string[],
  settings: Settings,
  threads: FileSystemThreads,
): Promise<Finding[]> {
  const probe = async (directory: string): Promise<DirectoryFacts> => {
    const thread = await threads.of(path.join(directory, 'file'));
    return thread.call('probe', [directory, diskOptions(settings), settings.group]);
  };
  const examine = async (): Promise<Finding[]> => {
    const facts = await probe(place);
    if (facts.whyNot === undefined) return directoryFindings(place, facts);
    for (const directory of below) {
      const found = await probe(directory);
      if (found.kind === 'directory' && found.whyNot === undefined) {
        return [
          warning(
            place,
            'This user may make nothing at its top, only further down.',
            'That is right where BLISS or the data policy makes the directories.',
          ),
          ...directoryFindings(directory, found),
        ];
      }
    }
    return directoryFindings(place, facts);
  };
  const silence = sleep(ANSWER_MILLISECONDS, undefined, { ref: false }).then(() => [
    fault(place, 'Its disk does not answer.', 'Look at the mount and at its file server.'),
  ]);
  return Promise.race([examine(), silence]).catch((error: unknown) => [
    fault(place, messageOf(error), 'Look at the path and its rights.'),
  ]);
}

function directoryFindings(place: string, facts: DirectoryFacts): Finding[] {
  const { kind, whyNot, broken, aheadSeconds, fileSystem } = facts;
  if (kind === 'missing') {
    const fix = 'Is its disk mounted? The writer makes directories only below one that is there.';
    return [fault(place, 'It does not exist.', fix)];
  }
  if (kind === 'file') return [fault(place, 'It is a file.', 'Name the directory.')];
  if (whyNot !== undefined) {
    const user = `user ${process.getuid?.() ?? '?'}, groups ${process.getgroups?.().join(' ') ?? '?'}`;
    const fix =
      'Give the user or one of its groups the right to write there, or run the writer as another user.';
    return [fault(place, `The ${user} may not write there (${whyNot}).`, fix)];
  }
  return [
    broken.length === 0
      ? ok(
          place,
          `It can be written${fileSystem === '' ? '' : ` (${fileSystem})`}: files, links, renaming, HDF5.`,
        )
      : fault(
          place,
          `There does not work: ${broken.join(', ')}.`,
          'Another file system or other mount options.',
        ),
    room(place, facts),
    ...network(place, facts),
    ...(aheadSeconds === undefined ? [] : [clockFinding(place, 'its file system', aheadSeconds)]),
  ];
}

function room(place: string, { freeBytes, freeFiles }: DirectoryFacts): Finding {
  const free = `${bytesText(freeBytes)} and ${freeFiles} files`;
  if (freeBytes === Infinity) return ok(place, 'Its file system does not say how much room there is.');
  if (freeBytes <= 0 || freeFiles === 0)
    return fault(place, 'It is full.', 'Free some space: scans wait for it.');
  if (freeBytes < LOW_BYTES || freeFiles < FEW_FILES) {
    return warning(place, `There is room for only ${free}.`, 'Free some: scans wait when it is full.');
  }
  return ok(
    place,
    freeFiles === Infinity ? `There is room for ${bytesText(freeBytes)}.` : `There is room for ${free}.`,
  );
}

function network(place: string, { isNetwork, mountOptions }: DirectoryFacts): Finding[] {
  if (!isNetwork) return [];
  const findings = [
    ok(
      place,
      'It is a network file system: each flush waits for the server. docs/operating.md has a check from a second host.',
    ),
  ];
  if (!mountOptions.includes('soft')) return findings;
  return [
    ...findings,
    warning(
      place,
      'It is mounted "soft": a server that is slow for a moment makes errors in files.',
      'Mount it "hard".',
    ),
  ];
}
