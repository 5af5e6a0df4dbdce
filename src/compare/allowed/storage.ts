import type { DatasetView, ObjectView } from '../../reading/index.js';
import { isOnePoint } from '../values/compareValues.js';
import { otherSide, type Candidate } from '../difference.js';
import type { Rule, Scene } from './rule.js';

/** Pairs of types, theirs and ours, of which the second holds every value of the first. */
const WIDER = new Set(['bool uint8', 'float16 float32']);

/** Differences that come from how values are stored. */
export const STORAGE_RULES: readonly Rule[] = [
  {
    kind: 'one-point',
    reason: 'the only point of a scan, with or without a dimension of points',
    allows: ({ aspect, A, B }) => aspect === 'shape' && isOnePoint(shapeOf(A) ?? [], shapeOf(B) ?? []),
  },
  {
    kind: 'wider-type',
    reason: 'the library of this program writes bool as uint8 and float16 as float32',
    allows: (candidate, scene) => {
      const [theirs, ours] = sidesOf(candidate, scene);
      return candidate.aspect === 'type' && WIDER.has(`${dtypeOf(theirs)} ${dtypeOf(ours)}`);
    },
  },
  {
    kind: 'failed-motor',
    reason: 'a motor that could not be read is NaN, and the text ERR of the 2021 writer',
    allows: (candidate, scene) => {
      const [theirs, ours] = sidesOf(candidate, scene);
      return candidate.aspect === 'type' && textOf(theirs) === 'ERR' && isNaNAlone(ours);
    },
  },
];

function sidesOf(candidate: Candidate, { theirs }: Scene): readonly (ObjectView | undefined)[] {
  return theirs === undefined ? [] : [candidate[theirs], candidate[otherSide(theirs)]];
}

function shapeOf(object: ObjectView | undefined): readonly number[] | undefined {
  return object?.kind === 'dataset' && object.shape !== null ? object.shape : undefined;
}

function dtypeOf(object: ObjectView | undefined): string {
  return object?.kind === 'dataset' && object.stored.kind === 'numbers' ? object.stored.dtype : '';
}

function textOf(object: ObjectView | undefined): string | undefined {
  return object?.kind === 'dataset' ? object.text() : undefined;
}

function isNaNAlone(object: ObjectView | undefined): boolean {
  if (dtypeOf(object) !== 'float64' || shapeOf(object)?.length !== 0) return false;
  const bytes = new Uint8Array(Float64Array.BYTES_PER_ELEMENT);
  (object as DatasetView).read([], [], bytes);
  return Number.isNaN(new DataView(bytes.buffer).getFloat64(0, true));
}
