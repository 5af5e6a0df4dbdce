import { otherSide, type Candidate } from '../difference.js';
import { isObjectOfOurs, isOurAddition, lastName, type Rule, type Scene } from './rule.js';

/** What is said of a file and its making, at its root. */
const OF_THE_FILE = new Set([
  'creator',
  'creator_version',
  'default',
  'default_start_time',
  'file_name',
  'file_time',
  'file_update_time',
  'h5py_version',
  'HDF5_Version',
  'publisher',
]);

/** What of `writer` is of the scan, and not of the moment in which the file was written. */
const OF_THE_SCAN = /^writer(\/(program|scan|start_timestamp|status|channels.*|missing.*))?$/;

const CHANGED_NAMES = /^(instrument\/name|members|.*_lengths)$/;

/** Differences that come from who wrote the file, and when. */
export const WRITER_RULES: readonly Rule[] = [
  {
    kind: 'file',
    reason: 'what a file says of itself and of its writer, at its root',
    allows: ({ attribute, path }) => path === '/' && OF_THE_FILE.has(attribute ?? ''),
  },
  {
    kind: 'writer',
    reason: 'what this program says of its own work',
    allows: (candidate, scene) => {
      const { path } = candidate;
      if (path === 'end_reason') return isOurAddition(candidate, scene);
      if (path !== 'writer' && !path.startsWith('writer/')) return false;
      return isOurAddition(candidate, scene) || (scene.isOurs && !OF_THE_SCAN.test(path));
    },
  },
  {
    kind: 'clock',
    reason: 'other writers take the end from their own clock',
    allows: ({ aspect, path }, { isOurs }) => !isOurs && aspect === 'values' && lastName(path) === 'end_time',
  },
  {
    kind: 'unfinished',
    reason: 'the other writer gave the scan up: its entry has no end_time',
    allows: (candidate, scene) =>
      isOurAddition(candidate, scene) &&
      scene.theirs !== undefined &&
      !scene.entry[scene.theirs].has('end_time'),
  },
  {
    kind: 'addition',
    reason:
      'this program adds it: the name of the instrument, the members of a group, lengths of points, full names',
    allows: (candidate, scene) =>
      isOurAddition(candidate, scene) &&
      (candidate.attribute === undefined
        ? CHANGED_NAMES.test(candidate.path)
        : ['fullname', 'error'].includes(candidate.attribute)),
  },
  {
    kind: 'uneven-points',
    reason:
      'the 2021 writer leaves out points of different length, of which this program writes the lengths too',
    allows: (candidate, scene) => isObjectOfOurs(candidate, scene) && hasLengths(candidate, scene),
  },
  {
    kind: 'empty-group',
    reason: 'a group with nothing in it',
    allows: (candidate, scene) => isObjectOfOurs(candidate, scene) && isEmptyGroup(candidate),
  },
  {
    kind: 'rate-unit',
    reason: 'the 2021 writer forgets the unit of event_count_rate',
    allows: (candidate, scene) =>
      isOurAddition(candidate, scene) &&
      candidate.attribute === 'units' &&
      candidate.path.endsWith('event_count_rate'),
  },
];

function hasLengths({ A, B }: Candidate, { entry, theirs }: Scene): boolean {
  const object = A ?? B;
  if (object?.kind !== 'dataset' || theirs === undefined) return false;
  const ours = entry[otherSide(theirs)];
  const path = object.path.slice(ours.path.length + 1);
  const device = entry[theirs].at(path.slice(0, path.lastIndexOf('/')));
  return (
    ours.at(`${path}_lengths`).kind === 'dataset' && device.kind === 'group' && !device.has(lastName(path))
  );
}

function isEmptyGroup({ A, B }: Candidate): boolean {
  const object = A ?? B;
  return object?.kind === 'group' && object.size === 0;
}
