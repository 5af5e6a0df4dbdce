import type { ObjectView } from '../reading/index.js';
import type { Candidate, Side } from './difference.js';
import { attributeWords, isSameAttribute } from './sentences.js';
import type { Subject } from './subjects.js';

export type Say = (found: Omit<Candidate, 'part' | 'path'>) => void;

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
    const isUnit = name === 'units';
    const subject = isUnit ? `unit of ${words}` : `${words}: ${name}`;
    const has = { A: A.attributeNames.includes(name), B: B.attributeNames.includes(name) };
    const [a, b] = [has.A ? A.attribute(name) : undefined, has.B ? B.attribute(name) : undefined];
    if ((has.A && a === undefined) || (has.B && b === undefined)) {
      cannot(`${subject} was not compared: its type is not read here, or it is very large`);
      continue;
    }
    if (has.A && has.B && isSameAttribute(a, b)) continue;
    const missingIn: Side | undefined = has.A ? (has.B ? undefined : 'B') : 'A';
    const verb = isUnit ? ': ' : ' is ';
    const sentence = `${subject}${verb}${attributeWords(a)} in A, ${attributeWords(b)} in B`;
    if (missingIn !== undefined) say({ aspect: 'missing', attribute: name, missingIn, sentence });
    else say({ aspect: isUnit ? 'unit' : 'attribute', attribute: name, sentence });
  }
}
