import { elementCount } from '../scan/index.js';
import type { DatasetView } from '../reading/index.js';
import type { Say } from './compareAttributes.js';
import { shapeClause, typeWords, valuesClause } from './sentences.js';
import type { Subject } from './subjects.js';
import { missingSources, unbelievable } from './values/claims.js';
import { commonShape, type ValueComparison } from './values/compareValues.js';

/** @param cannot says of a part that it was not compared */
export function compareDatasets(
  { part, words }: Subject,
  A: DatasetView,
  B: DatasetView,
  values: ValueComparison,
  say: Say,
  cannot: (sentence: string) => void,
): void {
  if (`${A.shape?.join()}` !== `${B.shape?.join()}`)
    say({ aspect: 'shape', sentence: `${words}: ${shapeClause(part, A.shape, B.shape)}` });
  if (A.stored.kind === 'unreadable' || B.stored.kind === 'unreadable') {
    cannot(`${words} was not compared: it holds ${typeWords(A.stored.kind === 'unreadable' ? A : B)}`);
    return;
  }
  if (typeWords(A) !== typeWords(B)) {
    say({ aspect: 'type', sentence: `${words}: ${typeWords(A)} in A, ${typeWords(B)} in B` });
    if (A.stored.kind !== B.stored.kind || A.stored.kind === 'bytes') return;
  }
  if (elementCount(commonShape(A.shape ?? [0], B.shape ?? [0])) === 0) return;
  const claim = unbelievable(A) ?? unbelievable(B);
  if (claim !== undefined) {
    cannot(`${words} was not compared: ${claim}`);
    return;
  }
  if (!compareSources(words, A, B, say, cannot)) return;
  const unequal = values.compare(A, B);
  if (unequal === undefined) return;
  const { largest, scale } = unequal;
  const relative = scale > 0 && Number.isFinite(largest / scale) ? { relative: largest / scale } : {};
  say({ aspect: 'values', ...relative, sentence: `${words}: ${valuesClause(part, unequal)}` });
}

/** Whether the values can be compared: a virtual dataset reads as 0 where a source is missing. */
function compareSources(
  words: string,
  A: DatasetView,
  B: DatasetView,
  say: Say,
  cannot: (sentence: string) => void,
): boolean {
  const [a, b] = [missingSources(A), missingSources(B)];
  const [missing] = [...a, ...b];
  if (missing === undefined) return true;
  if (a.length > 0 && b.length > 0) {
    cannot(`${words} was not compared: ${missing}, of which it is made, on either side`);
    return false;
  }
  const [side, count, of] = a.length > 0 ? ['A', a.length, A] : ['B', b.length, B];
  const sentence = `${words}: ${missing} in ${side} (${count} of its ${of.sources.length} sources), so that it reads as 0`;
  say({ aspect: 'source', sentence });
  return false;
}
