import type { ObjectView } from '../reading/index.js';
import type { Candidate, Part, Side } from './difference.js';
import { attributeWords, isSameAttribute, unitWords } from './sentences.js';
import type { Subject } from './subjects.js';

/** What is found is of the part of its object, unless it says otherwise. */
export type Say = (found: Omit<Candidate, 'part' | 'path'> & { readonly part?: Part }) => void;

/** Addresses in a file, by which HDF5's dimension scales find each other. */
const OF_THE_STORAGE = new Set(['DIMENSION_LIST', 'REFERENCE_LIST']);

/** @param cannot says of a part that it was not compared */
export function compareAttributes(
  { words }: Subject,
  A: ObjectView,
  B: ObjectView,
  say: Say,
  cannot: (sentence: string) => void,
): void {
  for (const name of new Set([...A.attributeNames, ...B.attributeNames])) {
    if (OF_THE_STORAGE.has(name)) continue;
    const [subject, verb] = subjectOf(name, words);
    const has = { A: A.attributeNames.includes(name), B: B.attributeNames.includes(name) };
    const [a, b] = [has.A ? A.attribute(name) : undefined, has.B ? B.attribute(name) : undefined];
    if ((has.A && a === undefined) || (has.B && b === undefined)) {
      cannot(`${subject} was not compared: its type is not read here, or it is very large`);
      continue;
    }
    if (has.A && has.B && isSameAttribute(a, b)) continue;
    const missingIn: Side | undefined = has.A ? (has.B ? undefined : 'B') : 'A';
    const inWords = name === 'units' ? unitWords : attributeWords;
    const sentence = `${subject}${verb}${inWords(a)} in A, ${inWords(b)} in B`;
    const found = { attribute: name, sentence, ...(name === 'default' ? { part: 'plot' as const } : {}) };
    if (missingIn !== undefined) say({ ...found, aspect: 'missing', missingIn });
    else say({ ...found, aspect: name === 'units' ? 'unit' : 'attribute' });
  }
}

function subjectOf(attribute: string, words: string): [subject: string, verb: string] {
  if (attribute === 'units') return [`unit of ${words}`, ': '];
  if (attribute === 'default')
    return [words === 'the scan' ? 'default plot' : `default plot of ${words}`, ': '];
  return [`${words}: ${attribute}`, ' is '];
}
